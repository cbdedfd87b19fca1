// Membranes to membranes with a clock.
#include "algorithms/PeriodicReset.h"

#include <fmt/format.h>

#include <algorithm>

#include "algorithms/Lags.h"
#include "algorithms/Registers.h"
#include "chip/Program.h"
#include "models/Registers.h"

namespace rheo {
namespace {

bool resetsToZero(const FixedPopulation& population) {
  const auto modes = population.registers.find("reset_mode");
  return modes == population.registers.end() ||
         std::all_of(modes->second.begin(), modes->second.end(),
                     [](std::int32_t mode) { return mode == models::kResetZero; });
}

Diagnostic notPossible(const FixedPopulation& population, bool toZero) {
  Diagnostic diagnostic;
  diagnostic.code = "R0315";
  diagnostic.where = population.name;
  diagnostic.message = fmt::format("'{}' ({}{}) cannot be reset in intervals", population.name,
                                   population.model->name, toZero ? "" : ", no reset to zero");
  diagnostic.remedy =
      "leave --reset-interval out and reset between samples (image.run does); or use neurons that spike and "
      "reset to zero";
  return diagnostic;
}

// What the clocked step reads, from what the population's own step reads.
std::vector<std::vector<std::int32_t>> withClock(const FixedPopulation& population,
                                                 const models::ModelTable& clocked,
                                                 const PeriodicReset& reset, int lag) {
  const std::vector<std::vector<std::int32_t>> before = stepParametersOf(population);
  std::vector<std::vector<std::int32_t>> after;
  for (const models::FixedParameter& parameter : clocked.fixedParameters) {
    std::vector<std::int32_t> values(static_cast<std::size_t>(population.size), parameter.fallback);
    for (std::size_t p = 0; p < before.size(); ++p)
      if (population.model->fixedParameters[p].name == parameter.name) values = before[p];
    if (parameter.name == "reset_interval") values.assign(values.size(), reset.interval);
    if (parameter.name == "reset_phase") values.assign(values.size(), (lag + reset.offset) % reset.interval);
    after.push_back(std::move(values));
  }
  return after;
}

}  // namespace

Status addPeriodicResets(FixedNet& net, const PeriodicReset& reset, const ChipSpec& chip) {
  const models::ModelTable& clocked = *models::findModel("cuba_lif_reset");
  Expected<LagSolution> lags = solveLags(net, kMaxDelay);
  if (!lags) return std::move(lags).error();
  std::vector<Diagnostic> found;
  for (std::size_t i = 0; i < net.populations.size(); ++i) {
    FixedPopulation& population = net.populations[i];
    if (population.hidden) continue;
    const bool membrane = population.model->spiking && !population.model->microcode;
    const bool toZero = resetsToZero(population);
    if (!membrane || !toZero) {
      found.push_back(notPossible(population, toZero));
    } else if (auto refused = refuseProgram(chip, clocked, population.name, population.name)) {
      found.push_back(*std::move(refused));
    } else {
      const auto parameters = withClock(population, clocked, reset, lags->lag[i]);
      population.model = &clocked;
      population.registers.clear();
      if (Status set = setRegisters(population, parameters); !set) return set;
    }
  }
  if (found.empty()) return ok();
  return Error{ErrorKind::Compile, std::move(found)};
}

}  // namespace rheo
