// Follows the field layouts of an image from its words to plain arrays.
#include <fmt/format.h>

#include <set>

#include "chip/Decoder.h"
#include "chip/InputBound.h"
#include "fixed/Arithmetic.h"
#include "models/Registers.h"

namespace rheo {
namespace {

// Axons of a kernel share what was decoded, so they cost the engines time alone: a hundred million synapses
// in a step, or as many as there are words, whichever is more.
constexpr std::uint64_t kShared = std::uint64_t{1} << 27;

}  // namespace

Status Decoder::decodePopulations() {
  std::set<std::string_view> names;
  for (const image::Population* source : *header_.populations()) {
    PopulationInfo population;
    population.name = source->name()->str();
    const std::string where = fmt::format("population '{}'", population.name);
    population.model = models::findModel(source->model()->string_view());
    if (!population.model)
      return contentError("R0507", where, fmt::format("unknown neuron model '{}'", source->model()->str()),
                          "use the version of rheobase that wrote the image");
    if (!names.insert(source->name()->string_view()).second)
      return contentError("R0508", where, "the name occurs twice");
    if (source->size() > (1u << 30) || source->lag() > (1u << 20))
      return contentError("R0508", where,
                          fmt::format("size {} or lag {} is absurd", source->size(), source->lag()));
    population.size = static_cast<std::int32_t>(source->size());
    population.shape.assign(source->shape()->begin(), source->shape()->end());
    population.lag = static_cast<std::int32_t>(source->lag());
    population.hidden = source->hidden();
    for (const image::Scale* scale : *source->scales())
      if (scale->values()->size() != 1 && scale->values()->size() != source->size())
        return contentError("R0508", where,
                            fmt::format("{} scales for {} neurons", scale->values()->size(), source->size()));
    program_.lag = std::max(program_.lag, population.lag);
    program_.populations.push_back(std::move(population));
  }
  return checkClones();
}

// SPEC E5: a clone has an original for each of its neurons.
Status Decoder::checkClones() const {
  for (const image::Population* clone : *header_.populations()) {
    if (!clone->clone_of() || clone->clone_of()->size() == 0) continue;
    const int original = program_.findPopulation(clone->clone_of()->str());
    const std::int32_t neurons =
        original < 0 ? 0 : program_.populations[static_cast<std::size_t>(original)].size;
    const auto* originals = clone->originals();
    if (!originals || originals->size() != clone->size() ||
        std::any_of(originals->begin(), originals->end(),
                    [&](std::uint32_t neuron) { return neuron >= static_cast<std::uint32_t>(neurons); }))
      return contentError("R0508", fmt::format("population '{}'", clone->name()->str()),
                          fmt::format("not each of its {} neurons is a clone of one of the {} of '{}'",
                                      clone->size(), neurons, clone->clone_of()->str()));
  }
  return ok();
}

Status Decoder::decodeCores() {
  program_.cores.reserve(header_.cores()->size());
  for (const image::Core* source : *header_.cores()) {
    where_ = fmt::format("core {}", source->id());
    Core core;
    core.id = static_cast<std::int32_t>(source->id());
    if (Status status = decodeCore(*source, core); !status) return status;
    program_.cores.push_back(std::move(core));
  }
  return ok();
}

Status Decoder::decodeCore(const image::Core& source, Core& core) {
  if (Status status = decodeNeurons(source, core); !status) return status;
  if (Status status = decodeFormats(source, core); !status) return status;
  if (Status status = decodeAxons(source, core); !status) return status;
  return decodeCoreRoutes(source, core);
}

Status Decoder::decodeNeurons(const image::Core& source, Core& core) {
  neurons_ = records(source, "neuron");
  profiles_ = records(source, "profile");
  constants_ = records(source, "constant");
  if (neurons_.count > (1u << 30)) return contentError("R0508", where_, "too many compartments");
  core.compartments = static_cast<std::int32_t>(neurons_.count);
  if (Status status = decodeSlices(source, core); !status) return status;
  return decodeRegisters(source, core);
}

// Slices hold every compartment of the core exactly once. Inputs are counted in the order of compartments.
Status Decoder::decodeSlices(const image::Core& source, Core& core) {
  constexpr std::int64_t kMostInputs = 1 << 30;
  std::uint64_t next = 0;
  std::int64_t inputs = 0;
  std::map<std::uint64_t, const image::Slice*> byCompartment;
  for (const image::Slice* slice : *source.slices()) {
    if (slice->count() == 0 || !byCompartment.emplace(slice->first_compartment(), slice).second)
      return contentError("R0508", where_, "slices of compartments are empty or overlap");
  }
  for (const auto& [first, slice] : byCompartment) {
    if (first != next) return contentError("R0508", where_, "slices leave a gap or overlap");
    next += slice->count();
    if (next > neurons_.count)
      return contentError("R0508", where_,
                          fmt::format("slices hold more than the {} compartments", neurons_.count));
    const PopulationInfo& population = program_.populations[slice->population()];
    if (std::uint64_t{slice->first_neuron()} + slice->count() > static_cast<std::uint64_t>(population.size))
      return contentError("R0508", where_, fmt::format("a slice leaves population '{}'", population.name));
    core.slices.push_back({static_cast<std::int32_t>(slice->population()),
                           static_cast<std::int32_t>(slice->first_neuron()),
                           static_cast<std::int32_t>(slice->count()), static_cast<std::int32_t>(first),
                           static_cast<std::int32_t>(inputs)});
    inputs += population.model->inputsOf(slice->count());
    if (inputs > kMostInputs) return contentError("R0508", where_, "too many inputs");
  }
  if (next != neurons_.count)
    return contentError("R0508", where_,
                        fmt::format("slices hold {} of {} compartments", next, neurons_.count));
  core.inputs = static_cast<std::int32_t>(inputs);
  return ok();
}

Status Decoder::decodeRegisters(const image::Core& source, Core& core) {
  const auto compartments = static_cast<std::size_t>(core.compartments);
  std::size_t parameters = 0;
  for (const CompartmentSlice& slice : core.slices)
    parameters = std::max(
        parameters,
        program_.populations[static_cast<std::size_t>(slice.population)].model->fixedParameters.size());
  core.parameters.assign(parameters, std::vector<std::int32_t>(compartments, 0));
  for (const CompartmentSlice& slice : core.slices)
    for (std::int32_t i = 0; i < slice.count; ++i)
      if (Status status = decodeCompartment(slice, slice.firstCompartment + i, core); !status) return status;
  return ok();
}

Status Decoder::decodeCompartment(const CompartmentSlice& slice, std::int32_t compartment, Core& core) {
  const PopulationInfo& population = program_.populations[static_cast<std::size_t>(slice.population)];
  const auto index = static_cast<std::uint64_t>(compartment);
  auto where = [&] {
    return fmt::format("{}, compartment {} of population '{}'", where_, compartment, population.name);
  };
  profile_ = 0;
  if (const image::Field* field = neurons_.field("profile")) {
    profile_ = static_cast<std::uint64_t>(neurons_.view->get(index, field));
    if (profile_ >= profiles_.count)
      return contentError("R0508", where(), fmt::format("profile {} of {}", profile_, profiles_.count));
  } else if (profiles_.view && profiles_.count == 0) {
    profiles_.view.reset();  // a layout without records holds nothing
  }
  if (const auto opcode = read(index, "model"); opcode && *opcode != population.model->opcode)
    return contentError("R0508", where(),
                        fmt::format("the register says model {}, the population is '{}' ({})", *opcode,
                                    population.model->name, population.model->opcode));
  std::size_t p = 0;
  for (const models::FixedParameter& parameter : population.model->fixedParameters) {
    const auto value = population.model->microcode
                           ? constant(index, p)
                           : models::parameterFrom(*population.model, parameter,
                                                   [&](std::string_view name) { return read(index, name); });
    if (!value || *value < parameter.minimum || *value > parameter.maximum)
      return contentError("R0509", where(),
                          fmt::format("{} {} is outside {} to {}", parameter.name,
                                      value ? std::to_string(*value) : "of these registers",
                                      parameter.minimum, parameter.maximum));
    core.parameters[p++][static_cast<std::size_t>(compartment)] = static_cast<std::int32_t>(*value);
  }
  return ok();
}

Expected<std::vector<Route>> Decoder::readRoutes(const Records& source, const std::string& where) const {
  std::vector<Route> routes;
  routes.reserve(source.count);
  const image::Field* coreField = source.field("core");
  const image::Field* axonField = source.field("axon");
  const image::Field* atomField = source.field("atom");
  for (std::uint64_t i = 0; i < source.count; ++i) {
    const std::int64_t core = source.view->get(i, coreField), axon = source.view->get(i, axonField),
                       atom = atomField ? source.view->get(i, atomField) : 0;
    const std::int32_t index =
        core < 0 || core >= std::ssize(coreIndex_) ? -1 : coreIndex_[static_cast<std::size_t>(core)];
    if (index < 0 || axon < 0)
      return contentError("R0508", where,
                          fmt::format("route {} leads to axon {} of core {}, one of {} cores in use", i, axon,
                                      core, header_.cores()->size()));
    const std::vector<std::int32_t>& starts = axonStart_[static_cast<std::size_t>(index)];
    if (axon >= std::ssize(starts) - 1)  // a field of 64 bits: nothing may be added to it
      return contentError(
          "R0508", where,
          fmt::format("a route leads to axon {} of core {}, which has {}", axon, core, starts.size() - 1));
    const std::int32_t first = starts[static_cast<std::size_t>(axon)];
    const std::int32_t atoms = starts[static_cast<std::size_t>(axon) + 1] - first;
    if (atom < 0 || atom >= atoms)
      return contentError("R0508", where,
                          fmt::format("a route leads to atom {} of axon {} of core {}, which has {}", atom,
                                      axon, core, atoms));
    routes.push_back({index, first + static_cast<std::int32_t>(atom)});
  }
  return routes;
}

// SPEC I8. Routes are copied into the order of compartments; a range may be shared.
Status Decoder::decodeCoreRoutes(const image::Core& source, Core& core) {
  const Records table = records(source, "route");
  Expected<std::vector<Route>> stored = readRoutes(table, where_);
  if (!stored) return std::move(stored).error();
  core.routeStart.assign(1, 0);
  for (const CompartmentSlice& slice : core.slices) {
    const PopulationInfo& population = program_.populations[static_cast<std::size_t>(slice.population)];
    for (std::int32_t i = 0; i < slice.count; ++i) {
      const auto c = static_cast<std::uint64_t>(slice.firstCompartment + i);
      const auto first = static_cast<std::uint64_t>(neurons_.get(c, "route_first"));
      const auto count = static_cast<std::uint64_t>(neurons_.get(c, "route_count"));
      const auto where = [&] { return fmt::format("{}, compartment {}", where_, c); };
      if (count > 0 && (first >= table.count || count > table.count - first))
        return contentError("R0508", where(), fmt::format("routes {} + {} of {}", first, count, table.count));
      if (count > 0 && !population.model->spiking)
        return contentError(
            "R0508", where(),
            fmt::format("a '{}' neuron sends no spikes but has routes", population.model->name));
      if (core.routes.size() + count > table.words * kExpansion)
        return contentError("R0508", where(), "the ranges of routes overlap too often");
      if (count > 0)
        core.routes.insert(core.routes.end(), stored->begin() + static_cast<std::ptrdiff_t>(first),
                           stored->begin() + static_cast<std::ptrdiff_t>(first + count));
      core.routeStart.push_back(core.routes.size());
    }
  }
  return ok();
}

// Every neuron of every population is held exactly once.
Status Decoder::checkPopulations() {
  std::vector<std::map<std::int64_t, std::int64_t>> held(program_.populations.size());
  for (const Core& core : program_.cores)
    for (const CompartmentSlice& slice : core.slices)
      if (!held[static_cast<std::size_t>(slice.population)].emplace(slice.firstNeuron, slice.count).second)
        return contentError("R0508", fmt::format("core {}", core.id), "a neuron is held twice");
  for (std::size_t p = 0; p < held.size(); ++p) {
    const PopulationInfo& population = program_.populations[p];
    std::int64_t next = 0;
    bool exact = true;
    for (const auto& [first, count] : held[p]) {
      exact = exact && first == next;
      next = first + count;
    }
    if (!exact || next != population.size)
      return contentError("R0508", fmt::format("population '{}'", population.name),
                          "the cores do not hold every neuron exactly once");
  }
  return ok();
}

Status Decoder::decodeInputs() {
  std::set<std::string_view> names;
  for (const image::Input* source : *header_.inputs()) {
    InputInfo input;
    input.name = source->name()->str();
    const std::string where = fmt::format("input '{}'", input.name);
    if (!names.insert(source->name()->string_view()).second)
      return contentError("R0508", where, "the name occurs twice");
    const image::Memory& index = *source->route_index();
    if (source->size() > (1u << 30) || index.words() != std::uint64_t{source->size()} * 2)
      return contentError(
          "R0508", where,
          fmt::format("{} words of route ranges for {} channels", index.words(), source->size()));
    input.shape.assign(source->shape()->begin(), source->shape()->end());
    input.size = static_cast<std::int32_t>(source->size());
    input.encoding = source->encoding();
    input.maxPayload = input.encoding == image::Encoding::Binary ? 1 : source->max_payload();
    if (static_cast<int>(input.encoding) > 2 || input.maxPayload < 1 || input.maxPayload > fixed::kInputBound)
      return contentError("R0509", where,
                          fmt::format("encoding {} with payloads up to {}", static_cast<int>(input.encoding),
                                      source->max_payload()));
    const Records table = records(source->routes(), "route");
    Expected<std::vector<Route>> stored = readRoutes(table, where);
    if (!stored) return std::move(stored).error();
    input.routes = *std::move(stored);
    const std::span<const std::uint64_t> ranges = image_.words(index);
    std::vector<Route> ordered;
    input.routeStart.assign(1, 0);
    for (std::size_t channel = 0; channel < source->size(); ++channel) {
      const std::uint64_t first = ranges[2 * channel], count = ranges[2 * channel + 1];
      if (count > 0 && (first >= table.count || count > table.count - first))
        return contentError(
            "R0508", where,
            fmt::format("channel {}: routes {} + {} of {}", channel, first, count, table.count));
      if (ordered.size() + count > table.words * kExpansion)
        return contentError("R0508", where, "the ranges of routes overlap too often");
      if (count > 0)
        ordered.insert(ordered.end(), input.routes.begin() + static_cast<std::ptrdiff_t>(first),
                       input.routes.begin() + static_cast<std::ptrdiff_t>(first + count));
      input.routeStart.push_back(ordered.size());
    }
    input.routes = std::move(ordered);
    program_.inputs.push_back(std::move(input));
  }
  return ok();
}

Status Decoder::decodeOutputs() {
  std::set<std::string_view> names;  // a recording holds one series under each
  for (const image::Output* source : *header_.outputs()) {
    OutputInfo output;
    output.name = source->name()->str();
    const std::string where = fmt::format("output '{}'", output.name);
    if (!names.insert(source->name()->string_view()).second)
      return contentError("R0508", where, "the name occurs twice");
    output.shape.assign(source->shape()->begin(), source->shape()->end());
    for (const image::OutputPart* part : *source->parts()) {
      const PopulationInfo& population = program_.populations[part->population()];
      OutputPartInfo info{static_cast<std::int32_t>(part->population()), -1};
      const std::string state = part->state() ? part->state()->str() : "";
      if (!state.empty() && state != "spikes") {
        for (std::size_t i = 0; i < population.model->states.size(); ++i)
          if (population.model->states[i] == state) info.state = static_cast<std::int32_t>(i);
        if (info.state < 0)
          return contentError("R0508", where,
                              fmt::format("population '{}' has no state '{}'", population.name, state));
      }
      output.parts.push_back(info);
    }
    program_.outputs.push_back(std::move(output));
  }
  return ok();
}

std::uint64_t Decoder::allWords() const {
  std::uint64_t words = 0;
  for (const image::Core* core : *header_.cores())
    for (const image::Memory* memory : *core->memories()) words += memory->words();
  for (const image::Input* input : *header_.inputs()) words += input->routes()->words();
  return words;
}

// Axons share lists and routes share axons, but what engines unfold stays in proportion to the image.
Status Decoder::checkRoutes() {
  const std::uint64_t words = allWords();
  std::uint64_t held = 0, reached = 0, shared = 0;
  auto tooMany = [&](const std::string& where) {
    return contentError("R0508", where, "axons or routes share the same synapses too often");
  };
  auto check = [&](const std::vector<Route>& routes, const std::string& where) -> Status {
    for (const Route& route : routes) {
      const Core& core = program_.cores[static_cast<std::size_t>(route.core)];
      const Axon& axon = core.axons[static_cast<std::size_t>(route.axon)];
      (axon.shared ? shared : reached) += axon.synapseCount;
      if (reached > words * kExpansion || shared > std::max(kShared, words * kExpansion))
        return tooMany(where);
    }
    return ok();
  };
  for (const Core& core : program_.cores) {
    const std::string where = fmt::format("core {}", core.id);
    for (const Axon& axon : core.axons) {
      (axon.shared ? shared : held) += axon.synapseCount;
      if (held > words * kExpansion || shared > std::max(kShared, words * kExpansion)) return tooMany(where);
    }
    if (Status status = check(core.routes, where); !status) return status;
  }
  for (const InputInfo& input : program_.inputs)
    if (Status status = check(input.routes, fmt::format("input '{}'", input.name)); !status) return status;
  return ok();
}

Expected<Program> Decoder::finish() {
  for (const Core& core : program_.cores)
    for (const Synapse& synapse : core.synapses)
      program_.maxDelay = std::max(program_.maxDelay, synapse.delay);
  if (Status status = checkInputBound(program_); !status) return std::move(status).error();
  return std::move(program_);
}

int Program::findPopulation(const std::string& name) const {
  for (std::size_t i = 0; i < populations.size(); ++i)
    if (populations[i].name == name) return static_cast<int>(i);
  return -1;
}

bool Program::graded() const {
  return std::any_of(populations.begin(), populations.end(),
                     [](const PopulationInfo& population) { return population.model->graded; });
}

Expected<Program> Decoder::decodeParameters() {
  if (Status status = decodePopulations(); !status) return std::move(status).error();
  for (const image::Core* source : *header_.cores()) {
    where_ = fmt::format("core {}", source->id());
    Core& core = program_.cores.emplace_back();
    core.id = static_cast<std::int32_t>(source->id());
    if (Status status = decodeNeurons(*source, core); !status) return std::move(status).error();
  }
  return std::move(program_);
}

Expected<Program> decode(const Image& image) { return Decoder(image).decode(); }
Expected<Program> decodeRegisters(const Image& image) { return Decoder(image).decodeParameters(); }

}  // namespace rheo
