// SPEC W8: bounds of a neuron's input in one step.
#include "chip/InputBound.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>

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
    for (const Route& route : core.routes) add(route, 1);
  for (const InputInfo& input : program.inputs)
    for (const Route& route : input.routes) add(route, input.maxPayload);
  return payloads;
}

struct CoreBound {
  std::vector<std::int64_t> input;  // per compartment, after shifts
  std::int64_t largestSum = 0;      // before shifts
};

CoreBound boundOf(const Core& core, const std::vector<std::int64_t>& payloads) {
  CoreBound bound;
  bound.input.assign(static_cast<std::size_t>(core.compartments), 0);
  std::vector<std::vector<std::size_t>> axonsOfGroup(core.groups.size());
  for (std::size_t a = 0; a < core.axons.size(); ++a)
    if (payloads[a] > 0) axonsOfGroup[static_cast<std::size_t>(core.axons[a].group)].push_back(a);
  for (std::size_t g = 0; g < core.groups.size(); ++g) {
    std::map<std::int32_t, std::vector<std::int64_t>> sums;  // by delay: SPEC W7 shifts them one by one
    for (const std::size_t a : axonsOfGroup[g]) {
      const Axon& axon = core.axons[a];
      for (std::uint64_t s = axon.firstSynapse; s < axon.firstSynapse + axon.synapseCount; ++s) {
        const Synapse& synapse = core.synapses[s];
        if (synapse.weight == 0) continue;
        std::vector<std::int64_t>& sum = sums[synapse.delay];
        if (sum.empty()) sum.assign(bound.input.size(), 0);
        std::int64_t& cell = sum[static_cast<std::size_t>(synapse.compartment)];
        cell = addSaturating(cell, std::abs(std::int64_t{synapse.weight}) * payloads[a]);
      }
    }
    const int exponent = core.groups[g].exponent;
    for (const auto& [delay, sum] : sums)
      for (std::size_t c = 0; c < sum.size(); ++c) {
        bound.largestSum = std::max(bound.largestSum, sum[c]);
        // Flooring takes a negative sum one step further from zero: hence rounded up.
        const std::int64_t shifted = exponent < 0 ? (sum[c] + (std::int64_t{1} << -exponent) - 1) >> -exponent
                                     : sum[c] > (kHuge >> exponent) ? kHuge
                                                                    : sum[c] << exponent;
        bound.input[c] = addSaturating(bound.input[c], shifted);
      }
  }
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
    diagnostic.where =
        fmt::format("core {}, compartment {}", program.cores[k].id, largest - bound.input.begin());
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
