// Uses an installed rheobase: reads a NIR file and a chip image, runs both, and lets two engines compare.
#include <cstdio>
#include <memory>

#include "chip/Program.h"
#include "chips/Chips.h"
#include "load/Load.h"
#include "sim/FloatReference.h"

namespace {

template <class T>
T take(rheo::Expected<T> value) {
  if (value) return std::move(*value);
  for (const rheo::Diagnostic& d : value.error().diagnostics)
    std::fprintf(stderr, "%s: error %s: %s\n", d.file.c_str(), d.code.c_str(), d.message.c_str());
  std::exit(1);
}

std::int64_t spikesOf(const auto& recording) {
  std::int64_t count = 0;
  for (const auto& [name, trace] : recording.spikes)
    for (const auto value : trace.values) count += value != 0;
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const rheo::Network network = take(rheo::loadNetwork(argv[1], {}));
  const auto program =
      std::make_shared<const rheo::Program>(take(rheo::decode(take(rheo::Image::load(argv[2])))));

  rheo::InputBatch input{.batch = 1, .steps = 20, .inputs = {}};
  const auto channels = static_cast<std::size_t>(network.nodes[network.inputs()[0]].outputSize());
  input.inputs.push_back({.narrow = std::vector<std::uint8_t>(20 * channels), .wide = {}});
  for (std::size_t k = 0; k < input.inputs[0].narrow.size(); k += 3) input.inputs[0].narrow[k] = 1;

  const auto golden = take(rheo::run(*rheo::makeGolden(program), input, {}));
  const auto vectorised = take(rheo::run(*rheo::makeVector(program), input, {}));
  const auto reference = take(rheo::runFloat(network, rheo::floatInput<float>(input, network), {}));
  if (rheo::firstDifference(golden, vectorised)) return 1;
  std::printf("%zu chips, %zu nodes, %lld spikes in float, %lld on the chip\n", rheo::builtinChips().size(),
              network.nodes.size(), static_cast<long long>(spikesOf(reference)),
              static_cast<long long>(spikesOf(golden)));
  return spikesOf(golden) > 0 ? 0 : 1;
}
