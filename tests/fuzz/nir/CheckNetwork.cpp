// What must hold for whatever a reader of networks returns.
#include "CheckNetwork.h"

#include "common/CheckError.h"
#include "common/Guards.h"
#include "network/DelayNodes.h"

namespace rheo::fuzz {
namespace {

void checkTensor(const Node& node, const std::string& name, const Tensor& tensor) {
  std::int64_t size = 1;
  for (const std::int64_t extent : tensor.shape) size *= extent;
  require(size == tensor.size(), "a tensor has as many values as its shape says");
  if (node.stateful()) require(size == node.outputSize(), "a neuron has every parameter");
  require(canBeShown(name), "the name of a parameter can be shown");
}

}  // namespace

std::string checkNetwork(const Expected<Network>& outcome) {
  if (!outcome) {
    for (const Diagnostic& diagnostic : outcome.error().diagnostics)
      require(!diagnostic.file.empty(), "a diagnostic names the file");
    return checkError(outcome.error());
  }
  const int count = static_cast<int>(outcome->nodes.size());
  for (const Edge& edge : outcome->edges) {
    require(edge.source >= 0 && edge.source < count && edge.target >= 0 && edge.target < count,
            "an edge joins two nodes");
  }
  for (const Node& node : outcome->nodes) {
    require(!node.inputShape.empty() && !node.outputShape.empty(), "a node has shapes");
    require(canBeShown(node.name), "the name of a node can be shown");
    for (const auto& [name, tensor] : node.parameters) checkTensor(node, name, tensor);
  }
  for (const Assumption& assumption : outcome->assumptions)
    for (const std::string* text :
         {&assumption.what, &assumption.value, &assumption.why, &assumption.howToChange})
      require(canBeShown(*text), "an assumption can be shown");
  require(outcome->conventions.dt > 0, "there is a time step");
  for (const Node& node : outcome->nodes)
    if (node.kind == "Delay")
      for (const std::int32_t steps : delaySteps(node, outcome->conventions.dt))
        require(steps >= 0 && steps < kMostWaiting, "a delay is a number of steps");
  require(updateOrder(*outcome).size() == outcome->nodes.size(), "every node is updated");
  return "accepted";
}

}  // namespace rheo::fuzz
