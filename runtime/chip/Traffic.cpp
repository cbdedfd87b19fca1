// Flows and the load that they put on links.
#include "chip/Traffic.h"

#include <algorithm>
#include <set>

namespace rheo {
namespace {

// Other tiles that a spike to so many other cores reaches at least: its own tile holds some of them, every
// other one costs a link.
double tilesAtLeast(std::size_t targets, std::int32_t coresPerTile) {
  const auto rest = static_cast<std::int64_t>(targets) - (coresPerTile - 1);
  return rest <= 0 ? 0 : static_cast<double>((rest + coresPerTile - 1) / coresPerTile);
}

}  // namespace

void FlowCollector::add(std::int32_t source, std::vector<std::int32_t> targets, double rate) {
  std::sort(targets.begin(), targets.end());
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  std::erase(targets, source);
  if (!targets.empty()) flows_[{source, std::move(targets)}] += rate;
}

std::vector<Flow> FlowCollector::take() const {
  std::vector<Flow> flows;
  for (const auto& [key, rate] : flows_) flows.push_back({key.first, key.second, rate});
  return flows;
}

std::vector<Flow> flowsOf(const Program& program, const std::vector<std::vector<double>>& rates) {
  FlowCollector flows;
  for (std::size_t c = 0; c < program.cores.size(); ++c) {
    const Core& core = program.cores[c];
    for (const CompartmentSlice& slice : core.slices)
      for (std::int32_t i = 0; i < slice.count; ++i) {
        const auto compartment = static_cast<std::size_t>(slice.firstCompartment + i);
        std::vector<std::int32_t> targets;
        for (std::uint64_t r = core.routeStart[compartment]; r < core.routeStart[compartment + 1]; ++r)
          targets.push_back(core.routes[r].core);
        const double rate = rates.empty() ? 1
                                          : rates[static_cast<std::size_t>(slice.population)]
                                                 [static_cast<std::size_t>(slice.firstNeuron + i)];
        flows.add(static_cast<std::int32_t>(c), std::move(targets), rate);
      }
  }
  return flows.take();
}

double hopsAtLeast(std::span<const Flow> flows, const Grid& grid) {
  double hops = 0;
  for (const Flow& flow : flows)
    hops += flow.rate * tilesAtLeast(flow.targets.size(), grid.shape().coresPerTile);
  return hops;
}

Traffic trafficOf(std::span<const Flow> flows, std::span<const std::int32_t> ids,
                  const RoutingTable& routing) {
  const Grid& grid = routing.grid();
  std::map<std::pair<std::int32_t, Direction>, double> loads;
  Traffic traffic;
  traffic.hopsAtLeast = hopsAtLeast(flows, grid);
  for (const Flow& flow : flows) {
    std::set<std::pair<std::int32_t, Direction>> crossed;
    const std::int32_t from = grid.tileOf(ids[static_cast<std::size_t>(flow.source)]);
    for (const std::int32_t target : flow.targets)
      routing.walk(from, grid.tileOf(ids[static_cast<std::size_t>(target)]),
                   [&](std::int32_t tile, Direction direction) {
                     crossed.insert({tile, direction});
                   });
    for (const auto& link : crossed) loads[link] += flow.rate;
  }
  for (const auto& [link, load] : loads) {
    const std::int32_t hops = grid.hopsOf(link.first, link.second);
    traffic.hops += load * hops;
    if (grid.crossesChips(link.first, link.second)) traffic.chipCrossings += load;
    traffic.largestLoad = std::max(traffic.largestLoad, load);
    traffic.links.push_back({link.first, link.second, load});
  }
  return traffic;
}

}  // namespace rheo
