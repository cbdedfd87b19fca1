// What the words of synapse formats, axons and lists say. SPEC I5 to I7, I10.
#include <fmt/format.h>

#include "chip/Decoder.h"
#include "chip/FormatRecord.h"

namespace rheo {
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
          axis.outputs > inputs || axis.kernel > kMostKernelExtent)
        return bad(fmt::format("a kernel of {} for {} inputs of {}, stride {}, dilation {}", axis.kernel,
                               axis.outputs, inputs, axis.stride, axis.dilation));
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
    const std::optional<SynapseFormat> read = readFormat(*table.view, i);
    if (!read)
      return contentError(
          "R0509", where_ + ", synapse format",
          fmt::format("kind {}, sign mode {}", table.get(i, "kind"), table.get(i, "sign_mode")));
    const SynapseFormat& format = *read;
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

// Routes name records and atoms of cores that are decoded later. What is decoded of a file stays in
// proportion to it.
Status Decoder::countAtoms() {
  const std::uint64_t most = std::min<std::uint64_t>(allWords() * kAtomsPerWord, 1u << 30);
  std::uint64_t all = 0;
  for (const image::Core* source : *header_.cores()) {
    const Records table = records(*source, "axon");
    const image::Field* atoms = table.field("atoms");
    std::vector<std::int32_t>& starts = axonStart_.emplace_back(1, 0);
    for (std::uint64_t i = 0; i < table.count; ++i) {
      const std::int64_t number = atoms ? table.view->get(i, atoms) : 1;
      const bool sound = number >= 0 && static_cast<std::uint64_t>(number) <= most;
      all += sound ? static_cast<std::uint64_t>(number) : 0;
      if (!sound || all > most)
        return contentError("R0508", fmt::format("core {}, axon {}", source->id(), i),
                            fmt::format("{} atoms: far more than the image has lists for", number));
      starts.push_back(starts.back() + static_cast<std::int32_t>(number));
    }
  }
  return ok();
}

// SPEC I5, I6.
Status Decoder::decodeAxons(const image::Core& source, Core& core) {
  const Records table = records(source, "axon");
  const image::Memory* synapses = findMemory(source, "synapse");
  const std::span<const std::uint64_t> words =
      synapses ? image_.words(*synapses) : std::span<const std::uint64_t>{};
  known_.clear();
  kernels_.clear();
  listed_ = 0;
  findRuns(core);
  visitable_ += words.size() * kExpansion;
  for (std::uint64_t i = 0; i < table.count; ++i) {
    const std::int64_t format = table.get(i, "format"), delay = table.get(i, "delay");
    const auto where = [&] { return fmt::format("{}, axon {}", where_, i); };
    if (format < 0 || static_cast<std::uint64_t>(format) >= formats_.size())
      return contentError("R0508", where(), fmt::format("synapse format {} of {}", format, formats_.size()));
    if (delay < 0 || delay > kMaxDelay)
      return contentError("R0511", where(), fmt::format("delay {}; 0 to {} exist", delay, kMaxDelay));
    Status decoded =
        decodeAtoms(static_cast<std::int32_t>(i), table, formats_[static_cast<std::size_t>(format)],
                    static_cast<std::int32_t>(delay), words, core);
    if (decoded) continue;
    Error error = std::move(decoded).error();
    error.diagnostics.front().where = where();
    return error;
  }
  return ok();
}

// The lists of an axon, one behind the other.
Status Decoder::decodeAtoms(std::int32_t record, const Records& table, const SynapseFormat& format,
                            std::int32_t delay, std::span<const std::uint64_t> words, Core& core) {
  const auto index = static_cast<std::uint64_t>(record);
  const auto count = static_cast<std::uint64_t>(table.get(index, "count"));
  const auto first = static_cast<std::uint64_t>(table.get(index, "list"));
  const std::vector<std::int32_t>& starts = axonStart_[program_.cores.size()];
  const std::int32_t atoms = starts[index + 1] - starts[index];
  for (std::int32_t atom = 0; atom < atoms; ++atom) {
    // The first list is found to lie in the memory before another is asked for: nothing overflows.
    const std::uint64_t list =
        atom == 0 ? first : first + static_cast<std::uint64_t>(atom) * wordsOfList(count, format);
    if (format.kind == ListKind::Kernel) {
      if (Status done = decodeKernelAxon(record, list, table, format, delay, words, core); !done) return done;
    } else {
      const auto [entry, isNew] =
          known_.emplace(ListKey{list, count, table.get(index, "format"), delay}, core.synapses.size());
      core.axons.push_back({format.group, entry->second, count});
      if (isNew)
        if (Status done = decodeList(list, count, format, delay, words, core); !done) return done;
    }
    core.axons.back().record = record;
    core.axons.back().atom = atom;
  }
  return ok();
}

// Once for a core: a file may have as many slices as axons.
void Decoder::findRuns(const Core& core) {
  runs_.clear();
  std::int32_t population = -1;
  for (const CompartmentSlice& slice : core.slices) {
    const models::ModelTable& model = *program_.populations[static_cast<std::size_t>(slice.population)].model;
    if (slice.population != population) runs_.push_back({slice.firstInput, slice.firstInput});
    population = slice.population;
    runs_.back().end += model.inputsOf(slice.count);
  }
}

Decoder::Meetings Decoder::meetingsOf(const ConvolutionAxis& axis, std::int64_t place) {
  Meetings meetings{place};
  axis.outputsOf(place, [&](std::int64_t position, std::int64_t entry) {
    if (meetings.count++ == 0) meetings.position = position, meetings.entry = entry;
  });
  return meetings;
}

// SPEC I10.
Status Decoder::decodeKernelAxon(std::int32_t record, std::uint64_t list, const Records& table,
                                 const SynapseFormat& format, std::int32_t delay,
                                 std::span<const std::uint64_t> words, Core& core) {
  const auto axon = static_cast<std::uint64_t>(record);
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
    return contentError("R0508", "",
                        fmt::format("channels {} + {} of {} inputs each from {} on leave the {} inputs",
                                    channel, channels, positions, format.first, core.inputs));
  const std::int64_t from = format.first + channel * positions;
  const std::int64_t to = from + static_cast<std::int64_t>(channels) * positions;
  const auto run = std::upper_bound(runs_.begin(), runs_.end(), from,
                                    [](std::int64_t input, const InputRun& r) { return input < r.first; });
  if (to > from && (run == runs_.begin() || to > std::prev(run)->end))
    return contentError("R0508", "", "a kernel reaches inputs of several populations");
  const auto placeOf = [&](const char* field) {  // an image's layout may make the field 64 bits wide
    return std::clamp<std::int64_t>(table.get(axon, field), -(1LL << 30), 1LL << 30);
  };
  const Meetings rows = meetingsOf(format.rows, placeOf("row"));
  const Meetings columns = meetingsOf(format.columns, placeOf("column"));
  const auto [entry, isNew] =
      kernels_.try_emplace(KernelKey{list, channels, table.get(axon, "format"), delay, rows.entry, rows.count,
                                     columns.entry, columns.count},
                           core.synapses.size(), 0);
  if (isNew) {
    visited_ += channels * static_cast<std::uint64_t>(rows.count * columns.count);
    if (visited_ > visitable_)
      return contentError("R0508", "", "kernels meet their targets in too many ways");
    decodeKernel(list, channels, rows, columns, format, delay, words, core);
    entry->second.second = core.synapses.size() - entry->second.first;
  }
  const std::int64_t base = from + rows.position * format.columns.outputs + columns.position;
  core.axons.push_back(
      {format.group, entry->second.first, entry->second.second, static_cast<std::int32_t>(base), true});
  return ok();
}

// The synapses of one channel of sources with what they meet, the first input among them 0; those without
// weight left out.
void Decoder::decodeKernel(std::uint64_t list, std::uint64_t channels, const Meetings& rows,
                           const Meetings& columns, const SynapseFormat& format, std::int32_t delay,
                           std::span<const std::uint64_t> words, Core& core) const {
  const auto bits = static_cast<std::uint32_t>(format.weightBits);
  const std::uint64_t entryWords = kernelEntryWords(channels, format);
  const std::int64_t width = format.columns.outputs;
  for (std::uint64_t c = 0; c < channels; ++c) {
    const std::int64_t first = static_cast<std::int64_t>(c) * format.rows.outputs * width;
    format.rows.outputsOf(rows.place, [&](std::int64_t row, std::int64_t kernelRow) {
      format.columns.outputsOf(columns.place, [&](std::int64_t column, std::int64_t kernelColumn) {
        const auto at = static_cast<std::uint64_t>(kernelRow * format.columns.kernel + kernelColumn);
        const std::int64_t stored = readBits(words, (list + at * entryWords) * 64 + recordStart(c, bits),
                                             format.weightBits, format.signMode == SignMode::Mixed);
        const std::int32_t weight =
            effectiveWeight(loadWeight(stored, format), format, program_.profile->weightExponent);
        const std::int64_t input = first + (row - rows.position) * width + column - columns.position;
        if (weight != 0) core.synapses.push_back({static_cast<std::int32_t>(input), weight, delay});
      });
    });
  }
}

Status Decoder::decodeList(std::uint64_t list, std::uint64_t count, const SynapseFormat& format,
                           std::int32_t axonDelay, std::span<const std::uint64_t> words, Core& core) {
  const auto bits = static_cast<std::uint32_t>(synapseBits(format));
  if (list > words.size() || count > (words.size() - list) * 64 ||
      wordsOfRecords(count, bits) > words.size() - list)
    return contentError(
        "R0508", "",
        fmt::format("a list of {} synapses at word {} leaves the {} words", count, list, words.size()));
  listed_ += count;
  if (listed_ > words.size() * kExpansion)
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

}  // namespace rheo
