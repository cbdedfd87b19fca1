// Records, registers, compartments, formats and lists of one core, by the image's layouts. SPEC I2 to I10
#include "witness/Words.h"

#include <algorithm>
#include <map>

namespace rheo::witness {

// SPEC I4: parameters whose field has another name.
static constexpr std::pair<std::string_view, std::string_view> kFields[] = {
    {"decay_u", "du"}, {"decay_v", "dv"}, {"threshold", "vth"}};

static bool within(std::int64_t value, std::int64_t least, std::int64_t most) {
  return value >= least && value <= most;
}

// SPEC I2: records of so many bits lie in words without crossing one.
static std::int64_t wordsFor(std::int64_t count, std::int64_t bits) {
  return (count + 64 / bits - 1) / (64 / bits);
}

static std::int64_t lowest(std::uint64_t word, std::int64_t width, bool isSigned) {
  if (width == 0) return 0;
  const std::uint64_t up = word << (64 - width);
  return isSigned ? static_cast<std::int64_t>(up) >> (64 - width)
                  : static_cast<std::int64_t>(up >> (64 - width));
}

static Format formatAt(const Records& formats, std::int64_t record) {
  const auto get = [&](const std::string& field) { return formats.get(record, field); };
  const auto axis = [&](const std::string& along) {
    return Format::Axis{get(along), get("kernel_" + along), get("stride_" + along), get("dilation_" + along)};
  };
  return {get("kind"),       get("weight_bits"), get("sign_mode"), get("exponent"), get("delay_bits"),
          get("index_bits"), get("first"),       get("group"),     axis("rows"),    axis("columns")};
}

static bool isSound(const Format& f, std::int64_t groups) {
  bool sound = within(f.kind, 0, 2) && within(f.weightBits, 1, 8) && within(f.signMode, 0, 2) &&
               within(f.exponent, -16, 16) && within(f.delayBits, 0, 6) && within(f.indexBits, 0, 31) &&
               within(f.first, 0, INT32_MAX) && within(f.group, 0, groups - 1);
  for (const Format::Axis& a : {f.rows, f.columns})
    for (const std::int64_t extent : {a.outputs, a.kernel, a.stride, a.dilation})
      sound = sound && (f.kind != 2 || within(extent, 1, 1 << 20));
  return sound;
}

// The output that a place reaches through an entry; -1: none. SPEC I10
static std::int64_t outputOf(const Format::Axis& axis, std::int64_t place, std::int64_t entry) {
  const std::int64_t way = place - entry * axis.dilation;
  return way >= 0 && way % axis.stride == 0 && way / axis.stride < axis.outputs ? way / axis.stride : -1;
}

Records::Records(const Image& image, const image::Memory& memory, std::string_view record)
    : words(image.words(memory)) {
  for (const image::Layout* entry : *image.header().layouts())
    if (entry->record()->string_view() == record) layout = entry;
  if (layout) count = memory.records();
}

std::optional<std::int64_t> Records::find(std::int64_t record, std::string_view field) const {
  if (!within(record, 0, count - 1)) return std::nullopt;
  const std::int64_t bits = layout->bits(), each = bits > 64 ? 1 : 64 / bits, size = (bits + 63) / 64;
  for (const image::Field* entry : *layout->fields())
    if (entry->name()->string_view() == field) {
      const std::int64_t at = record / each * size * 64 + record % each * bits + entry->offset();
      return std::clamp<std::int64_t>(lowest(words[at / 64] >> at % 64, entry->width(), entry->signed_()),
                                      -(1LL << 40), 1LL << 40);
    }
  return std::nullopt;
}

Core::Core(const Image& image, const image::Core& source,
           const std::vector<const models::ModelTable*>& models) {
  const std::map<std::string_view, Records*> known{{"neuron", &neuron}, {"profile", &profile},
                                                   {"axon", &axon},     {"format", &format},
                                                   {"route", &route},   {"constant", &constant}};
  for (const image::Memory* memory : *source.memories()) {
    const std::string_view name = memory->name()->string_view();
    if (const auto record = known.find(name); record != known.end())
      *record->second = Records(image, *memory, name);
    if (name == "synapse") synapses = image.words(*memory);
  }
  for (std::int64_t i = 0; i < format.count; ++i) formats.push_back(formatAt(format, i));
  compartments.resize(neuron.count);
  for (const image::Slice* slice : *source.slices())
    for (std::uint32_t i = 0; i < slice->count() && fault.empty(); ++i) {
      const std::uint64_t at = std::uint64_t{slice->first_compartment()} + i;
      if (at >= compartments.size() || compartments[at].model || slice->population() >= models.size())
        fault = "its slices overlap, exceed its records, or are of populations that there are not";
      else
        compartments[at] = {models[slice->population()], slice->population(), slice->first_neuron() + i};
    }
  for (std::int64_t i = 0; i < neuron.count; ++i) {  // SPEC I6
    if (!compartments[i].model) fault = "its slices leave compartments out";
    if (const auto number = neuron.find(i, "profile"); number && !within(*number, 0, profile.count - 1))
      fault = "a compartment has a profile that there is not";
    if (!fault.empty()) return;
    compartments[i].firstInput = inputs;
    inputs += compartments[i].model->portCount();
  }
  if (!std::ranges::all_of(formats, [&](const Format& f) { return isSound(f, format.count); }))
    fault = "a synapse format means nothing";
}

const Format* Core::formatOf(std::int64_t index) const {
  const std::int64_t number = axon.find(index, "format").value_or(-1);
  return within(number, 0, format.count - 1) ? &formats[number] : nullptr;
}

std::optional<std::int64_t> Core::registerOf(std::int64_t compartment, std::string_view field) const {
  if (const auto own = neuron.find(compartment, field)) return own;
  return profile.find(neuron.get(compartment, "profile"), field);
}

std::optional<std::int64_t> Core::parameter(std::int64_t compartment, std::size_t index) const {
  const models::ModelTable& model = *compartments[compartment].model;
  const std::string_view name = model.fixedParameters[index].name;
  const auto find = [&](std::string_view field) { return registerOf(compartment, field); };
  const auto get = [&](std::string_view field) { return find(field).value_or(0); };
  if (model.microcode)  // SPEC I9
    return constant.find(find("constants").value_or(-1) + static_cast<std::int64_t>(index), "value");
  if (name == "bias") {  // SPEC N8
    const std::int64_t mantissa = get("bias_mantissa"), e = get("bias_exponent");
    if (!within(e, -40, 22) || !within(mantissa, -(1 << 22), 1 << 22)) return std::nullopt;
    return e < 0 ? mantissa >> -e : mantissa * (std::int64_t{1} << e);
  }
  if (name == "reset_keep" || name == "reset_amount") {  // SPEC N10, E1, E2
    const std::int64_t mode = get("reset_mode");
    if (!within(mode, 0, 2)) return std::nullopt;
    if (name == "reset_keep") return mode == 2 ? -1 : 0;
    return mode == 0 ? 0 : mode == 1 ? -64 * get("reset_value") : 64 * get("vth");
  }
  const auto named = std::ranges::find(kFields, name, &std::pair<std::string_view, std::string_view>::first);
  const auto value = find(named == std::end(kFields) ? name : named->second);
  if (!value) return model.fixedParameters[index].fallback;
  return name == "decay_u" ? *value + 1 : name == "threshold" ? *value * 64 : *value;
}

// SPEC I5, I6, I10. A dense list is a kernel of one entry, which leads to inputs in a row.
bool Core::list(std::int64_t index, std::int64_t atom, const std::vector<std::int32_t>& slots,
                std::int64_t& visits, std::vector<Synapse>& found) const {
  found.clear();
  const Format* f = formatOf(index);
  if (!f) return false;
  const auto get = [&](const char* field) { return axon.get(index, field); };
  const std::int64_t count = get("count"), delay = get("delay"), size = synapses.size();
  const bool sparse = f->kind == 0, kernel = f->kind == 2, mixed = f->signMode == 0;
  const std::int64_t bits = f->weightBits + (sparse ? f->delayBits + f->indexBits : 0);
  const std::int64_t entries = kernel ? f->rows.kernel * f->columns.kernel : 1;
  if (count < 0 || wordsFor(count, bits) > size / entries) return false;
  const std::int64_t words = wordsFor(count, bits) * entries, list = get("list") + atom * words;
  if (!within(list, 0, size - words)) return false;
  visits -= entries * (count + 1);
  if (visits < 0) return false;
  for (std::int64_t e = 0; e < entries; ++e) {
    std::int64_t input = f->first, step = 1;
    if (kernel) {
      const std::int64_t r = outputOf(f->rows, get("row"), e / f->columns.kernel);
      const std::int64_t q = outputOf(f->columns, get("column"), e % f->columns.kernel);
      if (r < 0 || q < 0) continue;
      step = f->rows.outputs * f->columns.outputs;
      if (!within(get("channel"), 0, inputs / step)) return false;
      input += get("channel") * step + r * f->columns.outputs + q;
    }
    std::int64_t word = list + e * wordsFor(count, bits), shift = 0;
    for (std::int64_t i = 0; i < count; ++i, shift += bits, input += step) {
      if (shift + bits > 64) ++word, shift = 0;
      const std::uint64_t record = synapses[word] >> shift;
      // SPEC W1, W3: mixed weights in two's complement without their low bits, others as a magnitude.
      const std::int64_t weight =
          lowest(record, f->weightBits, mixed) * (1 << (8 - f->weightBits + (mixed ? 1 : 0)));
      const std::int64_t wait = sparse ? lowest(record >> f->weightBits, f->delayBits, false) : 0;
      if (sparse) input = lowest(record >> (f->weightBits + f->delayBits), f->indexBits, false);
      if (!within(input, 0, inputs - 1)) return false;
      if (weight != 0 && slots[input] >= 0)
        found.push_back({input, f->signMode == 2 ? -weight : weight, delay + wait});
    }
  }
  return true;
}

}  // namespace rheo::witness
