// SPEC W8: bounds of a neuron's input in one step.
#include "chip/InputBound.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "fixed/Arithmetic.h"

namespace rheo {
namespace {

constexpr std::int64_t kHuge = std::int64_t{1} << 62;
constexpr std::int64_t kSumBound = std::int64_t{1} << 30;

std::int64_t addSaturating(std::int64_t a, std::int64_t b) {
  return std::min(kHuge, a + std::min(b, kHuge - a));
}

// Largest payload that can reach each axon of each core in one step.
std::vector<std::vector<std::int64_t>> axonPayloads(const Program& program) {
  std::vector<std::vector<std::int64_t>> payloads;
  for (const Core& core : program.cores) payloads.emplace_back(core.axons.size(), 0);
  auto add = [&](const Route& route, std::int64_t payload) {
    payloads[static_cast<std::size_t>(route.core)][static_cast<std::size_t>(route.axon)] += payload;
  };
  for (const Core& core : program.cores)
    for (const CompartmentSlice& slice : core.slices) {
      // SPEC W8 bounds spikes and what the host sends: the payloads of neurons have 32 bits, and N19 holds.
      if (program.populations[static_cast<std::size_t>(slice.population)].model->graded) continue;
      const auto first = static_cast<std::size_t>(slice.firstCompartment);
      for (std::uint64_t r = core.routeStart[first];
           r < core.routeStart[first + static_cast<std::size_t>(slice.count)]; ++r)
        add(core.routes[r], 1);
    }
  for (const InputInfo& input : program.inputs)
    for (const Route& route : input.routes) add(route, input.maxPayload);
  return payloads;
}

struct CoreBound {
  std::vector<std::int64_t> input;  // [input of the core], after shifts
  std::int64_t largestSum = 0;      // before shifts
};

// Adds what one group can bring in one step; SPEC W7 shifts the sums of its delays one by one.
class GroupBound {
 public:
  GroupBound(const Core& core, const std::vector<std::int64_t>& payloads, CoreBound& bound)
      : core_(core), payloads_(payloads), bound_(bound), sums_(bound.input.size(), 0) {}

  void add(const std::vector<std::size_t>& axons, int exponent) {
    std::uint64_t delays = 0;  // a bit for each that occurs
    forEachSynapse(axons, [&](const Synapse& synapse, std::int32_t, std::int64_t) {
      delays |= std::uint64_t{1} << synapse.delay;
    });
    for (std::int32_t delay = 0; delay <= kMaxDelay; ++delay) {
      if ((delays >> delay & 1) == 0) continue;
      forEachSynapse(axons, [&](const Synapse& synapse, std::int32_t input, std::int64_t payload) {
        if (synapse.delay != delay) return;
        std::int64_t& sum = sums_[static_cast<std::size_t>(input)];
        if (sum == 0) touched_.push_back(input);
        sum = addSaturating(sum, std::abs(std::int64_t{synapse.weight}) * payload);
      });
      shift(exponent);
    }
  }

 private:
  template <class Visit>
  void forEachSynapse(const std::vector<std::size_t>& axons, Visit visit) const {
    for (const std::size_t a : axons) {
      const Axon& axon = core_.axons[a];
      for (std::uint64_t s = axon.firstSynapse; s < axon.firstSynapse + axon.synapseCount; ++s)
        if (core_.synapses[s].weight != 0)
          visit(core_.synapses[s], axon.base + core_.synapses[s].input, payloads_[a]);
    }
  }

  // Only the inputs that were reached: a core can have many more than a list.
  void shift(int exponent) {
    for (const std::int32_t input : touched_) {
      const auto c = static_cast<std::size_t>(input);
      const std::int64_t sum = std::exchange(sums_[c], 0);
      bound_.largestSum = std::max(bound_.largestSum, sum);
      // Flooring takes a negative sum one step further from zero: hence rounded up.
      const std::int64_t shifted = exponent < 0 ? (sum + (std::int64_t{1} << -exponent) - 1) >> -exponent
                                   : sum > (kHuge >> exponent) ? kHuge
                                                               : sum << exponent;
      bound_.input[c] = addSaturating(bound_.input[c], shifted);
    }
    touched_.clear();
  }

  const Core& core_;
  const std::vector<std::int64_t>& payloads_;
  CoreBound& bound_;
  std::vector<std::int64_t> sums_;     // [input], of one group and delay
  std::vector<std::int32_t> touched_;  // where `sums_` is not 0
};

CoreBound boundOf(const Core& core, const std::vector<std::int64_t>& payloads) {
  CoreBound bound;
  bound.input.assign(static_cast<std::size_t>(core.inputs), 0);
  std::vector<std::vector<std::size_t>> axonsOfGroup(core.groups.size());
  for (std::size_t a = 0; a < core.axons.size(); ++a)
    if (payloads[a] > 0) axonsOfGroup[static_cast<std::size_t>(core.axons[a].group)].push_back(a);
  GroupBound group(core, payloads, bound);
  for (std::size_t g = 0; g < core.groups.size(); ++g) group.add(axonsOfGroup[g], core.groups[g].exponent);
  return bound;
}

}  // namespace

std::vector<std::vector<std::int64_t>> largestInputs(const Program& program) {
  const auto payloads = axonPayloads(program);
  std::vector<std::vector<std::int64_t>> inputs;
  for (std::size_t k = 0; k < program.cores.size(); ++k)
    inputs.push_back(boundOf(program.cores[k], payloads[k]).input);
  return inputs;
}

Status checkInputBound(const Program& program) {
  const auto payloads = axonPayloads(program);
  for (std::size_t k = 0; k < program.cores.size(); ++k) {
    const CoreBound bound = boundOf(program.cores[k], payloads[k]);
    const auto largest = std::max_element(bound.input.begin(), bound.input.end());
    const std::int64_t value = largest == bound.input.end() ? 0 : *largest;
    if (value <= fixed::kInputBound && bound.largestSum <= kSumBound) continue;
    Diagnostic diagnostic;
    diagnostic.code = "R0510";
    diagnostic.where = fmt::format("core {}, input {}", program.cores[k].id, largest - bound.input.begin());
    diagnostic.message =
        fmt::format("the input of a neuron could reach {} in one step (sums before shifting: {})", value,
                    bound.largestSum);
    diagnostic.value = static_cast<double>(value);
    diagnostic.limit = fixed::kInputBound;
    diagnostic.limitSource = "SPEC W8";
    diagnostic.remedy = "use smaller weights, a smaller exponent or fewer inputs";
    return Error::of(ErrorKind::Format, std::move(diagnostic));
  }
  return ok();
}

}  // namespace rheo
