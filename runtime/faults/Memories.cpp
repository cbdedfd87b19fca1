// Fields and lists of all memories, found through the image's own layouts. SPEC B3.
#include "faults/Memories.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "chip/FormatRecord.h"
#include "chip/Layout.h"

namespace rheo::faults {

Memories::Memories(const Image& image, const FlatProgram& flat) : image_(image), flat_(flat) {
  findSources();
  formats_.resize(flat.program().cores.size());
  synapseWords_.resize(formats_.size()), axonDelays_.resize(formats_.size());
  for (std::int32_t core = 0; core < std::ssize(flat.program().cores); ++core) {
    addRegisters(core);
    addTable(core, "constant");
    addLists(core);
    addTable(core, "format");
    addTable(core, "axon");
    addRoutes(core);
  }
}

const image::Memory* Memories::memory(std::int32_t core, std::string_view name) const {
  return findMemory(*image_.header().cores()->Get(static_cast<unsigned>(core)), name);
}

const image::Layout* Memories::layout(std::string_view record) const {
  return findLayout(image_.header(), record);
}

template <class Visit>
void Memories::forEachFieldAt(std::int32_t core, std::string_view memory, std::uint64_t word, int bit,
                              Visit visit) const {
  const std::uint64_t at = word * 64 + static_cast<std::uint64_t>(bit);
  for (const Field& field : fields_) {
    if (field.core != core || field.memory != memory || at < field.start) continue;
    const auto [record, offset] = recordAt(at - field.start, field.recordBits);
    const auto low = static_cast<std::uint64_t>(field.offset),
               width = static_cast<std::uint64_t>(field.width);
    if (record >= field.firstRecord && record - field.firstRecord < field.records && offset >= low &&
        offset - low < width)
      visit(field, record);
  }
}

std::vector<FieldClass> Memories::meaningsOf(std::int32_t core, std::string_view memory, std::uint64_t word,
                                             int bit) const {
  std::vector<FieldClass> meanings;
  forEachFieldAt(core, memory, word, bit,
                 [&](const Field& field, std::uint64_t) { meanings.push_back(field.meaning); });
  return meanings;
}

std::vector<std::string> Memories::nodesOf(std::int32_t core, std::string_view memory, std::uint64_t word,
                                           int bit) const {
  std::set<std::string> nodes;
  forEachFieldAt(core, memory, word, bit, [&](const Field& field, std::uint64_t record) {
    if (memory != "format") nodes.insert(field.node);
    for (const ListUse& use : lists_)
      for (const std::int32_t axon : use.axons)
        if (memory == "format" && use.core == core && static_cast<std::uint64_t>(use.format) == record)
          nodes.insert(nodeOfAxon(core, axon));
  });
  return {nodes.begin(), nodes.end()};
}

bool Memories::holdsParametersOnly(std::int32_t core, std::string_view memory, std::uint64_t word,
                                   int bit) const {
  if (memory != "neuron" && memory != "profile" && memory != "constant") return false;
  const std::vector<FieldClass> meanings = meaningsOf(core, memory, word, bit);
  return std::none_of(meanings.begin(), meanings.end(),
                      [](FieldClass meaning) { return meaning == FieldClass::Route; });
}

void Memories::findSources() {
  for (const Core& core : flat_.program().cores) sources_.emplace_back(core.axons.size());
  for (std::int32_t source = 0; source < flat_.sources(); ++source)
    for (const Route& route : flat_.routes(source))
      sources_[static_cast<std::size_t>(route.core)][static_cast<std::size_t>(route.axon)].push_back(source);
}

std::string Memories::nodeOfSource(std::int32_t source) const {
  const Program& program = flat_.program();
  if (source >= flat_.channels()) {
    const Cell& cell = flat_.cells()[static_cast<std::size_t>(source - flat_.channels())];
    return program.populations[static_cast<std::size_t>(cell.population)].name;
  }
  return program.inputs[flat_.inputOfChannel(source)].name;
}

// "input -> hidden", by the axon's first source and first synapse.
std::string Memories::nodeOfAxon(std::int32_t core, std::int32_t axon) const {
  const auto k = static_cast<std::size_t>(core);
  const Core& stored = flat_.program().cores[k];
  const Axon& entry = stored.axons[static_cast<std::size_t>(axon)];
  const auto& sources = sources_[k][static_cast<std::size_t>(axon)];
  const std::string from = sources.empty() ? "nothing" : nodeOfSource(sources.front());
  if (entry.synapseCount == 0) return from + " -> nothing";
  const std::int32_t input = flat_.firstInput(k) + entry.base + stored.synapses[entry.firstSynapse].input;
  return from + " -> " + nodeOfSource(flat_.sourceOfCell(flat_.cellOfInput(input)));
}

void Memories::addFields(Field field, const image::Layout& layout) {
  field.recordBits = layout.bits();
  for (const image::Field* entry : *layout.fields()) {
    field.meaning = fieldClass(layout.record()->string_view(), entry->name()->string_view());
    field.offset = entry->offset();
    field.width = entry->width();
    fields_.push_back(field);
  }
}

// Neurons by population, profiles by the population that uses them first.
void Memories::addRegisters(std::int32_t core) {
  const Program& program = flat_.program();
  const image::Layout* neurons = layout("neuron");
  const image::Layout* profiles = layout("profile");
  const image::Memory* stored = memory(core, "neuron");
  if (!neurons || !stored) return;
  const RecordView view(*neurons, image_.words(*stored));
  const bool indexed = view.has("profile");
  std::map<std::int64_t, std::string> users;
  for (const CompartmentSlice& slice : program.cores[static_cast<std::size_t>(core)].slices) {
    const std::string& name = program.populations[static_cast<std::size_t>(slice.population)].name;
    Field field;
    field.core = core, field.memory = "neuron", field.node = name;
    field.firstRecord = static_cast<std::uint64_t>(slice.firstCompartment);
    field.records = static_cast<std::uint64_t>(slice.count);
    addFields(field, *neurons);
    for (std::int32_t i = 0; indexed && i < slice.count; ++i)
      users.try_emplace(view.get(static_cast<std::uint64_t>(slice.firstCompartment + i), "profile"), name);
  }
  const image::Memory* table = memory(core, "profile");
  if (!profiles || !table) return;
  for (const auto& [record, name] : users) {
    Field field;
    field.core = core, field.memory = "profile", field.node = name;
    field.firstRecord = static_cast<std::uint64_t>(record), field.records = 1;
    addFields(field, *profiles);
  }
}

// Tables whose records belong to connections (axons, formats) or to nobody in particular.
void Memories::addTable(std::int32_t core, std::string_view name) {
  const image::Layout* records = layout(name);
  const image::Memory* stored = memory(core, name);
  if (!records || !stored || stored->records() == 0) return;
  std::vector<std::string> nodes(stored->records());
  const Core& decoded = flat_.program().cores[static_cast<std::size_t>(core)];
  if (name == "axon") {
    for (std::size_t a = 0; a < decoded.axons.size(); ++a)
      if (decoded.axons[a].atom == 0)
        nodes[static_cast<std::size_t>(decoded.axons[a].record)] =
            nodeOfAxon(core, static_cast<std::int32_t>(a));
  } else if (name == "format") {
    for (const ListUse& use : lists_)
      if (use.core == core && static_cast<std::size_t>(use.format) < nodes.size() &&
          nodes[static_cast<std::size_t>(use.format)].empty())
        nodes[static_cast<std::size_t>(use.format)] = nodeOfAxon(core, use.axons.front());
  } else if (!decoded.slices.empty()) {
    const auto population = static_cast<std::size_t>(decoded.slices.front().population);
    std::fill(nodes.begin(), nodes.end(), flat_.program().populations[population].name);
  }
  for (std::size_t first = 0, end; first < nodes.size(); first = end) {
    end = first + 1;
    while (end < nodes.size() && nodes[end] == nodes[first]) ++end;
    if (nodes[first].empty()) continue;  // nothing uses it
    Field field;
    field.core = core, field.memory = name == "axon" ? "axon" : name == "format" ? "format" : "constant";
    field.node = nodes[first], field.firstRecord = first, field.records = end - first;
    addFields(field, *records);
  }
}

void Memories::addRoutes(std::int32_t core) {
  const image::Layout* records = layout("route");
  const image::Layout* neurons = layout("neuron");
  const image::Memory* stored = memory(core, "route");
  const image::Memory* registers = memory(core, "neuron");
  if (!records || !stored || !neurons || !registers) return;
  const RecordView view(*neurons, image_.words(*registers));
  std::vector<bool> seen(stored->records());
  for (const CompartmentSlice& slice : flat_.program().cores[static_cast<std::size_t>(core)].slices)
    for (std::int32_t i = 0; i < slice.count; ++i) {
      const auto c = static_cast<std::uint64_t>(slice.firstCompartment + i);
      const auto first = static_cast<std::uint64_t>(view.get(c, "route_first"));
      const auto count = static_cast<std::uint64_t>(view.get(c, "route_count"));
      if (count == 0 || first + count > seen.size() || seen[first]) continue;  // shared ranges count once
      std::fill_n(seen.begin() + static_cast<std::ptrdiff_t>(first), count, true);
      Field field;
      field.core = core, field.memory = "route";
      field.node = flat_.program().populations[static_cast<std::size_t>(slice.population)].name;
      field.firstRecord = first, field.records = count;
      addFields(field, *records);
    }
}

void Memories::addLists(std::int32_t core) {
  const image::Layout* axons = layout("axon");
  const image::Layout* formats = layout("format");
  const image::Memory* axonTable = memory(core, "axon");
  const image::Memory* formatTable = memory(core, "format");
  if (!axons || !formats || !axonTable || !formatTable || !memory(core, "synapse")) return;
  const RecordView formatView(*formats, image_.words(*formatTable));
  synapseWords_[static_cast<std::size_t>(core)] = image_.words(*memory(core, "synapse"));
  auto& known = formats_[static_cast<std::size_t>(core)];
  for (std::uint64_t i = 0; i < formatTable->records(); ++i)
    known.push_back(readFormat(formatView, i).value_or(SynapseFormat{}));
  const RecordView view(*axons, image_.words(*axonTable));
  std::map<std::tuple<std::uint64_t, std::uint64_t, std::int64_t>, std::size_t> index;
  const std::vector<Axon>& decoded = flat_.program().cores[static_cast<std::size_t>(core)].axons;
  for (std::size_t number = 0; number < decoded.size(); ++number) {
    const std::uint64_t a = recordOf(core, static_cast<std::int32_t>(number));
    const auto count = static_cast<std::uint64_t>(view.get(a, "count"));
    const std::int64_t format = view.get(a, "format");
    const std::uint64_t list = static_cast<std::uint64_t>(view.get(a, "list")) +
                               static_cast<std::uint64_t>(decoded[number].atom) *
                                   wordsOfList(count, known[static_cast<std::size_t>(format)]);
    const auto [entry, isNew] = index.try_emplace({list, count, format}, lists_.size());
    if (isNew) lists_.push_back({core, list, count, static_cast<std::int32_t>(format), {}});
    lists_[entry->second].axons.push_back(static_cast<std::int32_t>(number));
    axonDelays_[static_cast<std::size_t>(core)].push_back(static_cast<std::int32_t>(view.get(a, "delay")));
  }
  for (const ListUse& use : lists_)
    if (use.core == core) addList(use);
}

void Memories::addList(const ListUse& use) {
  const SynapseFormat& form = format(use);
  Field field;
  field.core = use.core, field.memory = "synapse";
  field.node = nodeOfAxon(use.core, use.axons.front());
  field.meaning = FieldClass::Weight;
  field.width = form.weightBits;
  field.records = use.count;
  field.start = use.list * 64;
  field.recordBits = static_cast<std::uint32_t>(synapseBits(form));
  if (form.kind != ListKind::Kernel) {
    fields_.push_back(field);
    if (form.kind == ListKind::Dense) return;
    field.meaning = FieldClass::Delay, field.offset = form.weightBits, field.width = form.delayBits;
    if (form.delayBits > 0) fields_.push_back(field);
    field.meaning = FieldClass::Target, field.offset += form.delayBits, field.width = form.indexBits;
    if (form.indexBits > 0) fields_.push_back(field);
    return;
  }
  const std::uint64_t words = kernelEntryWords(use.count, form);
  for (std::int64_t entry = 0; entry < form.rows.kernel * form.columns.kernel; ++entry) {
    field.start = (use.list + static_cast<std::uint64_t>(entry) * words) * 64;
    fields_.push_back(field);
  }
}

}  // namespace rheo::faults
