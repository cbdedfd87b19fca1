// Spikes followed from routes to sums, core by core, so that memory holds what enters one core. SPEC V3, V5
#include "witness/Checker.h"

namespace rheo::witness {

void Checker::collectArcs() {
  arcs_.resize(cores_.size());
  mostArcs_ = image_.bytes().size() * 8;  // what routes that are shared without end may cost
  for (const image::Core* core : *header_.cores()) coreOf_.emplace(core->id(), coreOf_.size());
  for (unsigned i = 0; i < inputs_.size(); ++i) {
    const image::Input& input = *header_.inputs()->Get(i);
    const Records routes(image_, *input.routes(), "route");
    const std::span<const std::uint64_t> ranges = image_.words(*input.route_index());
    if (ranges.size() != std::uint64_t{input.size()} * 2)
      broken(input.name()->str(), "the route ranges of an input are not those of its channels");
    for (std::size_t channel = 0; 2 * channel + 1 < ranges.size(); ++channel)
      add(routes, ranges[2 * channel], ranges[2 * channel + 1], nodes_[inputs_[i]].base + channel);
  }
  for (std::size_t core = 0; core < cores_.size(); ++core) {
    const Records &neurons = cores_[core].neuron, &routes = cores_[core].route;
    for (std::size_t i = 0; i < cores_[core].compartments.size(); ++i) {
      const Compartment& c = cores_[core].compartments[i];
      const std::uint32_t source = nodes_[populations_[c.population]].base + c.neuron;
      if (isSum(c)) sums_[source] = {core, c.firstInput};
      add(routes, neurons.get(i, "route_first"), neurons.get(i, "route_count"), source);
    }
  }
  for (auto& arcs : arcs_) std::ranges::sort(arcs);
}

// SPEC I8.
void Checker::add(const Records& routes, std::int64_t first, std::int64_t count, std::uint32_t source) {
  if (count == 0) return;
  mostArcs_ -= std::max<std::int64_t>(0, count);
  const bool sound = first >= 0 && count >= 0 && first <= routes.count && count <= routes.count - first;
  if (!sound || mostArcs_ < 0)
    broken(describe(source), "its routes lie outside their memory, or are shared too often");
  for (std::int64_t i = first; i < first + count && sound && mostArcs_ >= 0; ++i) {
    const std::int64_t core = routes.get(i, "core"), axon = routes.get(i, "axon"),
                       atom = routes.get(i, "atom");
    const auto found = coreOf_.find(core);
    if (found == coreOf_.end() || axon < 0 || atom < 0 || atom >= cores_[found->second].atoms(axon))
      broken(describe(source),
             fmt::format("route {}: no atom {} of axon {} of core {}", i, atom, axon, core));
    else
      arcs_[found->second].push_back({source, std::uint32_t(axon), std::uint32_t(atom)});
  }
}

// SPEC I5, T2, T7.
bool Checker::arrive(std::size_t index, const std::vector<std::int64_t>& inputs, std::vector<Row>& rows,
                     std::size_t depth) {
  const Core& core = cores_[index];
  if (visits_ < 0) return broken("", "there are more synapses than can be followed");
  std::vector<std::int32_t> slots(core.inputs, -1);
  for (std::size_t i = 0; i < inputs.size(); ++i) slots[inputs[i]] = i;
  rows.resize(inputs.size());
  for (Row& row : rows) row.clear();
  for (const auto& [source, axon, atom] : arcs_[index]) {
    const auto fault = [&](const std::string& why) {
      return broken(fmt::format("core {}, axon {}", index, axon), why);
    };
    if (!core.list(axon, atom, slots, visits_, list_))
      return fault("its format or list means nothing, or lists are shared without end");
    const Format& format = *core.formatOf(axon);
    for (const Synapse& synapse : list_) {
      if (synapse.delay < 0 || synapse.delay > longestDelay_)
        return fault(fmt::format("delay {} of 0 to {}", synapse.delay, longestDelay_));
      if (room_-- == 0) return fault("far more synapses arrive than the network has");
      rows[slots[synapse.input]].emplace_back(source, synapse.weight, format.exponent, synapse.delay,
                                              format.group * 64 + synapse.delay);
    }
  }
  return replaceSums(rows, depth);
}

// SPEC V5: what a sum of the compiler hands on is what has arrived there.
bool Checker::replaceSums(std::vector<Row>& rows, std::size_t depth) {
  std::map<std::uint32_t, Row> sums;                          // source -> what has arrived
  std::map<std::size_t, std::vector<std::uint32_t>> sources;  // [core]
  for (const Row& row : rows)
    for (const Arrival& a : row)
      if (isSum(a.source) && sums.try_emplace(a.source).second)
        sources[sums_[a.source].first].push_back(a.source);
  if (depth > nodes_.size()) return broken("", "sums that the compiler made feed one another in a circle");
  for (const auto& [core, held] : sources) {
    std::vector<std::int64_t> inputs;
    std::vector<Row> arrived;
    for (const std::uint32_t source : held) inputs.push_back(sums_[source].second);
    if (!arrive(core, inputs, arrived, depth + 1)) return false;
    for (std::size_t i = 0; i < held.size(); ++i) sums[held[i]] = std::move(arrived[i]);
  }
  for (std::size_t i = 0; i < rows.size() && !sums.empty(); ++i) {
    const Row outer = std::exchange(rows[i], {});
    for (const Arrival& a : outer)
      if (!isSum(a.source))
        rows[i].push_back(a);
      else if (!expand(a, sums[a.source], rows[i]))
        return false;
  }
  return true;
}

bool Checker::expand(const Arrival& outer, const Row& inner, Row& into) {
  const auto fault = [&](const char* why) { return broken(describe(outer.source), why); };
  if (outer.weight != 1 || (outer.exponent < 0 && !ofSum_))  // SPEC W6 would floor each part of it
    return fault("it has to hand its sum on whole, with weight 1");
  room_ -= inner.size();
  if (room_ < 0) return fault("it stands for far more synapses than there are");
  for (const Arrival& part : inner) {
    // SPEC W6: each weight has its exponent already when it is summed, so the sum may hold it instead.
    if (part.exponent != 0 && (ofSum_ || outer.exponent != 0))
      return fault("it shifts what arrives; sums shift nothing");
    into.emplace_back(part.source, part.weight, part.exponent + outer.exponent, outer.delay + 1 + part.delay,
                      outer.sum);
  }
  return true;
}

}  // namespace rheo::witness
