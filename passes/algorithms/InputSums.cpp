// SPEC W8: sums over all synapses of |weight| * 2^exponent * payload.
#include "algorithms/InputSums.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "algorithms/WeightLoops.h"
#include "fixed/Arithmetic.h"

namespace rheo {

Status checkInputSums(const FixedNet& net) {
  std::vector<std::vector<double>> sums;
  for (const FixedPopulation& population : net.populations)
    sums.emplace_back(static_cast<std::size_t>(population.inputs()), 0.0);
  for (const FixedProjection& projection : net.projections) {
    if (!projection.source.input &&
        net.populations[static_cast<std::size_t>(projection.source.index)].model->graded)
      continue;  // SPEC W8: payloads of neurons are not bounded
    double payload = 1;
    if (projection.source.input) {
      payload =
          static_cast<double>(net.inputs[static_cast<std::size_t>(projection.source.index)].largestPayload());
    }
    const double unit = std::ldexp(payload, projection.exponent);
    std::vector<double>& of = sums[static_cast<std::size_t>(projection.target)];
    const auto apart = static_cast<double>(projection.flooredApart());
    for (std::int64_t target = 0; target < projection.weights.wiring.targets(); ++target) {
      const auto [down, up] = signedSums(projection.weights, target);
      // Flooring a negative sum goes away from 0.
      of[static_cast<std::size_t>(target)] += std::ceil(static_cast<double>(up - down) * unit) + apart;
    }
  }
  std::vector<Diagnostic> found;
  for (std::size_t p = 0; p < sums.size(); ++p) {
    const auto worst = std::max_element(sums[p].begin(), sums[p].end());
    if (worst == sums[p].end() || *worst <= fixed::kInputBound) continue;
    Diagnostic diagnostic;
    diagnostic.code = "R0510";
    diagnostic.where = net.populations[p].name;
    diagnostic.message =
        fmt::format("neuron {} of '{}' could receive {:.0f} in one step, the arithmetic holds {}",
                    (worst - sums[p].begin()) / net.populations[p].model->portCount(),
                    net.populations[p].name, *worst, fixed::kInputBound);
    diagnostic.value = *worst;
    diagnostic.limit = fixed::kInputBound;
    diagnostic.limitSource = "SPEC W8";
    diagnostic.remedy = "choose a smaller 'exponent' or smaller weights in the quantization settings";
    found.push_back(std::move(diagnostic));
  }
  if (found.empty()) return ok();
  return Error{ErrorKind::Compile, std::move(found)};
}

}  // namespace rheo
