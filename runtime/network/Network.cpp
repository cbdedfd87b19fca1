// The finished network: sizes, look-ups, the order of updates, and finishNetwork itself.
#include "network/Network.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

#include "models/Model.h"
#include "network/Checks.h"
#include "network/DelayNodes.h"

namespace rheo {

namespace {

std::int64_t product(const std::vector<std::int64_t>& shape) {
  std::int64_t size = 1;
  for (const std::int64_t dimension : shape) size *= dimension;
  return size;
}

std::vector<int> nodesOfKind(const Network& network, std::string_view kind) {
  std::vector<int> found;
  for (int i = 0; i < static_cast<int>(network.nodes.size()); ++i) {
    if (network.nodes[i].kind == kind) found.push_back(i);
  }
  std::sort(found.begin(), found.end(),
            [&](int a, int b) { return network.nodes[a].name < network.nodes[b].name; });
  return found;
}

}  // namespace

std::int64_t Node::inputSize() const { return product(inputShape); }
std::int64_t Node::outputSize() const { return product(outputShape); }
bool Node::stateful() const { return models::findNodeModel(kind).model != nullptr; }
bool Node::exact() const { return models::findNodeModel(kind).exact; }
bool Node::spiking() const {
  const models::ModelTable* model = models::findNodeModel(kind).model;
  return model && model->spiking;
}
bool Node::currentBased() const { return !exact() && parameters.contains("tau_syn"); }

int Network::find(const std::string& nodeName) const {
  for (int i = 0; i < static_cast<int>(nodes.size()); ++i) {
    if (nodes[i].name == nodeName) return i;
  }
  return -1;
}

std::vector<int> Network::inputs() const { return nodesOfKind(*this, "Input"); }
std::vector<int> Network::outputs() const { return nodesOfKind(*this, "Output"); }

std::vector<int> updateOrder(const Network& network) {
  const int count = static_cast<int>(network.nodes.size());
  std::vector<int> waiting(count, 0);
  std::vector<std::vector<int>> targets(count);
  for (const Edge& edge : network.edges) {
    if (edge.delaySteps > 0) continue;
    targets[edge.source].push_back(edge.target);
    ++waiting[edge.target];
  }
  // Smallest index first: one order per network, whatever the order of its edges.
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (int i = 0; i < count; ++i) {
    if (waiting[i] == 0) ready.push(i);
  }
  std::vector<int> order;
  order.reserve(count);
  while (!ready.empty()) {
    const int node = ready.top();
    ready.pop();
    order.push_back(node);
    for (const int target : targets[node]) {
      if (--waiting[target] == 0) ready.push(target);
    }
  }
  return order;
}

Expected<Network> finishNetwork(Network network, const ConventionOptions& options, const std::string& file) {
  network::Report report(file);
  // Each stage relies on what the ones before it have checked.
  network::checkNodes(network, report);
  if (report.failed()) return report.take();
  network::checkEdges(network, report);
  if (report.failed()) return report.take();
  network::inferShapes(network, report);
  if (report.failed()) return report.take();
  network.given = options;
  network::decideConventions(network, options, report);
  network::refuseStatelessCycles(network, report);
  if (report.failed()) return report.take();
  network::countDelays(network, report);
  if (report.failed()) return report.take();
  setConventions(network, network.conventions);
  network::tellClosingEdges(network);
  return network;
}

Expected<Network> underConventions(Network network, const ConventionOptions& changes) {
  ConventionOptions options = changes;
  if (options.framework.empty()) {
    options.framework = network.given.framework;
    for (const ConventionRow& row : conventionRows())
      if (const auto value = row.pinnedIn(network.given); value && !row.pinnedIn(options))
        row.pinIn(options, *value);
  }
  const FrameworkConventions* framework = findFramework(options.framework);
  if (!options.dt && !(framework && framework->dt)) options.dt = network.given.dt;
  if (!network.asInFile.empty()) network.nodes = std::exchange(network.asInFile, {});
  network.conventions = {};
  std::erase_if(network.assumptions, [](const Assumption& a) {
    return network::isAboutConventions(a) || network::isAboutFramework(a);
  });
  return finishNetwork(std::move(network), options, "");
}

namespace network {

Diagnostic& Report::add(std::string code, std::string where, std::string message, std::string remedy) {
  Diagnostic diagnostic;
  diagnostic.code = std::move(code);
  diagnostic.message = std::move(message);
  diagnostic.file = file_;
  diagnostic.where = std::move(where);
  diagnostic.remedy = std::move(remedy);
  return diagnostics_.emplace_back(std::move(diagnostic));
}

std::string shapeText(std::span<const std::int64_t> shape) {
  return fmt::format("[{}]", fmt::join(shape.begin(), shape.end(), ", "));
}

std::string numberText(double value) { return fmt::format("{}", value); }

std::int64_t boundedSize(std::span<const std::int64_t> shape) {
  std::int64_t size = 1;
  for (const std::int64_t dimension : shape) {
    if (dimension <= 0 || dimension > kMaxNeurons / size) return -1;
    size *= dimension;
  }
  return size;
}

bool sameShape(std::span<const std::int64_t> a, std::span<const std::int64_t> b) {
  std::vector<std::int64_t> left, right;
  const auto notOne = [](std::int64_t dimension) { return dimension != 1; };
  std::copy_if(a.begin(), a.end(), std::back_inserter(left), notOne);
  std::copy_if(b.begin(), b.end(), std::back_inserter(right), notOne);
  return left == right;
}

}  // namespace network
}  // namespace rheo
