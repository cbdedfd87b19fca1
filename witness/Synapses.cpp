// What has to arrive at a neuron, from the network, against what the image brings. SPEC V3, V5
#include "witness/Checker.h"

namespace rheo::witness {

// SPEC W1 to W4: the weight that a synapse word holds.
static std::int32_t kept(std::int32_t weight, const ProjectionT& projection, WeightTruncation rule) {
  constexpr std::int32_t kLeast[] = {-256, 0, -255}, kMost[] = {254, 255, 0};
  const bool mixed = projection.sign_mode == 0;
  const std::int32_t clipped = std::clamp(weight, kLeast[projection.sign_mode], kMost[projection.sign_mode]);
  const std::int32_t mask = -(1 << (8 - projection.weight_bits + (mixed ? 1 : 0)));
  const bool floors = mixed && rule == WeightTruncation::Floor;
  return clipped < 0 && !floors ? -(-clipped & mask) : clipped & mask;
}

// Sorts a row into its sums, each in the order of its synapses, and the sums: their names do not matter. What
// no exponent of a sum acts on is one of them. SPEC W7
static std::vector<std::span<Arrival>> sumsOf(Row& row, bool ofSum) {
  const auto sum = [&](const Arrival& a) { return ofSum && a.exponent < 0 ? std::int64_t{a.sum} : -1; };
  if (!std::ranges::is_sorted(row)) std::ranges::sort(row);
  if (!std::ranges::is_sorted(row, {}, sum)) std::ranges::stable_sort(row, {}, sum);
  std::vector<std::span<Arrival>> sums;
  for (auto first = row.begin(), end = first; first != row.end(); first = end) {
    end = std::ranges::upper_bound(first, row.end(), sum(*first), {}, sum);
    sums.emplace_back(first, end);
  }
  std::ranges::sort(sums, [](auto a, auto b) { return std::ranges::lexicographical_compare(a, b); });
  return sums;
}

void Checker::synapses() {
  constexpr std::int64_t kAtOnce = 1 << 21;  // arrivals in memory
  visits_ = std::int64_t{1} << 34;           // what lists that are shared without end may cost: half a minute
  std::vector<Row> expected, found;
  std::vector<std::int64_t> inputs;
  std::vector<const Compartment*> targets;
  for (std::size_t core = 0; core < cores_.size(); ++core) {
    std::int64_t held = 0;
    const auto compareHeld = [&] {
      // Twice through a sum and once behind it, and again for faults that duplicate.
      room_ = held * 4 + (1 << 16);
      const bool arrived = arrive(core, inputs, found);
      for (std::size_t i = 0; i < inputs.size() && arrived; ++i)
        compare(core, *targets[i], inputs[i], expected[i], found[i]);
      inputs.clear(), targets.clear(), held = 0;
      return arrived;
    };
    for (const Compartment& c : cores_[core].compartments)
      for (std::int64_t port = 0; port < c.model->portCount() && !isSum(c); ++port) {
        inputs.push_back(c.firstInput + port);
        targets.push_back(&c);
        if (expected.size() < inputs.size()) expected.emplace_back();
        expect(c, port, expected[inputs.size() - 1]);
        held += expected[inputs.size() - 1].size() + 1;
        if (held >= kAtOnce && !compareHeld()) return;
      }
    if (!compareHeld()) return;
  }
}

void Checker::expect(const Compartment& c, std::int64_t port, Row& row) {
  const std::size_t to = populations_[c.population];
  const std::uint64_t target = c.neuron * c.model->portCount() + port;
  row.clear();
  for (std::size_t number : into_[to]) {
    const ProjectionT& p = *network_.projections[number];
    const Source& from = nodes_[p.source];
    const std::uint64_t position = target % (p.starts.size() - 1);
    const std::int64_t delay = p.delay_steps + nodes_[to].lag - from.lag - 1;  // SPEC T2, T4
    visits_ -= std::uint64_t{p.planes} * (p.starts[position + 1] - p.starts[position]);
    if (visits_ < 0) return;
    forEachSynapse(p, target, from.size, [&](std::uint64_t source, std::uint64_t index) {
      const std::int32_t wait = p.delays.empty() ? 0 : p.delays[index];
      if (const std::int32_t weight = kept(p.weights[index], p, profile_.weightTruncation))
        row.emplace_back(from.base + source, weight, p.exponent, delay + wait, number * 256 + wait);
    });
  }
}

void Checker::compare(std::size_t core, const Compartment& target, std::int64_t input, Row& expected,
                      Row& found) {
  const auto left = sumsOf(expected, ofSum_), right = sumsOf(found, ofSum_);
  if (std::ranges::equal(left, right, std::ranges::equal)) return;
  const std::string& name = nodes_[populations_[target.population]].name;
  const auto say = [&](const std::string& where, const std::string& what) {
    broken(where,
           fmt::format("neuron {} of '{}' (core {}, input {}): {}", target.neuron, name, core, input, what));
  };
  const auto text = [&](const Arrival& a) {
    return fmt::format("the synapse from {} (weight {}, exponent {}, delay {}) is not in the ",
                       describe(a.source), a.weight, a.exponent, a.delay);
  };
  Row missing, surplus;
  std::ranges::sort(expected);
  std::ranges::sort(found);
  std::ranges::set_difference(expected, found, std::back_inserter(missing));
  std::ranges::set_difference(found, expected, std::back_inserter(surplus));
  for (const Arrival& a : missing) say(network_.projections[a.sum / 256]->name, text(a) + "image");
  for (const Arrival& a : surplus) say(name, text(a) + "network");
  if (missing.empty() && surplus.empty())
    say(name, "synapses under a negative exponent are summed in other groups than in the network");
}

}  // namespace rheo::witness
