// Float parameters to losses and gains of one step.
#include "algorithms/Dynamics.h"

#include <algorithm>
#include <string>

namespace rheo {

namespace {

// SPEC F24. No register holds a negative threshold, so what it lacks arrives in every step.
Dynamics dynamicsOfThreshold(const FloatPopulation& population) {
  Dynamics result;
  const auto size = static_cast<std::size_t>(population.size);
  for (std::vector<double>* ones : {&result.lossU, &result.lossV, &result.gain, &result.unitU})
    ones->assign(size, 1);
  result.reset.assign(size, 0);
  for (std::int64_t n = 0; n < population.size; ++n) {
    const double threshold = population.parameter("v_threshold", n);
    result.threshold.push_back(std::max(threshold, 0.0));
    result.leakDrive.push_back(std::max(-threshold, 0.0));
  }
  return result;
}

}  // namespace

Dynamics dynamicsOf(const FloatPopulation& population, const Conventions& conventions) {
  Dynamics result;
  if (population.isExact()) {
    result.gain.assign(static_cast<std::size_t>(population.inputs()), 1);
    return result;
  }
  if (population.forgets()) return dynamicsOfThreshold(population);
  const bool current = population.model->states.size() > 1;
  const std::string membrane(population.membraneTimeConstant());
  const bool leaky = !membrane.empty();
  const auto tau = population.column(membrane), tauSyn = population.column("tau_syn"),
             r = population.column("r"), vLeak = population.column("v_leak"),
             inputGain = population.column("w_in"), threshold = population.column("v_threshold"),
             vReset = population.column("v_reset");
  for (std::int64_t n = 0; n < population.size; ++n)
    result.fromRest |= leaky && population.model->spiking && threshold[n] < 0;
  for (std::int64_t n = 0; n < population.size; ++n) {
    const double resistance = r[n] * (!leaky && conventions.perSecond() ? conventions.dt : 1);
    const double lossV = leaky ? conventions.share(tau[n]) : 0;
    const double lossU = current ? conventions.share(tauSyn[n]) : 1;
    const double unitU = leaky ? lossV * resistance : resistance;
    const double rest = leaky ? vLeak[n] : 0;
    const double zero = result.fromRest ? rest : 0;  // of the chip's v
    (current ? result.biasDrive : result.leakDrive).push_back(lossV * (rest - zero));
    result.lossU.push_back(lossU);
    result.lossV.push_back(lossV);
    result.unitU.push_back(unitU);
    result.gain.push_back(current ? unitU * lossU * inputGain[n] : unitU);
    if (!population.model->spiking) continue;
    result.threshold.push_back(threshold[n] - zero);
    const double reset = conventions.reset == Reset::ToVReset ? vReset[n] : 0;
    // A reset by subtraction has no value to go to.
    result.reset.push_back(conventions.reset == Reset::Subtract ? 0 : reset - zero);
  }
  return result;
}

}  // namespace rheo
