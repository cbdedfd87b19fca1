// Loads an image, encodes one sample and steps it until something arrives at an output. Prints one line of
// JSON: when each of these was done, on the monotonic clock, and which MLIR or LLVM libraries are mapped.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "chip/Image.h"
#include "chip/Program.h"
#include "sim/Encode.h"
#include "sim/Engine.h"

namespace rheo {
namespace {

using Json = nlohmann::json;

std::int64_t nanoseconds() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool anySet(std::span<const std::int32_t> values) {
  return std::any_of(values.begin(), values.end(), [](std::int32_t value) { return value != 0; });
}

bool anySpike(const Program& program, const Session& session) {
  for (std::size_t p = 0; p < program.populations.size(); ++p)
    if (anySet(session.spikes(static_cast<int>(p)))) return true;
  return false;
}

// A spike at an output node or, where it reads a potential, one that is not zero.
bool outputMoved(const Program& program, const Session& session) {
  for (const OutputInfo& output : program.outputs)
    for (const OutputPartInfo& part : output.parts) {
      if (part.state < 0) {
        if (anySet(session.spikes(part.population))) return true;
        continue;
      }
      std::vector<std::int32_t> values(
          static_cast<std::size_t>(program.populations[static_cast<std::size_t>(part.population)].size));
      session.readState(part.population, part.state, values);
      if (anySet(values)) return true;
    }
  return false;
}

std::set<std::string> compilerLibraries() {
  std::set<std::string> found;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (line.find("libMLIR") != std::string::npos || line.find("libLLVM") != std::string::npos)
      found.insert(line.substr(line.find('/')));
  return found;
}

// Steps the sample; false if nothing ever reached the output.
bool runToOutput(const Program& program, Session& session, const InputBatch& input, Json& report) {
  const std::vector<std::uint8_t>& spikes = input.inputs.front().narrow;
  const auto size = static_cast<std::size_t>(program.inputs.front().size);
  const std::vector<std::uint8_t> quiet(size);
  for (std::int64_t step = 0; step < input.steps + program.lag; ++step) {
    const std::uint8_t* row =
        step < input.steps ? spikes.data() + static_cast<std::size_t>(step) * size : quiet.data();
    const std::span<const std::uint8_t> bytes(row, size);
    session.stepBytes({&bytes, 1});
    if (!report.contains("first_spike_step") && anySpike(program, session)) {
      report["at"]["first_spike"] = nanoseconds();
      report["first_spike_step"] = step;
    }
    if (outputMoved(program, session)) {
      report["at"]["first_output"] = nanoseconds();
      report["first_output_step"] = step;
      return true;
    }
  }
  return false;
}

int fail(const Error& error) {
  fmt::print(stderr, "first_spike: {}\n", error.diagnostics.front().message);
  return 3;
}

int measure(const std::string& imageFile, const std::string& levelsFile, const std::string& encoding,
            const std::string& engineName) {
  Json report;
  Json& at = report["at"];
  at["main"] = nanoseconds();
  const Expected<Image> image = Image::load(imageFile);
  if (!image) return fail(image.error());
  at["loaded"] = nanoseconds();
  Expected<Program> decoded = decode(*image);
  if (!decoded) return fail(decoded.error());
  const auto program = std::make_shared<const Program>(*std::move(decoded));
  at["decoded"] = nanoseconds();
  const auto engine = engineName == "golden" ? makeGolden(program) : makeVector(program);
  const auto session = engine->open();
  at["ready"] = nanoseconds();

  std::ifstream file(levelsFile, std::ios::binary);
  const std::vector<std::uint8_t> levels((std::istreambuf_iterator<char>(file)), {});
  const Expected<Encoder> encoder = parseEncoder(encoding);
  if (!encoder) return fail(encoder.error());
  const Expected<InputBatch> input = encode(*encoder, levels, 1, program->inputs.front().size, 0);
  if (!input) return fail(input.error());
  report["engine"] = engine->name();
  if (!runToOutput(*program, *session, *input, report)) {
    fmt::print(stderr, "first_spike: nothing reached the output\n");
    return 1;
  }
  report["compiler_libraries"] = compilerLibraries();
  fmt::print("{}\n", report.dump());
  return 0;
}

}  // namespace
}  // namespace rheo

int main(int argc, char** argv) {
  const std::string engine = argc == 5 ? argv[4] : "";
  if (engine != "golden" && engine != "vector") {
    fmt::print(stderr,
               "usage: first_spike IMAGE.rheo LEVELS ENCODING golden|vector\n"
               "LEVELS: one sample's grey levels, one byte for each channel of the only input\n");
    return 2;
  }
  return rheo::measure(argv[1], argv[2], argv[3], engine);
}
