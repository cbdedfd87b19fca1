// Records, registers, slices, formats and synapse lists of one core, read by the layouts in the image. SPEC
// I2 to I10
#include "witness/Words.h"

#include <fmt/format.h>

#include <algorithm>

namespace rheo::witness {
namespace {

// SPEC I2: records of so many bits lie in words without crossing one.
std::int64_t wordsFor(std::int64_t count, std::int64_t bits) { return (count + 64 / bits - 1) / (64 / bits); }

std::int64_t startOf(std::int64_t record, std::int64_t bits) {
  return bits > 64 ? record * ((bits + 63) / 64) * 64
                   : record / (64 / bits) * 64 + record % (64 / bits) * bits;
}

std::int64_t bitsAt(std::span<const std::uint64_t> words, std::int64_t start, std::int64_t width,
                    bool isSigned) {
  if (width == 0) return 0;
  const std::uint64_t moved = words[static_cast<std::size_t>(start / 64)] >> start % 64;
  const std::uint64_t value = width < 64 ? moved & ((std::uint64_t{1} << width) - 1) : moved;
  const bool negative = isSigned && value >> (width - 1) != 0;
  return static_cast<std::int64_t>(negative && width < 64 ? value - (std::uint64_t{1} << width) : value);
}

bool within(std::int64_t value, std::int64_t least, std::int64_t most) {
  return value >= least && value <= most;
}

}  // namespace

Records::Records(const Image& image, const image::Memory& memory, std::string_view record)
    : words_(image.words(memory)) {
  for (const image::Layout* layout : *image.header().layouts())
    if (layout->record()->string_view() == record) layout_ = layout;
  if (layout_) count_ = memory.records();
}

std::optional<std::int64_t> Records::find(std::int64_t record, std::string_view field) const {
  if (record < 0 || static_cast<std::uint64_t>(record) >= count_) return std::nullopt;
  for (const image::Field* entry : *layout_->fields())
    if (entry->name()->string_view() == field)
      return std::clamp<std::int64_t>(bitsAt(words_, startOf(record, layout_->bits()) + entry->offset(),
                                             entry->width(), entry->signed_()),
                                      -(1LL << 40), 1LL << 40);
  return std::nullopt;
}

Core::Core(const Image& image, std::size_t index, const std::vector<const models::ModelTable*>& models,
           const std::vector<std::vector<std::uint32_t>>& clones) {
  const image::Core& source = *image.header().cores()->Get(static_cast<unsigned>(index));
  for (const char* record : {"neuron", "profile", "axon", "format", "route", "constant"}) memories_[record];
  for (const image::Memory* memory : *source.memories()) {
    const auto known = memories_.find(memory->name()->string_view());
    if (known != memories_.end()) known->second = Records(image, *memory, known->first);
    if (memory->name()->string_view() == "synapse") synapses_ = image.words(*memory);
  }
  readSlices(source, models);
  if (fault_.empty()) findOriginals(clones);
  readFormats();
}

// SPEC V2: a clone is one more compartment of its neuron.
void Core::findOriginals(const std::vector<std::vector<std::uint32_t>>& clones) {
  std::vector<Slice> found;
  for (const Slice& slice : slices_) {
    const std::vector<std::uint32_t>& originals = clones[slice.population];
    if (originals.empty()) {
      found.push_back(slice);
      continue;
    }
    if (slice.firstNeuron + slice.count > std::ssize(originals)) fault_ = "it holds clones of no neuron";
    for (std::int64_t i = 0; fault_.empty() && i < slice.count; ++i)
      found.push_back({slice.population, originals[static_cast<std::size_t>(slice.firstNeuron + i)], 1,
                       slice.firstCompartment + i, slice.firstInput + i * slice.ports, slice.ports});
  }
  slices_ = std::move(found);
}

// They hold every compartment once; inputs are counted in their order. SPEC I6
void Core::readSlices(const image::Core& source, const std::vector<const models::ModelTable*>& models) {
  for (const image::Slice* slice : *source.slices())
    slices_.push_back(
        {slice->population(), slice->first_neuron(), slice->count(), slice->first_compartment()});
  std::sort(slices_.begin(), slices_.end(),
            [](const Slice& a, const Slice& b) { return a.firstCompartment < b.firstCompartment; });
  std::int64_t next = 0;
  for (Slice& slice : slices_) {
    const bool fits = slice.population < models.size() && slice.count > 0 && slice.firstCompartment == next;
    if (!fits) fault_ = "its slices overlap, leave gaps, or are of populations that there are not";
    if (!fits) return;
    slice.ports = models[slice.population]->portCount();
    slice.firstInput = inputs_;
    inputs_ += slice.count * slice.ports;
    next += slice.count;
  }
  if (next != static_cast<std::int64_t>(memory("neuron").count()))
    fault_ = fmt::format("its slices hold {} of {} compartments", next, memory("neuron").count());
}

// SPEC I7.
void Core::readFormats() {
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(memory("format").count()); ++i) {
    const auto get = [&](const std::string& field) { return memory("format").get(i, field); };
    const auto axis = [&](const std::string& along) {
      return Format::Axis{get(along), get("kernel_" + along), get("stride_" + along),
                          get("dilation_" + along)};
    };
    Format f{get("kind"),       get("weight_bits"), get("sign_mode"), get("exponent"), get("delay_bits"),
             get("index_bits"), get("first"),       get("group"),     axis("rows"),    axis("columns")};
    f.sound = within(f.kind, 0, 2) && within(f.weightBits, 1, 8) && within(f.signMode, 0, 2) &&
              within(f.exponent, -16, 16) && within(f.delayBits, 0, 6) && within(f.indexBits, 0, 31) &&
              within(f.first, 0, inputs_) && within(f.group, 0, 1 << 20);
    for (const Format::Axis& a : {f.rows, f.columns})
      for (const std::int64_t extent : {a.outputs, a.kernel, a.stride, a.dilation})
        f.sound = f.sound && (f.kind != 2 || within(extent, 1, 1 << 20));
    formats_.push_back(f);
  }
}

const Format& Core::formatOf(std::int64_t axon) const {
  static constexpr Format kNone{};
  const std::int64_t format = memory("axon").find(axon, "format").value_or(-1);
  return within(format, 0, static_cast<std::int64_t>(formats_.size()) - 1)
             ? formats_[static_cast<std::size_t>(format)]
             : kNone;
}

std::optional<std::int64_t> Core::registerOf(std::int64_t compartment, std::string_view field) const {
  const Records& neurons = memory("neuron");
  if (const auto own = neurons.find(compartment, field)) return own;
  return memory("profile").find(neurons.get(compartment, "profile"), field);
}

std::optional<std::int64_t> Core::parameter(std::int64_t compartment, const models::ModelTable& model,
                                            std::size_t index) const {
  const models::FixedParameter& parameter = model.fixedParameters[index];
  const auto read = [&](std::string_view field) { return registerOf(compartment, field); };
  if (model.microcode)  // SPEC I9
    return memory("constant")
        .find(read("constants").value_or(-1) + static_cast<std::int64_t>(index), "value");
  const auto scaled = [&](std::string_view field, std::int64_t factor, std::int64_t offset) {
    const auto value = read(field);
    return value ? *value * factor + offset : std::int64_t{parameter.fallback};
  };
  if (parameter.name == "decay_u") return scaled("du", 1, 1);
  if (parameter.name == "decay_v") return scaled("dv", 1, 0);
  if (parameter.name == "threshold") return scaled("vth", 64, 0);
  if (parameter.name == "bias") {  // SPEC N8
    const std::int64_t mantissa = read("bias_mantissa").value_or(0), e = read("bias_exponent").value_or(0);
    if (!within(e, -40, 22) || !within(mantissa, -(1 << 22), 1 << 22)) return std::nullopt;
    return e < 0 ? mantissa >> -e : mantissa * (std::int64_t{1} << e);
  }
  if (parameter.name != "reset_keep" && parameter.name != "reset_amount") return scaled(parameter.name, 1, 0);
  const bool keep = parameter.name == "reset_keep";  // SPEC N10, E1, E2
  switch (read("reset_mode").value_or(0)) {
    case 0:
      return 0;
    case 1:
      return keep ? 0 : -64 * read("reset_value").value_or(0);
    case 2:
      return keep ? -1 : 64 * read("vth").value_or(0);
    default:
      return std::nullopt;
  }
}

// SPEC W1, W3: mixed weights in two's complement without their low bits, others as a magnitude.
std::int64_t Core::weight(std::int64_t list, std::int64_t record, std::int64_t bits,
                          const Format& format) const {
  const bool mixed = format.signMode == 0;
  const std::int64_t stored = bitsAt(synapses_, list * 64 + startOf(record, bits), format.weightBits, mixed);
  const std::int64_t magnitude = stored * (std::int64_t{1} << (8 - format.weightBits + (mixed ? 1 : 0)));
  return format.signMode == 2 ? -magnitude : magnitude;
}

// SPEC I5, I6.
bool Core::list(std::int64_t axon, const std::vector<std::int32_t>& slots, std::uint64_t& visits,
                std::vector<Synapse>& synapses) const {
  synapses.clear();
  const Format& f = formatOf(axon);
  if (!f.sound) return false;
  if (f.kind == 2) return listKernel(axon, f, slots, visits, synapses);
  const auto get = [&](const char* field) { return memory("axon").get(axon, field); };
  const std::int64_t list = get("list"), count = get("count"), delay = get("delay");
  const bool sparse = f.kind == 0;
  const std::int64_t bits = f.weightBits + (sparse ? f.delayBits + f.indexBits : 0);
  if (!within(list, 0, synapseWords()) || count < 0 || wordsFor(count, bits) > synapseWords() - list ||
      static_cast<std::uint64_t>(count) > visits)
    return false;
  visits -= static_cast<std::uint64_t>(count);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t value = weight(list, i, bits, f);
    if (value == 0) continue;
    const std::int64_t rest = list * 64 + startOf(i, bits) + f.weightBits;
    const std::int64_t wait = sparse ? bitsAt(synapses_, rest, f.delayBits, false) : 0;
    const std::int64_t input =
        sparse ? bitsAt(synapses_, rest + f.delayBits, f.indexBits, false) : f.first + i;
    if (input >= inputs_) return false;
    if (slots[static_cast<std::size_t>(input)] >= 0) synapses.push_back({input, value, delay + wait});
  }
  return true;
}

// SPEC I10.
bool Core::listKernel(std::int64_t axon, const Format& f, const std::vector<std::int32_t>& slots,
                      std::uint64_t& visits, std::vector<Synapse>& synapses) const {
  const auto get = [&](const char* field) { return memory("axon").get(axon, field); };
  const std::int64_t list = get("list"), channels = get("count"), channel = get("channel"),
                     delay = get("delay");
  const std::int64_t row = get("row"), column = get("column"), entries = f.rows.kernel * f.columns.kernel;
  const std::int64_t room = (inputs_ - f.first) / f.rows.outputs / f.columns.outputs;  // channels of targets
  if (!within(list, 0, synapseWords()) || !within(channel, 0, room) || !within(channels, 0, room - channel) ||
      wordsFor(channels, f.weightBits) > (synapseWords() - list) / entries ||
      static_cast<std::uint64_t>(entries * (channels + 1)) > visits)
    return false;
  visits -= static_cast<std::uint64_t>(entries * (channels + 1));
  // The output that an entry leads to from a place; -1: none.
  const auto outputOf = [](const Format::Axis& axis, std::int64_t place, std::int64_t entry) -> std::int64_t {
    const std::int64_t way = place - entry * axis.dilation;
    return way >= 0 && way % axis.stride == 0 && way / axis.stride < axis.outputs ? way / axis.stride : -1;
  };
  for (std::int64_t e = 0; e < entries; ++e) {
    const std::int64_t r = outputOf(f.rows, row, e / f.columns.kernel);
    const std::int64_t q = r < 0 ? -1 : outputOf(f.columns, column, e % f.columns.kernel);
    for (std::int64_t c = 0; q >= 0 && c < channels; ++c) {
      const std::int64_t input = f.first + ((channel + c) * f.rows.outputs + r) * f.columns.outputs + q;
      if (slots[static_cast<std::size_t>(input)] < 0) continue;
      const std::int64_t value = weight(list + e * wordsFor(channels, f.weightBits), c, f.weightBits, f);
      if (value != 0) synapses.push_back({input, value, delay});
    }
  }
  return true;
}

}  // namespace rheo::witness
