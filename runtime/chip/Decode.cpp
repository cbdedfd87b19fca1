// The generic decoder: follows the field layouts of an image from its words to plain arrays.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>

#include "chip/InputBound.h"
#include "chip/Program.h"
#include "chip/Synapses.h"
#include "fixed/Arithmetic.h"
#include "models/Registers.h"

namespace rheo {
namespace {

Error contentError(const char* code, std::string where, std::string message, std::string remedy = "") {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.where = std::move(where);
  diagnostic.message = std::move(message);
  diagnostic.remedy = remedy.empty() ? "compile the network again" : std::move(remedy);
  return Error::of(ErrorKind::Format, std::move(diagnostic));
}

// Lists may be shared by axons of different delays, ranges of routes by neurons, axons by routes; beyond this
// many decoded items for each stored word a file is hostile, not thrifty.
constexpr std::uint64_t kExpansion = 256;
// Axons of a kernel share what was decoded, so they cost the engines time alone: a hundred million synapses
// in a step, or as many as there are words, whichever is more.
constexpr std::uint64_t kShared = std::uint64_t{1} << 27;
constexpr std::int64_t kMostKernel = 1 << 12;  // entries along an axis

class Decoder {
 public:
  explicit Decoder(const Image& image) : image_(image), header_(image.header()) {}

  Expected<Program> decode() {
    program_.profile = findProfile(header_.profile()->string_view());
    if (!program_.profile)
      return contentError("R0507", "",
                          fmt::format("unknown arithmetic profile '{}'", header_.profile()->str()));
    using Stage = Status (Decoder::*)();
    for (Stage stage : {&Decoder::decodePopulations, &Decoder::decodeCores, &Decoder::checkPopulations,
                        &Decoder::decodeInputs, &Decoder::decodeOutputs, &Decoder::checkRoutes})
      if (Status status = (this->*stage)(); !status) return std::move(status).error();
    return finish();
  }

 private:
  struct Records;

  Status decodePopulations();
  Status decodeCores();
  Status decodeCore(const image::Core& source, Core& core);
  Status decodeSlices(const image::Core& source, Core& core);
  Status decodeRegisters(const image::Core& source, Core& core);
  Status decodeCompartment(const CompartmentSlice& slice, std::int32_t compartment, Core& core);
  Status decodeFormats(const image::Core& source, Core& core);
  Status checkFormat(const SynapseFormat& format, std::uint64_t records, std::int32_t inputs) const;
  Status decodeAxons(const image::Core& source, Core& core);
  Status decodeKernelAxon(std::uint64_t axon, const Records& table, const SynapseFormat& format,
                          std::int32_t delay, std::span<const std::uint64_t> words, Core& core);
  Status decodeList(std::uint64_t list, std::uint64_t count, const SynapseFormat& format,
                    std::int32_t axonDelay, std::span<const std::uint64_t> words, Core& core);
  Status decodeCoreRoutes(const image::Core& source, Core& core);
  Status checkPopulations();
  Status decodeInputs();
  Status decodeOutputs();
  Status checkRoutes();
  Expected<Program> finish();

  const image::Layout* layout(std::string_view record) const {
    for (const image::Layout* entry : *header_.layouts())
      if (entry->record()->string_view() == record) return entry;
    return nullptr;
  }
  static const image::Memory* memory(const image::Core& core, std::string_view name) {
    for (const image::Memory* entry : *core.memories())
      if (entry->name()->string_view() == name) return entry;
    return nullptr;
  }

  // A memory of records with the view that reads it; `records` 0 where core or layout lack it.
  struct Records {
    std::optional<RecordView> view;
    std::uint64_t count = 0, words = 0;
    const image::Field* field(std::string_view name) const { return view ? view->field(name) : nullptr; }
    std::int64_t get(std::uint64_t record, std::string_view name) const {
      return view ? view->get(record, name) : 0;
    }
  };
  Records records(const image::Memory* source, std::string_view record) const {
    const image::Layout* entry = layout(record);
    if (!source || !entry) return {};
    return {RecordView(*entry, image_.words(*source)), source->records(), source->words()};
  }
  Records records(const image::Core& core, std::string_view record) const {
    return records(memory(core, record), record);
  }

  Expected<std::vector<Route>> readRoutes(const Records& source, const std::string& where) const;

  // A register of the core being decoded: from "neuron", else from "profile", else absent. No parameter has
  // more than 24 bits: wider values become ones that are refused and with which no arithmetic overflows.
  std::optional<std::int64_t> read(std::uint64_t compartment, std::string_view name) const {
    const auto bounded = [](std::int64_t value) {
      return std::clamp<std::int64_t>(value, -(1LL << 40), 1LL << 40);
    };
    if (const image::Field* field = neurons_.field(name))
      return bounded(neurons_.view->get(compartment, field));
    if (const image::Field* field = profiles_.field(name))
      return bounded(profiles_.view->get(profile_, field));
    return std::nullopt;
  }

  // SPEC I9: the constant of a program's parameter, nullopt beyond the memory.
  std::optional<std::int64_t> constant(std::uint64_t compartment, std::size_t parameter) const {
    const image::Field* first = neurons_.field("constants");
    if (!first) return std::nullopt;
    const std::uint64_t at =
        static_cast<std::uint64_t>(neurons_.view->get(compartment, first)) + std::uint64_t{parameter};
    if (at >= constants_.count) return std::nullopt;
    return constants_.get(at, "value");
  }

  // Which entries of a kernel list meet which positions, counted from the first of them: axons that agree in
  // it share their decoded synapses.
  using Meetings = std::vector<std::pair<std::int64_t, std::int64_t>>;
  using KernelKey = std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int32_t, Meetings, Meetings>;
  static Meetings meetingsOf(const ConvolutionAxis& axis, std::int64_t place, std::int64_t& first);

  const Image& image_;
  const image::Header& header_;
  Program program_;
  std::string where_;                                                     // "core 3"
  Records neurons_, profiles_, constants_;                                // of the core being decoded
  std::uint64_t profile_ = 0;                                             // of the compartment being decoded
  std::vector<SynapseFormat> formats_;                                    // of the core being decoded
  std::map<KernelKey, std::pair<std::uint64_t, std::uint64_t>> kernels_;  // -> first synapse, count
};

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
  neurons_ = records(source, "neuron");
  profiles_ = records(source, "profile");
  constants_ = records(source, "constant");
  if (neurons_.count > (1u << 30)) return contentError("R0508", where_, "too many compartments");
  core.compartments = static_cast<std::int32_t>(neurons_.count);
  if (Status status = decodeSlices(source, core); !status) return status;
  if (Status status = decodeRegisters(source, core); !status) return status;
  if (Status status = decodeFormats(source, core); !status) return status;
  if (Status status = decodeAxons(source, core); !status) return status;
  return decodeCoreRoutes(source, core);
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
    if (slice->population() >= program_.populations.size())
      return contentError("R0508", where_,
                          fmt::format("a slice of population {}, which there is not", slice->population()));
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

Status Decoder::checkFormat(const SynapseFormat& format, std::uint64_t count, std::int32_t inputs) const {
  auto bad = [&](std::string message) {
    return contentError("R0509", where_ + ", synapse format", std::move(message));
  };
  if (format.weightBits < 1 || format.weightBits > 8)
    return bad(fmt::format("{} weight bits; 1 to 8 exist", format.weightBits));
  if (format.exponent < kMinExponent || format.exponent > kMaxExponent)
    return bad(
        fmt::format("weight exponent {}; {} to {} exist", format.exponent, kMinExponent, kMaxExponent));
  if (format.delayBits < 0 || format.delayBits > 6)
    return bad(fmt::format("{} delay bits", format.delayBits));
  if (format.indexBits < 0 || format.indexBits > 31)
    return bad(fmt::format("{} index bits", format.indexBits));
  if (format.first < 0 || format.first > inputs) return bad(fmt::format("first input {}", format.first));
  if (format.kind == ListKind::Kernel)
    for (const ConvolutionAxis& axis : {format.rows, format.columns})
      if (axis.outputs < 1 || axis.kernel < 1 || axis.stride < 1 || axis.dilation < 1 ||
          axis.outputs > inputs || axis.kernel > kMostKernel)
        return bad(fmt::format("a kernel of {} for {} inputs of {}, stride {}, dilation {}",
                               axis.kernel, axis.outputs, inputs, axis.stride, axis.dilation));
  if (format.group < 0 || static_cast<std::uint64_t>(format.group) >= count)
    return bad(fmt::format("group {} of at most {}", format.group, count));
  return ok();
}

// SPEC I7.
Status Decoder::decodeFormats(const image::Core& source, Core& core) {
  const Records table = records(source, "format");
  const bool ofSum = program_.profile->weightExponent == WeightExponent::OfSum;
  formats_.clear();
  std::vector<std::optional<std::int32_t>> exponents(table.count);
  std::size_t groups = 0;
  for (std::uint64_t i = 0; i < table.count; ++i) {
    auto narrow = [&](std::string_view field) {  // values beyond 32 bits become ones that the checks refuse
      const std::int64_t value = table.get(i, field);
      return static_cast<int>(std::clamp<std::int64_t>(value, -(1LL << 30), 1LL << 30));
    };
    const int kind = narrow("kind"), signMode = narrow("sign_mode");
    if (kind < 0 || kind > 2 || signMode < 0 || signMode > 2)
      return contentError("R0509", where_ + ", synapse format",
                          fmt::format("kind {}, sign mode {}", kind, signMode));
    SynapseFormat format{static_cast<ListKind>(kind),
                         narrow("weight_bits"),
                         static_cast<SignMode>(signMode),
                         narrow("exponent"),
                         narrow("delay_bits"),
                         narrow("index_bits"),
                         narrow("first"),
                         narrow("group")};
    if (format.kind == ListKind::Kernel) {
      format.rows = {1, narrow("rows"),         narrow("kernel_rows"), narrow("stride_rows"),
                     0, narrow("dilation_rows")};
      format.columns = {1, narrow("columns"),         narrow("kernel_columns"), narrow("stride_columns"),
                        0, narrow("dilation_columns")};
    }
    if (Status status = checkFormat(format, table.count, core.inputs); !status) return status;
    const auto group = static_cast<std::size_t>(format.group);
    const std::int32_t exponent = ofSum ? format.exponent : 0;
    if (exponents[group].value_or(exponent) != exponent)
      return contentError("R0508", where_,
                          fmt::format("formats of group {} have different exponents", group));
    exponents[group] = exponent;
    groups = std::max(groups, group + 1);
    formats_.push_back(format);
  }
  core.groups.resize(groups);
  for (std::size_t g = 0; g < groups; ++g) core.groups[g].exponent = exponents[g].value_or(0);
  return ok();
}

// SPEC I5, I6.
Status Decoder::decodeAxons(const image::Core& source, Core& core) {
  const Records table = records(source, "axon");
  const image::Memory* synapses = memory(source, "synapse");
  const std::span<const std::uint64_t> words =
      synapses ? image_.words(*synapses) : std::span<const std::uint64_t>{};
  using Key = std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t>;
  std::map<Key, std::uint64_t> known;  // equal axons share their decoded list
  kernels_.clear();
  for (std::uint64_t i = 0; i < table.count; ++i) {
    const auto list = static_cast<std::uint64_t>(table.get(i, "list"));
    const auto count = static_cast<std::uint64_t>(table.get(i, "count"));
    const std::int64_t format = table.get(i, "format"), delay = table.get(i, "delay");
    const auto where = [&] { return fmt::format("{}, axon {}", where_, i); };
    if (format < 0 || static_cast<std::uint64_t>(format) >= formats_.size())
      return contentError("R0508", where(), fmt::format("synapse format {} of {}", format, formats_.size()));
    if (delay < 0 || delay > kMaxDelay)
      return contentError("R0511", where(), fmt::format("delay {}; 0 to {} exist", delay, kMaxDelay));
    const SynapseFormat& chosen = formats_[static_cast<std::size_t>(format)];
    if (chosen.kind == ListKind::Kernel) {
      if (Status status = decodeKernelAxon(i, table, chosen, static_cast<std::int32_t>(delay), words, core);
          !status) {
        Error error = std::move(status).error();
        error.diagnostics.front().where = where();
        return error;
      }
      continue;
    }
    const auto [entry, isNew] = known.emplace(Key{list, count, format, delay}, core.synapses.size());
    core.axons.push_back({chosen.group, entry->second, count});
    if (!isNew) continue;
    if (Status status = decodeList(list, count, chosen, static_cast<std::int32_t>(delay), words, core);
        !status) {
      Error error = std::move(status).error();
      error.diagnostics.front().where = where();
      return error;
    }
  }
  return ok();
}

Decoder::Meetings Decoder::meetingsOf(const ConvolutionAxis& axis, std::int64_t place, std::int64_t& first) {
  Meetings meetings;
  axis.outputsOf(place, [&](std::int64_t position, std::int64_t entry) {
    if (meetings.empty()) first = position;
    meetings.emplace_back(position - first, entry);
  });
  return meetings;
}

// SPEC I10.
Status Decoder::decodeKernelAxon(std::uint64_t axon, const Records& table, const SynapseFormat& format,
                                 std::int32_t delay, std::span<const std::uint64_t> words, Core& core) {
  const auto list = static_cast<std::uint64_t>(table.get(axon, "list"));
  const auto channels = static_cast<std::uint64_t>(table.get(axon, "count"));
  const std::int64_t channel = table.get(axon, "channel");
  const std::uint64_t entryWords = kernelEntryWords(channels, format);
  const auto entries = static_cast<std::uint64_t>(format.rows.kernel * format.columns.kernel);
  if (list > words.size() || entryWords > (words.size() - list) / entries)
    return contentError("R0508", "",
                        fmt::format("a kernel of {} entries and {} channels at word {} leaves the {} words",
                                    entries, channels, list, words.size()));
  const std::int64_t positions = format.rows.outputs * format.columns.outputs;
  const std::int64_t room = (core.inputs - format.first) / positions;
  if (channel < 0 || channel > room || channels > static_cast<std::uint64_t>(room - channel))
    return contentError(
        "R0508", "",
        fmt::format("channels {} + {} of {} inputs each from {} on leave the {} inputs", channel,
                    channels, positions, format.first, core.inputs));
  const std::int64_t from = format.first + channel * positions;
  const std::int64_t to = from + static_cast<std::int64_t>(channels) * positions;
  std::set<std::int32_t> populations;
  for (const CompartmentSlice& slice : core.slices) {
    const models::ModelTable& model = *program_.populations[static_cast<std::size_t>(slice.population)].model;
    if (slice.firstInput < to && slice.firstInput + model.inputsOf(slice.count) > from)
      populations.insert(slice.population);
  }
  if (populations.size() > 1)
    return contentError("R0508", "", "a kernel reaches inputs of several populations");
  std::int64_t firstRow = 0, firstColumn = 0;
  const Meetings rows = meetingsOf(format.rows, table.get(axon, "row"), firstRow);
  const Meetings columns = meetingsOf(format.columns, table.get(axon, "column"), firstColumn);
  const auto [entry, isNew] = kernels_.try_emplace(
      KernelKey{list, channels, table.get(axon, "format"), delay, rows, columns}, core.synapses.size(), 0);
  if (isNew) {
    if (core.synapses.size() + channels * rows.size() * columns.size() > words.size() * kExpansion)
      return contentError("R0508", "", "the synapse lists overlap too often");
    const auto bits = static_cast<std::uint32_t>(format.weightBits);
    for (std::uint64_t c = 0; c < channels; ++c)
      for (const auto& [row, kernelRow] : rows)
        for (const auto& [column, kernelColumn] : columns) {
          const auto at = static_cast<std::uint64_t>(kernelRow * format.columns.kernel + kernelColumn);
          const std::int64_t stored = readBits(words, (list + at * entryWords) * 64 + recordStart(c, bits),
                                               format.weightBits, format.signMode == SignMode::Mixed);
          const std::int32_t weight =
              effectiveWeight(loadWeight(stored, format), format, program_.profile->weightExponent);
          const auto input = static_cast<std::int32_t>(static_cast<std::int64_t>(c) * positions +
                                                             row * format.columns.outputs + column);
          if (weight != 0) core.synapses.push_back({input, weight, delay});
        }
    entry->second.second = core.synapses.size() - entry->second.first;
  }
  const std::int64_t base = from + firstRow * format.columns.outputs + firstColumn;
  core.axons.push_back(
      {format.group, entry->second.first, entry->second.second, static_cast<std::int32_t>(base), true});
  return ok();
}

Status Decoder::decodeList(std::uint64_t list, std::uint64_t count, const SynapseFormat& format,
                           std::int32_t axonDelay, std::span<const std::uint64_t> words, Core& core) {
  const auto bits = static_cast<std::uint32_t>(synapseBits(format));
  if (list > words.size() || count > (words.size() - list) * 64 ||
      wordsOfRecords(count, bits) > words.size() - list)
    return contentError(
        "R0508", "",
        fmt::format("a list of {} synapses at word {} leaves the {} words", count, list, words.size()));
  if (core.synapses.size() + count > words.size() * kExpansion)
    return contentError("R0508", "", "the synapse lists overlap too often");
  if (format.kind == ListKind::Dense && count > static_cast<std::uint64_t>(core.inputs - format.first))
    return contentError("R0508", "",
                        fmt::format("a dense list of {} from input {} leaves the {} inputs", count,
                                    format.first, core.inputs));
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t start = list * 64 + recordStart(i, bits);
    const std::int64_t stored = readBits(words, start, format.weightBits, format.signMode == SignMode::Mixed);
    Synapse synapse{};
    synapse.weight = effectiveWeight(loadWeight(stored, format), format, program_.profile->weightExponent);
    synapse.delay = axonDelay;
    if (format.kind == ListKind::Dense) {
      synapse.input = format.first + static_cast<std::int32_t>(i);
    } else {
      if (format.delayBits > 0)
        synapse.delay +=
            static_cast<std::int32_t>(readBits(words, start + format.weightBits, format.delayBits, false));
      if (format.indexBits > 0)
        synapse.input = static_cast<std::int32_t>(
            readBits(words, start + format.weightBits + format.delayBits, format.indexBits, false));
    }
    if (synapse.delay > kMaxDelay)
      return contentError(
          "R0511", "",
          fmt::format("synapse {} has delay {} with its axon's; 0 to {} exist", i, synapse.delay, kMaxDelay));
    if (synapse.input >= core.inputs)
      return contentError("R0508", "",
                          fmt::format("synapse {} ends at input {} of {}", i, synapse.input, core.inputs));
    core.synapses.push_back(synapse);
  }
  return ok();
}

Expected<std::vector<Route>> Decoder::readRoutes(const Records& source, const std::string& where) const {
  std::vector<Route> routes;
  routes.reserve(source.count);
  const image::Field* coreField = source.field("core");
  const image::Field* axonField = source.field("axon");
  for (std::uint64_t i = 0; i < source.count; ++i) {
    const std::int64_t core = source.view->get(i, coreField), axon = source.view->get(i, axonField);
    if (core < 0 || core >= static_cast<std::int64_t>(header_.cores()->size()) || axon < 0 ||
        axon > (1LL << 30))
      return contentError(
          "R0508", where,
          fmt::format("route {} leads to axon {} of core {} of {}", i, axon, core, header_.cores()->size()));
    routes.push_back({static_cast<std::int32_t>(core), static_cast<std::int32_t>(axon)});
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
      if (part->population() >= program_.populations.size())
        return contentError("R0508", where,
                            fmt::format("population {}, which there is not", part->population()));
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

// Every route leads to an axon. Axons share lists and routes share axons, but what engines unfold stays in
// proportion to the image.
Status Decoder::checkRoutes() {
  std::uint64_t words = 0;
  for (const image::Core* core : *header_.cores())
    for (const image::Memory* memory : *core->memories()) words += memory->words();
  for (const image::Input* input : *header_.inputs()) words += input->routes()->words();
  std::uint64_t held = 0, reached = 0, shared = 0;
  auto tooMany = [&](const std::string& where) {
    return contentError("R0508", where, "axons or routes share the same synapses too often");
  };
  auto check = [&](const std::vector<Route>& routes, const std::string& where) -> Status {
    for (const Route& route : routes) {
      const Core& core = program_.cores[static_cast<std::size_t>(route.core)];
      if (static_cast<std::size_t>(route.axon) >= core.axons.size())
        return contentError("R0508", where,
                            fmt::format("a route leads to axon {} of core {}, which has {}", route.axon,
                                        core.id, core.axons.size()));
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

}  // namespace

int Program::findPopulation(const std::string& name) const {
  for (std::size_t i = 0; i < populations.size(); ++i)
    if (populations[i].name == name) return static_cast<int>(i);
  return -1;
}

bool Program::graded() const {
  return std::any_of(populations.begin(), populations.end(),
                     [](const PopulationInfo& population) { return population.model->graded; });
}

Expected<Program> decode(const Image& image) { return Decoder(image).decode(); }

}  // namespace rheo
