// A few steps, every input at 1.
#include "RunNetwork.h"

#include "CheckNetwork.h"
#include "common/Guards.h"
#include "sim/FloatReference.h"

namespace rheo::fuzz {
namespace {

void runNetwork(const Network& network) {
  FloatInput<float> input;
  input.batch = 1;
  input.steps = 3;
  std::int64_t values = 0;
  for (const int node : network.inputs())
    input.widths.push_back(network.nodes[static_cast<std::size_t>(node)].outputSize());
  for (const Node& node : network.nodes) values += node.outputSize();
  if (values > 1000) return;
  input.fill = [&](std::int64_t, std::int64_t, int port, float* row) {
    for (std::int64_t i = 0; i < input.widths[static_cast<std::size_t>(port)]; ++i) row[i] = 1;
  };
  RunOptions options;
  options.threads = 1;
  const auto recording = runFloat(network, input, options);
  require(static_cast<bool>(recording), "an accepted network runs");
}

}  // namespace

std::vector<std::string> checkAndRun(const Expected<Network>& outcome, Random& random) {
  std::vector<std::string> words{checkNetwork(outcome)};
  if (outcome && random.oneIn(8)) {
    runNetwork(*outcome);
    words.emplace_back("accepted, run");
  }
  return words;
}

}  // namespace rheo::fuzz
