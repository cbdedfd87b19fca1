// Which populations may start at another step.
#include "algorithms/LaterStart.h"

#include <fmt/format.h>

#include <set>

#include "algorithms/RangeProof.h"
#include "algorithms/Registers.h"

namespace rheo {
namespace {

Error refuse(const FixedPopulation& moved, std::int64_t neuron, int later) {
  Diagnostic diagnostic;
  diagnostic.code = "R0433";
  diagnostic.where = moved.name;
  diagnostic.message = fmt::format(
      "neuron {} of '{}' moves without any input, from step 0 on: its start cannot shift by {} steps, as "
      "helpers on its way ask for",
      neuron, moved.name, later);
  diagnostic.limitSource = "SPEC E4";
  diagnostic.remedy =
      "give it its bias as a bias of the weights before it, which waits with them, or prune the inputs of "
      "the populations before it";
  return Error::of(ErrorKind::Compile, std::move(diagnostic));
}

}  // namespace

Status shiftStart(FixedNet& net, const LagSolution& before, const LagSolution& after,
                  const Profile& profile) {
  for (std::size_t p = 0; p < before.lag.size(); ++p) {
    const int later = after.lag[p] - before.lag[p];
    FixedPopulation& moved = net.populations[p];
    if (later == 0) continue;
    std::vector<std::vector<std::int32_t>> parameters = stepParametersOf(moved);
    std::set<std::vector<std::int32_t>> known;
    for (std::int64_t n = 0; n < moved.size; ++n) {
      const std::vector<std::int32_t> own = moved.stepParameters(n);
      if (!known.insert(own).second) continue;
      const FewIntervals nothing(moved.model->ports.size());
      const NeuronRange alone = proveNeuron(*moved.model, own, nothing, profile);
      bool rests = alone.payload.lo == 0 && alone.payload.hi == 0;
      for (std::size_t s = 0; s < alone.states.size(); ++s)
        rests &= moved.model->states[s] == "clock" || (alone.states[s].lo == 0 && alone.states[s].hi == 0);
      if (!rests) return refuse(moved, n, later);
    }
    std::vector<std::int32_t>*interval = nullptr, *phase = nullptr;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      if (moved.model->fixedParameters[i].name == "reset_interval") interval = &parameters[i];
      if (moved.model->fixedParameters[i].name == "reset_phase") phase = &parameters[i];
    }
    if (phase == nullptr) continue;  // SPEC N20
    for (std::size_t n = 0; n < phase->size(); ++n)
      if ((*phase)[n] >= 0)
        (*phase)[n] = static_cast<std::int32_t>(
            (((*phase)[n] + std::int64_t{later}) % (*interval)[n] + (*interval)[n]) % (*interval)[n]);
    if (Status set = setRegisters(moved, parameters); !set) return set;
  }
  return ok();
}

}  // namespace rheo
