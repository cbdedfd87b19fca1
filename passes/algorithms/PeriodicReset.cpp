// Membranes to membranes with a clock.
#include "algorithms/PeriodicReset.h"

#include <fmt/format.h>

#include <set>

#include "algorithms/Lags.h"
#include "algorithms/Registers.h"
#include "chip/Program.h"

namespace rheo {
namespace {

const std::set<std::string_view> kMembranes{"cuba_lif", "lif", "integrate_and_fire"};

Diagnostic refusal(const char* code, const FixedPopulation& population, std::string message,
                   std::string remedy) {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.where = population.name;
  diagnostic.message = std::move(message);
  diagnostic.remedy = std::move(remedy);
  return diagnostic;
}

// What step.h of cuba_lif_reset reads, from what the population's own step reads.
std::vector<std::vector<std::int32_t>> withClock(const FixedPopulation& population,
                                                 const PeriodicReset& reset, int lag) {
  const models::ModelTable& clocked = *models::findModel("cuba_lif_reset");
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
  FixedNet lagged = net;
  if (Status solved = assignLags(lagged, kMaxDelay); !solved) return solved;
  std::vector<Diagnostic> found;
  for (std::size_t i = 0; i < net.populations.size(); ++i) {
    FixedPopulation& population = net.populations[i];
    if (population.hidden) continue;
    const bool zero =
        population.registerOf("reset_mode", 0) == 0 &&
        (!population.registers.contains("reset_mode") || population.registers.at("reset_mode").size() == 1);
    if (!kMembranes.contains(population.model->name) || !zero) {
      found.push_back(refusal("R0315", population,
                              fmt::format("'{}' ({}{}) cannot be reset in intervals", population.name,
                                          population.model->name, zero ? "" : ", no reset to zero"),
                              "leave --reset-interval out and reset between samples (image.run does); or use "
                              "neurons that spike and reset to zero"));
      continue;
    }
    if (!chip.extends("microcode")) {
      found.push_back(refusal(
          "R0411", population,
          fmt::format("a reset in intervals needs the extension 'microcode', which '{}' lacks", chip.name),
          "choose a chip that runs programs of its own (loihi2)"));
      continue;
    }
    const auto parameters = withClock(population, reset, lagged.populations[i].lag);
    population.model = models::findModel("cuba_lif_reset");
    population.registers.clear();
    if (Status set = setRegisters(population, parameters); !set) return set;
  }
  if (found.empty()) return ok();
  return Error{ErrorKind::Compile, std::move(found)};
}

}  // namespace rheo
