// What can be said about a problem before anything is placed: sizes, delays, formats, registers.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <tuple>

#include "chip/Program.h"
#include "models/Registers.h"
#include "place/Place.h"

namespace rheo {
namespace {

const std::string& shown(const std::string& where, const std::string& name) {
  return where.empty() ? name : where;
}

struct RegisterRange {
  std::int64_t low = 0, high = 0;
  int bits = 0;
  bool found = false;
};

RegisterRange rangeOf(const ChipSpec& chip, const std::string& name) {
  for (const char* record : {"neuron", "profile"})
    if (const LayoutSpec* layout = chip.layout(record))
      for (const FieldSpec& field : layout->fields)
        if (field.name == name) {
          const std::int64_t span = std::int64_t{1} << (field.isSigned ? field.width - 1 : field.width);
          return {field.isSigned ? -span : 0, span - 1, field.width, true};
        }
  return {};
}

class Checker {
 public:
  Checker(const PlacementProblem& problem, const ChipSpec& chip) : problem_(problem), chip_(chip) {}

  Status run() {
    if (auto sound = consistent(); !sound) return sound;
    if (!chip_.runs(std::string(problem_.profile->name)))
      add("R0410", "",
          fmt::format("'{}' does not run the arithmetic profile '{}'", chip_.name, problem_.profile->name),
          fmt::format("choose --profile {}", fmt::join(chip_.profiles, " or ")));
    for (const PopulationSpec& population : problem_.populations) registers(population);
    for (const ProjectionSpec& projection : problem_.projections) format(projection);
    if (!found_.empty()) return Error{ErrorKind::Compile, found_};
    return ok();
  }

 private:
  Diagnostic& add(std::string code, const std::string& where, std::string message, std::string remedy) {
    Diagnostic diagnostic;
    diagnostic.code = std::move(code);
    diagnostic.where = where;
    diagnostic.message = std::move(message);
    diagnostic.remedy = std::move(remedy);
    found_.push_back(std::move(diagnostic));
    return found_.back();
  }

  static Status fault(const std::string& where, std::string message) {
    Diagnostic diagnostic;
    diagnostic.code = "R0421";
    diagnostic.where = where;
    diagnostic.message = std::move(message);
    diagnostic.remedy = "this is a fault of rheobase; please report it";
    return Error::of(ErrorKind::Internal, std::move(diagnostic));
  }

  Status consistent() const;
  Status modelHasItsRegisters(const PopulationSpec& population) const;
  void registers(const PopulationSpec& population);
  void format(const ProjectionSpec& projection);
  void limited(const ProjectionSpec& projection, const char* code, const char* what, std::int64_t value,
               const char* limitName, bool upper, const char* remedy);

  const PlacementProblem& problem_;
  const ChipSpec& chip_;
  std::vector<Diagnostic> found_;
};

Status Checker::modelHasItsRegisters(const PopulationSpec& population) const {
  for (const models::FixedParameter& parameter : population.model->fixedParameters) {
    const std::string name(models::requiredRegister(*population.model, parameter));
    if (!name.empty() && !population.registers.contains(name))
      return fault(population.name, fmt::format("register '{}' of '{}' is missing", name, population.name));
  }
  return ok();
}

Status Checker::consistent() const {
  if (problem_.profile == nullptr) return fault("", "no arithmetic profile was chosen");
  for (const PopulationSpec& population : problem_.populations) {
    if (population.model == nullptr || population.size <= 0)
      return fault(population.name,
                   fmt::format("population '{}' has no model or no neurons", population.name));
    for (const auto& [name, values] : population.registers)
      if (values.size() != 1 && values.size() != static_cast<std::size_t>(population.size))
        return fault(population.name, fmt::format("register '{}' of '{}' has {} values for {} neurons", name,
                                                  population.name, values.size(), population.size));
    if (auto sound = modelHasItsRegisters(population); !sound) return sound;
  }
  for (const ProjectionSpec& projection : problem_.projections) {
    const auto sources = projection.fromInput ? problem_.inputs.size() : problem_.populations.size();
    if (projection.source < 0 || static_cast<std::size_t>(projection.source) >= sources ||
        projection.target < 0 || static_cast<std::size_t>(projection.target) >= problem_.populations.size())
      return fault(projection.name, fmt::format("projection '{}' has no source or target", projection.name));
    const Wiring& wiring = projection.wiring;
    if (wiring.sources() != problem_.sourceSize(projection) ||
        wiring.targets() != problem_.populations[projection.target].inputs())
      return fault(projection.name,
                   fmt::format("projection '{}' is wired from {} to {} instead of {} to {}", projection.name,
                               wiring.sources(), wiring.targets(), problem_.sourceSize(projection),
                               problem_.populations[projection.target].inputs()));
    const auto wrong = [&](std::span<const std::int32_t> values) {
      return static_cast<std::int64_t>(values.size()) != wiring.valueCount();
    };
    if (wrong(projection.weights) || (!projection.delays().empty() && wrong(projection.delays())))
      return fault(projection.name,
                   fmt::format("projection '{}' has {} weights and {} delays instead of {}", projection.name,
                               projection.weights.size(), projection.delays().size(), wiring.valueCount()));
  }
  return ok();
}

void Checker::registers(const PopulationSpec& population) {
  const std::string& where = shown(population.where, population.name);
  if (population.model->microcode) {  // SPEC I9, E3: constants hold what the model's table allows
    if (auto refused = refuseProgram(chip_, *population.model, population.name, where))
      found_.push_back(*std::move(refused));
    return;
  }
  for (const auto& [name, values] : population.registers) {
    const RegisterRange range = rangeOf(chip_, name);
    std::int64_t outside = 0, worst = 0, neuron = 0;
    bool subtracts = false, toValue = false;
    for (std::size_t i = 0; i < values.size(); ++i) {
      subtracts |= name == "reset_mode" && values[i] == 2;
      toValue |= name == "reset_mode" && values[i] == 1;
      if (values[i] >= range.low && values[i] <= range.high) continue;
      if (outside++ == 0 || std::abs(values[i]) > std::abs(worst))
        worst = values[i], neuron = static_cast<std::int64_t>(i);
    }
    for (const auto& [needed, extension, rule] :
         {std::tuple{subtracts, "subtract_reset", "E1"}, std::tuple{toValue, "reset_value", "E2"}})
      if (needed && !chip_.extends(extension))
        add("R0411", where,
            fmt::format("'{}' needs the extension '{}', which '{}' lacks", population.name, extension,
                        chip_.name),
            "choose a chip that lists it (loihi2), or train with a reset to zero")
            .limitSource = fmt::format("SPEC {}", rule);
    const bool reset = name == "reset_mode" || name == "reset_value";
    if (outside == 0 || (reset && !range.found)) continue;
    const std::string who = values.size() == 1 ? fmt::format("'{}'", population.name)
                                               : fmt::format("neuron {} of '{}'", neuron, population.name);
    Diagnostic& diagnostic =
        range.found
            ? add("R0420", where,
                  fmt::format("register '{}' of {} would have to hold {}, its {} bits hold {} to {}{}", name,
                              who, worst, range.bits, range.low, range.high,
                              outside > 1 ? fmt::format(" ({} neurons in all)", outside) : ""),
                  "choose another scale for this population in the quantization settings, or check pinned "
                  "values")
            : add("R0420", where,
                  fmt::format("{} needs register '{}', which '{}' lacks", who, name, chip_.name),
                  "choose another chip");
    diagnostic.value = static_cast<double>(worst);
    diagnostic.limit = static_cast<double>(worst < 0 ? range.low : range.high);
    diagnostic.limitSource = fmt::format("register layout of '{}'", chip_.name);
  }
}

void Checker::limited(const ProjectionSpec& projection, const char* code, const char* what,
                      std::int64_t value, const char* limitName, bool upper, const char* remedy) {
  const Limit& limit = chip_.limit(limitName);
  if (upper ? value <= limit.value : value >= limit.value) return;
  Diagnostic& diagnostic = add(code, shown(projection.where, projection.name),
                               fmt::format("'{}' needs {} of {}, '{}' has {} {}", projection.name, what,
                                           value, chip_.name, upper ? "at most" : "at least", limit.value),
                               remedy);
  diagnostic.value = static_cast<double>(value);
  diagnostic.limit = static_cast<double>(limit.value);
  diagnostic.limitSource = limit.source + (limit.inferred ? " (inferred)" : "");
}

void Checker::format(const ProjectionSpec& projection) {
  const char* settings = "choose fewer bits or another scale in the quantization settings";
  const int delay = projection.mostDelay();
  limited(projection, "R0418", "a delay in steps", delay, "max_delay", true,
          "shorten the delay; a connection that skips layers waits for them");
  if (delay < 0)
    add("R0418", shown(projection.where, projection.name),
        fmt::format("'{}' has a delay of {} steps, SPEC T7 allows 0 to {}", projection.name, delay,
                    kMaxDelay),
        "shorten the delay");
  limited(projection, "R0419", "weight bits", projection.weightBits, "weight_bits", true, settings);
  if (projection.weightBits < 1)
    add("R0419", shown(projection.where, projection.name),
        fmt::format("'{}' has {} weight bits, at least 1 is needed", projection.name, projection.weightBits),
        settings);
  limited(projection, "R0428", "a weight exponent", projection.exponent, "weight_exponent_max", true,
          settings);
  limited(projection, "R0428", "a weight exponent", projection.exponent, "weight_exponent_min", false,
          settings);
}

}  // namespace

std::int64_t registerValue(const PopulationSpec& population, const std::string& field, std::int32_t neuron) {
  if (field == "model") return population.model->opcode;
  const auto found = population.registers.find(field);
  if (found == population.registers.end()) return 0;
  return found->second.size() == 1 ? found->second[0] : found->second[static_cast<std::size_t>(neuron)];
}

std::vector<std::int64_t> constantsOf(const PopulationSpec& population, std::int32_t neuron) {
  std::vector<std::int64_t> values;
  if (!population.model->microcode) return values;
  for (const models::FixedParameter& parameter : population.model->fixedParameters)
    values.push_back(registerValue(population, std::string(parameter.name), neuron));
  return values;
}

void ProjectionSpec::setDelays(std::span<const std::int32_t> steps) {
  delays_ = steps;
  const auto [least, most] = std::minmax_element(steps.begin(), steps.end());
  least_ = steps.empty() ? 0 : *least;
  most_ = steps.empty() ? 0 : *most;
}

SynapseFormat formatOf(const ProjectionSpec& projection, const ChipSpec& chip, ListKind kind) {
  SynapseFormat format;
  format.kind = kind;
  format.weightBits = projection.weightBits;
  format.signMode = projection.signMode;
  format.exponent = projection.exponent;
  if (kind == ListKind::Sparse) {
    const auto last = static_cast<std::uint64_t>(chip.limit("neurons_per_core").value - 1);
    format.indexBits = last == 0 ? 1 : static_cast<int>(std::bit_width(last));
    format.delayBits = static_cast<int>(std::bit_width(static_cast<unsigned>(projection.mostSynapseDelay())));
  }
  return format;
}

PlacedSlice sliceOf(int population, std::span<const std::int32_t> neurons) {
  PlacedSlice slice{population, neurons.front(), static_cast<std::int32_t>(neurons.size())};
  if (neurons.back() - neurons.front() >= slice.count) slice.listed.assign(neurons.begin(), neurons.end());
  return slice;
}

std::int32_t PlacedSlice::runFrom(std::int32_t i) const {
  std::int32_t run = 1;
  while (i + run < size() && neuron(i + run) == neuron(i) + run) ++run;
  return run;
}

std::int32_t PlacedSlice::find(std::int64_t neuronNumber) const {
  if (!listed.empty()) {
    const auto at = std::lower_bound(listed.begin(), listed.end(), neuronNumber);
    return at != listed.end() && *at == neuronNumber ? static_cast<std::int32_t>(at - listed.begin()) : -1;
  }
  const std::int64_t offset = neuronNumber - firstNeuron;
  if (offset < 0) return -1;
  const std::int64_t repeat = stride > 0 ? std::min<std::int64_t>(offset / stride, repeats - 1) : 0;
  const std::int64_t within = offset - repeat * stride;
  const std::int64_t row = rowStride > 0 ? std::min<std::int64_t>(within / rowStride, rows - 1) : 0;
  const std::int64_t column = within - row * rowStride;
  return column < count ? static_cast<std::int32_t>((repeat * rows + row) * count + column) : -1;
}

std::vector<ListedTargets> targetsIn(const ProjectionSpec& projection, const PlacedSlice& slice,
                                     std::int32_t source) {
  std::vector<ListedTargets> targets;
  if (projection.wiring.convolution() || projection.wiring.lists()) {
    projection.wiring.targetsOf(source, [&](std::int64_t target, std::int64_t index) {
      if (const std::int32_t place = slice.findTarget(target); place >= 0) targets.push_back({place, index});
    });
  } else {
    for (std::int32_t i = 0; i < slice.inputs(); ++i)
      targets.push_back({i, slice.target(i) * projection.wiring.sources() + source});
  }
  return targets;
}

std::vector<std::int64_t> countSynapses(const ProjectionSpec& projection, const ChipSpec& chip,
                                        WeightTruncation truncation, const PlacedSlice& slice) {
  const SynapseFormat format = formatOf(projection, chip, ListKind::Sparse);
  std::vector<std::int64_t> counts(static_cast<std::size_t>(projection.wiring.sources()), 0);
  for (std::int32_t i = 0; i < slice.inputs(); ++i)
    countTarget(projection, format, truncation, slice.target(i), counts);
  return counts;
}

Status checkProblem(const PlacementProblem& problem, const ChipSpec& chip) {
  return Checker(problem, chip).run();
}

}  // namespace rheo
