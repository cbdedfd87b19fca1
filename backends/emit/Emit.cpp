// Packs what was placed into memory words, core by core, and names it all in the header.
#include "emit/Emit.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "chip/Layout.h"
#include "chip/Synapses.h"
#include "place/AxonRecords.h"
#include "place/Kernels.h"

namespace rheo {
namespace {

struct Target {
  std::int64_t core, axon, atom;
  std::int32_t clone;  // that sends there. SPEC E5
};
// [neuron or channel]: where its spikes go.
using Targets = std::vector<std::vector<Target>>;

Error fault(std::string message) {
  Diagnostic diagnostic;
  diagnostic.code = "R0421";
  diagnostic.message = std::move(message);
  diagnostic.remedy = "this is a fault of rheobase; please report it";
  return Error::of(ErrorKind::Internal, std::move(diagnostic));
}

using Values = std::vector<std::pair<const char*, std::int64_t>>;

class Emitter {
 public:
  Emitter(const PlacementProblem& problem, const Placement& placement, const ChipSpec& chip,
          ImageMetadata metadata)
      : problem_(problem),
        placement_(placement),
        chip_(chip),
        metadata_(std::move(metadata)),
        grid_(chip.grid()) {}

  Expected<Image> run();

 private:
  // How the lists of a group are stored; the tile is that of kernels.
  struct GroupForm {
    SynapseFormat format;
    Tile tile;
  };
  // The memories of one core under construction.
  struct CoreWords {
    RecordWriter profiles, axons, formats, neurons, routes;
    std::optional<RecordWriter> constants;  // where the chip runs programs
    std::vector<GroupForm> forms = {};      // [group]
    std::vector<std::uint64_t> synapses = {};
    int longestDelay = 0;
    std::map<std::vector<std::int64_t>, std::int64_t> knownProfiles = {}, knownConstants = {};
    std::map<std::pair<int, std::int64_t>, std::int64_t> kernels = {};  // group, channel of sources -> list
  };

  RecordWriter writer(const char* record) const { return RecordWriter(makeLayout(*chip_.layout(record))); }
  static Expected<std::uint64_t> append(RecordWriter& records, const Values& values);
  Status emitLists(const PlacedCore& core, CoreWords& words);
  Status emitFormats(const PlacedCore& core, CoreWords& words) const;
  Expected<GroupForm> formOf(const PlacedCore& core, const PlacedGroup& group) const;
  Status emitAxon(const PlacedCore& core, const AxonRecord& record, CoreWords& words);
  Expected<Values> emitList(const PlacedCore& core, const PlacedAxon& axon, CoreWords& words) const;
  Status emitKernels(const PlacedCore& core, int group, CoreWords& words) const;
  Values kernelOf(const PlacedCore& core, const PlacedAxon& axon, const CoreWords& words) const;
  Status emitNeurons(const PlacedSlice& slice, CoreWords& words) const;
  Status emitRoutes(const std::vector<Target>& targets, RecordWriter& routes) const;
  Expected<std::int64_t> profileOf(const PopulationSpec& population, std::int32_t neuron,
                                   CoreWords& words) const;
  static Expected<std::int64_t> constantsAt(const PopulationSpec& population, std::int32_t neuron,
                                            CoreWords& words);
  Status emitCore(std::size_t core, CoreWords& words);
  void checkLimits(std::int32_t core, const CoreUse& use);
  Status checkCores() const;
  void describeGrid();
  Status emitInputs();
  void describe();
  std::pair<std::uint32_t, std::uint32_t> inImage(const PlacedSlice& slice, std::int32_t neuron) const;
  void describeClones();

  const PlacementProblem& problem_;
  const Placement& placement_;
  const ChipSpec& chip_;
  ImageMetadata metadata_;
  Grid grid_;
  ImageWriter image_;
  std::vector<Targets> fromPopulations_, fromInputs_;
  // Population and clone -> the neurons of which it is one, ascending. SPEC E5
  std::map<std::pair<int, std::int32_t>, std::vector<std::int32_t>> clones_;
  std::vector<Diagnostic> violations_;
};

Expected<std::uint64_t> Emitter::append(RecordWriter& records, const Values& values) {
  const std::uint64_t index = records.add();
  for (const auto& [field, value] : values)
    if (auto set = records.set(index, field, value); !set) return set.error();
  return index;
}

Expected<Emitter::GroupForm> Emitter::formOf(const PlacedCore& core, const PlacedGroup& group) const {
  const ProjectionSpec& projection = problem_.projections[group.projection];
  const PlacedSlice& slice = core.slices[group.slice];
  GroupForm form{formatOf(projection, chip_, group.kind), {}};
  form.format.group = group.number;
  if (group.kind == ListKind::Sparse) return form;
  form.format.first = slice.firstInput;
  if (group.kind == ListKind::Dense) return form;
  const std::optional<Tile> tile = kernelTile(projection, chip_, slice);
  if (!tile) return fault(fmt::format("the slice of '{}' is no tile for kernels", projection.name));
  setTile(*projection.wiring.convolution(), *tile, form.format);
  form.tile = *tile;
  return form;
}

// SPEC I7, I10.
Status Emitter::emitFormats(const PlacedCore& core, CoreWords& words) const {
  for (const PlacedGroup& group : core.groups) {
    const Expected<GroupForm> form = formOf(core, group);
    if (!form) return form.error();
    words.forms.push_back(*form);
    const SynapseFormat& format = form->format;
    Values values{{"kind", static_cast<std::int64_t>(format.kind)},
                  {"weight_bits", format.weightBits},
                  {"sign_mode", static_cast<std::int64_t>(format.signMode)},
                  {"exponent", format.exponent},
                  {"delay_bits", format.delayBits},
                  {"index_bits", format.indexBits},
                  {"first", format.first},
                  {"group", format.group}};
    if (format.kind == ListKind::Kernel)
      values.insert(values.end(), {{"rows", format.rows.outputs},
                                   {"columns", format.columns.outputs},
                                   {"kernel_rows", format.rows.kernel},
                                   {"kernel_columns", format.columns.kernel},
                                   {"stride_rows", format.rows.stride},
                                   {"stride_columns", format.columns.stride},
                                   {"dilation_rows", format.rows.dilation},
                                   {"dilation_columns", format.columns.dilation}});
    if (auto added = append(words.formats, values); !added) return added.error();
  }
  return ok();
}

// SPEC I5, I6: an axon, and the lists behind it.
Status Emitter::emitAxon(const PlacedCore& core, const AxonRecord& record, CoreWords& words) {
  const PlacedGroup& group = core.groups[record.group];
  const ProjectionSpec& projection = problem_.projections[group.projection];
  Targets& targets =
      projection.fromInput ? fromInputs_[projection.source] : fromPopulations_[projection.source];
  Values values;  // as the first list says
  for (std::int64_t atom = 0; atom < std::ssize(record.atoms); ++atom) {
    if (record.atoms[atom] == AxonRecord::kNobody) continue;
    const PlacedAxon& axon = core.axons[record.atoms[atom]];
    auto listed = group.kind == ListKind::Kernel ? Expected<Values>(kernelOf(core, axon, words))
                                                 : emitList(core, axon, words);
    if (!listed) return listed.error();
    if (values.empty()) values = *std::move(listed);
    targets[axon.source].push_back(
        {core.id, static_cast<std::int64_t>(words.axons.records()), atom, axon.clone});
  }
  words.longestDelay = std::max(words.longestDelay, projection.axonDelay());
  values.insert(values.end(), {{"format", record.group}, {"delay", projection.axonDelay()}});
  if (words.axons.has("atoms")) values.emplace_back("atoms", std::ssize(record.atoms));
  auto added = append(words.axons, values);
  return added ? ok() : Status(added.error());
}

// A list of the source's own; what its axon record says of it.
Expected<Values> Emitter::emitList(const PlacedCore& core, const PlacedAxon& axon, CoreWords& words) const {
  const SynapseFormat& format = words.forms[axon.group].format;
  const PlacedGroup& group = core.groups[axon.group];
  const PlacedSlice& slice = core.slices[group.slice];
  const ProjectionSpec& projection = problem_.projections[group.projection];
  const WeightTruncation truncation = problem_.profile->weightTruncation;
  std::vector<ListedSynapse> list;
  if (format.kind == ListKind::Dense)  // a weight for every input
    for (std::int32_t place = 0; place < slice.inputs(); ++place)
      list.push_back({slice.firstInput + place, 0, 0});
  for (const ListedTargets& target : targetsIn(projection, slice, axon.source)) {
    const std::int32_t weight = projection.weights[static_cast<std::size_t>(target.index)];
    if (format.kind == ListKind::Dense)
      list[static_cast<std::size_t>(target.place)].weight = weight;
    else if (keepsWeight(weight, format, truncation))
      list.push_back({slice.firstInput + target.place, weight, projection.synapseDelay(target.index)});
  }
  for (const ListedSynapse& synapse : list)
    words.longestDelay = std::max(words.longestDelay, projection.axonDelay() + synapse.delay);
  auto address = packSynapses(words.synapses, list, format, truncation);
  if (!address) return address.error();
  return Values{{"list", static_cast<std::int64_t>(*address)},
                {"count", static_cast<std::int64_t>(list.size())}};
}

// SPEC I10: the sources of a channel share their list.
Status Emitter::emitKernels(const PlacedCore& core, int group, CoreWords& words) const {
  const auto& [format, tile] = words.forms[group];
  const ProjectionSpec& projection = problem_.projections[core.groups[group].projection];
  const Convolution& convolution = *projection.wiring.convolution();
  for (const PlacedAxon& axon : core.axons) {
    if (axon.group != group) continue;
    const std::int64_t channel = convolution.placeOfInput(axon.source).channel;
    const auto [known, isNew] = words.kernels.try_emplace({axon.group, channel}, 0);
    if (!isNew) continue;
    const KernelPlace place = kernelPlaceOf(convolution, tile, axon.source);
    if (place.channels.count == 0)
      return fault(fmt::format("source {} of '{}' does not reach its tile", axon.source, projection.name));
    known->second = static_cast<std::int64_t>(packKernel(
        words.synapses, kernelWeights(projection, tile, place, channel),
        static_cast<std::uint64_t>(place.channels.count), format, problem_.profile->weightTruncation));
  }
  return ok();
}

// What its axon record says of the list.
Values Emitter::kernelOf(const PlacedCore& core, const PlacedAxon& axon, const CoreWords& words) const {
  const ProjectionSpec& projection = problem_.projections[core.groups[axon.group].projection];
  const Convolution& convolution = *projection.wiring.convolution();
  const KernelPlace place = kernelPlaceOf(convolution, words.forms[axon.group].tile, axon.source);
  return {{"list", words.kernels.at({axon.group, convolution.placeOfInput(axon.source).channel})},
          {"count", place.channels.count},
          {"row", place.row},
          {"column", place.column},
          {"channel", place.channels.first}};
}

Status Emitter::emitLists(const PlacedCore& core, CoreWords& words) {
  if (auto done = emitFormats(core, words); !done) return done;
  int group = -1;
  for (const AxonRecord& record : axonRecords(problem_, chip_, core)) {
    const bool isFirst = record.group != group;  // of its group, whose kernels lie before all axons
    group = record.group;
    if (isFirst && core.groups[group].kind == ListKind::Kernel)
      if (auto done = emitKernels(core, group, words); !done) return done;
    if (auto done = emitAxon(core, record, words); !done) return done;
  }
  return ok();
}

Expected<std::int64_t> Emitter::profileOf(const PopulationSpec& population, std::int32_t neuron,
                                          CoreWords& words) const {
  std::vector<std::int64_t> key;
  for (const FieldSpec& field : chip_.layout("profile")->fields)
    key.push_back(registerValue(population, field.name, neuron));
  const auto known = words.knownProfiles.find(key);
  if (known != words.knownProfiles.end()) return known->second;
  const std::uint64_t index = words.profiles.add();
  std::size_t position = 0;
  for (const FieldSpec& field : chip_.layout("profile")->fields)
    if (auto set = words.profiles.set(index, field.name, key[position++]); !set) return set.error();
  return words.knownProfiles[key] = static_cast<std::int64_t>(index);
}

// SPEC I9: neurons of equal constants share them.
Expected<std::int64_t> Emitter::constantsAt(const PopulationSpec& population, std::int32_t neuron,
                                            CoreWords& words) {
  std::vector<std::int64_t> values = constantsOf(population, neuron);
  if (values.empty() || !words.constants) return 0;
  const auto known = words.knownConstants.find(values);
  if (known != words.knownConstants.end()) return known->second;
  const auto first = static_cast<std::int64_t>(words.constants->records());
  for (const std::int64_t value : values)
    if (auto added = append(*words.constants, {{"value", value}}); !added) return added.error();
  return words.knownConstants[std::move(values)] = first;
}

Status Emitter::emitRoutes(const std::vector<Target>& targets, RecordWriter& routes) const {
  for (const Target& target : targets) {
    Values values{{"core", target.core}, {"axon", target.axon}};
    if (routes.has("atom")) values.emplace_back("atom", target.atom);
    if (auto added = append(routes, values); !added) return added.error();
  }
  return ok();
}

// SPEC I3, I4, I8.
Status Emitter::emitNeurons(const PlacedSlice& slice, CoreWords& words) const {
  const PopulationSpec& population = problem_.populations[slice.population];
  for (std::int32_t i = 0; i < slice.size(); ++i) {
    const std::int32_t neuron = slice.neuron(i);
    std::vector<Target> targets = fromPopulations_[slice.population][neuron];
    std::erase_if(targets, [&](const Target& target) { return target.clone != slice.clone; });
    const std::uint64_t record = words.neurons.add();
    auto profile = profileOf(population, neuron, words);
    if (!profile) return profile.error();
    auto constants = constantsAt(population, neuron, words);
    if (!constants) return constants.error();
    const auto firstRoute = static_cast<std::int64_t>(words.routes.records());
    for (const FieldSpec& field : chip_.layout("neuron")->fields) {
      const std::int64_t value = field.name == "profile"       ? *profile
                                 : field.name == "constants"   ? *constants
                                 : field.name == "route_first" ? (targets.empty() ? 0 : firstRoute)
                                 : field.name == "route_count"
                                     ? static_cast<std::int64_t>(targets.size())
                                     : registerValue(population, field.name, neuron);
      if (auto set = words.neurons.set(record, field.name, value); !set) return set;
    }
    if (auto done = emitRoutes(targets, words.routes); !done) return done;
  }
  return ok();
}

Status Emitter::emitCore(std::size_t core, CoreWords& words) {
  auto described = std::make_unique<image::CoreT>();
  const PlacedCore& placed = placement_.cores[core];
  described->id = static_cast<std::uint32_t>(placed.id);
  described->chip = static_cast<std::uint32_t>(grid_.chipOf(placed.id));
  CoreUse use;
  for (const PlacedSlice& slice : placed.slices) {
    if (auto done = emitNeurons(slice, words); !done) return done;
    use.takeNeurons(slice.size(), *problem_.populations[slice.population].model);
    for (std::int32_t first = 0, count; first < slice.size(); first += count) {
      count = slice.listed.empty() ? slice.count : slice.runFrom(first);
      auto entry = std::make_unique<image::SliceT>();
      std::tie(entry->population, entry->first_neuron) = inImage(slice, slice.neuron(first));
      entry->count = static_cast<std::uint32_t>(count);
      entry->first_compartment = static_cast<std::uint32_t>(slice.firstCompartment + first);
      described->slices.push_back(std::move(entry));
    }
  }
  const auto memory = [&](image::MemoryT made) {
    described->memories.push_back(std::make_unique<image::MemoryT>(std::move(made)));
  };
  memory(image_.addMemory("neuron", words.neurons));
  memory(image_.addMemory("profile", words.profiles));
  memory(image_.addMemory("axon", words.axons));
  memory(image_.addMemory("format", words.formats));
  if (words.constants) memory(image_.addMemory("constant", *words.constants));
  memory(image_.addMemory("route", words.routes));
  memory(image_.addMemory("synapse", words.synapses, words.synapses.size()));
  image_.header.cores.push_back(std::move(described));
  const auto count = [](std::uint64_t n) { return static_cast<std::int64_t>(n); };
  use.wait(words.longestDelay);
  use.inputAxons = count(words.axons.records());
  use.outputRoutes = count(words.routes.records());
  use.synapseWords = count(words.synapses.size());
  use.profiles = count(words.profiles.records());
  use.formats = count(words.formats.records());
  use.constants = words.constants ? count(words.constants->records()) : 0;
  checkLimits(placed.id, use);
  return ok();
}

// What was really emitted, against the chip's record: a placement may come from a file that was edited.
void Emitter::checkLimits(std::int32_t core, const CoreUse& use) {
  for (const CoreLimit& rule : coreLimits()) {
    const Limit& limit = chip_.limit(rule.name);
    if (use.*rule.use <= limit.value) continue;
    violations_.push_back({rule.code, Severity::Error,
                           fmt::format("core {} holds {} {}, '{}' has {}", core, use.*rule.use, rule.what,
                                       chip_.name, limit.value),
                           "", fmt::format("core {}", core), static_cast<double>(use.*rule.use),
                           static_cast<double>(limit.value), limit.source, rule.remedy});
  }
}

// SPEC I8.
Status Emitter::emitInputs() {
  for (std::size_t i = 0; i < problem_.inputs.size(); ++i) {
    const ImageMetadata::Input& about = metadata_.inputs[i];
    RecordWriter routes = writer("route");
    std::vector<std::uint64_t> index;
    for (const auto& targets : fromInputs_[i]) {
      index.push_back(targets.empty() ? 0 : routes.records());
      index.push_back(targets.size());
      if (auto done = emitRoutes(targets, routes); !done) return done;
    }
    auto input = std::make_unique<image::InputT>();
    input->name = problem_.inputs[i].name;
    input->shape = about.shape;
    input->size = static_cast<std::uint32_t>(problem_.inputs[i].size);
    input->encoding = about.encoding;
    input->max_payload = about.maxPayload;
    input->routes = std::make_unique<image::MemoryT>(image_.addMemory("routes", routes));
    input->route_index =
        std::make_unique<image::MemoryT>(image_.addMemory("route_index", index, index.size() / 2));
    image_.header.inputs.push_back(std::move(input));
  }
  return ok();
}

template <class T>
std::vector<std::unique_ptr<T>> owned(std::vector<T>& values) {
  std::vector<std::unique_ptr<T>> out;
  for (T& value : values) out.push_back(std::make_unique<T>(std::move(value)));
  return out;
}

void Emitter::describe() {
  image::HeaderT& header = image_.header;
  header.generator = metadata_.generator;
  header.network = metadata_.network;
  header.chip = chip_.name;
  header.profile = problem_.profile->name;
  header.dt = metadata_.dt;
  header.quantization = metadata_.quantization;
  for (const LayoutSpec& layout : chip_.layouts)
    header.layouts.push_back(std::make_unique<image::LayoutT>(makeLayout(layout)));
  for (std::size_t i = 0; i < problem_.populations.size(); ++i) {
    const PopulationSpec& population = problem_.populations[i];
    ImageMetadata::Population& about = metadata_.populations[i];
    auto entry = std::make_unique<image::PopulationT>();
    entry->name = population.name;
    entry->model = population.model->name;
    entry->size = static_cast<std::uint32_t>(population.size);
    entry->shape = about.shape;
    entry->lag = static_cast<std::uint32_t>(about.lag);
    entry->hidden = about.hidden;
    entry->scales = owned(about.scales);
    header.populations.push_back(std::move(entry));
  }
  describeClones();
  header.outputs = owned(metadata_.outputs);
  header.ranges = owned(metadata_.ranges);
  header.assumptions = owned(metadata_.assumptions);
  for (const auto& [name, limit] : chip_.limits) {
    auto entry = std::make_unique<image::LimitT>();
    entry->name = name;
    entry->value = limit.value;
    entry->unit = limit.unit;
    entry->source = limit.source;
    entry->inferred = limit.inferred;
    header.limits.push_back(std::move(entry));
  }
}

// The population of the image that holds a neuron of a slice, and the neuron's number there.
std::pair<std::uint32_t, std::uint32_t> Emitter::inImage(const PlacedSlice& slice,
                                                         std::int32_t neuron) const {
  const auto number = [](auto value) { return static_cast<std::uint32_t>(value); };
  if (slice.clone == 0) return {number(slice.population), number(neuron)};
  const auto clones = clones_.find({slice.population, slice.clone});
  const std::vector<std::int32_t>& held = clones->second;
  return {number(std::ssize(problem_.populations) + std::distance(clones_.begin(), clones)),
          number(std::lower_bound(held.begin(), held.end(), neuron) - held.begin())};
}

// Clones as hidden populations of their own.
void Emitter::describeClones() {
  image::HeaderT& header = image_.header;
  const auto taken = [&](const std::string& name) {
    const auto named = [&](const auto& thing) { return thing->name == name; };
    return std::any_of(header.populations.begin(), header.populations.end(), named) ||
           std::any_of(header.inputs.begin(), header.inputs.end(), named);
  };
  for (const auto& [key, neurons] : clones_) {
    const image::PopulationT& original = *header.populations[static_cast<std::size_t>(key.first)];
    auto entry = std::make_unique<image::PopulationT>();
    entry->name = fmt::format("{}.clone{}", original.name, key.second);
    while (taken(entry->name)) entry->name += "_";
    entry->model = original.model;
    entry->size = static_cast<std::uint32_t>(neurons.size());
    entry->shape = {static_cast<std::int64_t>(neurons.size())};
    entry->lag = original.lag;
    entry->hidden = true;
    for (const auto& scale : original.scales) {
      auto own = std::make_unique<image::ScaleT>(*scale);
      if (scale->values.size() > 1) {
        own->values.clear();
        for (const std::int32_t neuron : neurons)
          own->values.push_back(scale->values[static_cast<std::size_t>(neuron)]);
      }
      entry->scales.push_back(std::move(own));
    }
    entry->clone_of = original.name;
    entry->originals.assign(neurons.begin(), neurons.end());
    header.populations.push_back(std::move(entry));
  }
}

// SPEC I12: every core lies somewhere else, where the chip has one that works.
Status Emitter::checkCores() const {
  const std::vector<std::int32_t>& usable = grid_.usableCores();
  std::set<std::int32_t> used;
  for (const PlacedCore& core : placement_.cores) {
    if (!std::binary_search(usable.begin(), usable.end(), core.id))
      return Error::of(ErrorKind::Compile,
                       {"R0425",
                        Severity::Error,
                        fmt::format("'{}' has no core {} that works", chip_.name, core.id),
                        "",
                        fmt::format("core {}", core.id),
                        {},
                        {},
                        "",
                        "place the network again for this chip"});
    if (!used.insert(core.id).second) return fault(fmt::format("core {} is used twice", core.id));
  }
  return ok();
}

// SPEC I12: of the ways to cores in use, what differs from the rule.
void Emitter::describeGrid() {
  const GridShape& shape = grid_.shape();
  const auto number = [](std::int32_t value) { return static_cast<std::uint32_t>(value); };
  auto grid = std::make_unique<image::GridT>();
  grid->chips = number(shape.chips);
  grid->chip_columns = number(shape.chipColumns);
  grid->tile_columns = number(shape.tileColumns);
  grid->tile_rows = number(shape.tileRows);
  grid->cores_per_tile = number(shape.coresPerTile);
  grid->cores_per_chip = number(shape.coresPerChip);
  grid->chip_link_hops = number(shape.chipLinkHops);
  for (const std::int32_t core : shape.deadCores) grid->dead_cores.push_back(number(core));
  for (const DeadLink& link : shape.deadLinks)
    grid->dead_links.emplace_back(number(link.first), number(link.second));
  RoutingTable routing(grid_);
  for (const PlacedCore& core : placement_.cores)
    routing.enter(WayTo(grid_, grid_.tileOf(core.id)), grid_.tileOf(core.id));
  for (const auto& [way, direction] : routing.detours())
    grid->detours.emplace_back(number(way.first), number(way.second), static_cast<std::uint32_t>(direction));
  image_.header.grid = std::move(grid);
}

Expected<Image> Emitter::run() {
  if (auto placed = checkCores(); !placed) return placed.error();
  if (metadata_.populations.size() != problem_.populations.size() ||
      metadata_.inputs.size() != problem_.inputs.size())
    return fault("the image's metadata does not describe every population and input");
  for (const PopulationSpec& population : problem_.populations)
    fromPopulations_.emplace_back(static_cast<std::size_t>(population.size));
  for (const InputSpec& input : problem_.inputs)
    fromInputs_.emplace_back(static_cast<std::size_t>(input.size));
  clones_ = clonesOf(placement_);
  std::vector<CoreWords> cores;
  for (std::size_t core = 0; core < placement_.cores.size(); ++core) {
    std::optional<RecordWriter> constants;
    if (chip_.layout("constant") != nullptr) constants = writer("constant");
    cores.push_back({writer("profile"), writer("axon"), writer("format"), writer("neuron"), writer("route"),
                     std::move(constants)});
    if (auto done = emitLists(placement_.cores[core], cores.back()); !done) return done.error();
  }
  // Only now is it known where the spikes of every neuron go.
  for (std::size_t core = 0; core < cores.size(); ++core)
    if (auto done = emitCore(core, cores[core]); !done) return done.error();
  if (!violations_.empty()) return Error{ErrorKind::Compile, std::move(violations_)};
  if (auto done = emitInputs(); !done) return done.error();
  describe();
  describeGrid();
  return image_.finish();
}

}  // namespace

Expected<Image> emitImage(const PlacementProblem& problem, const Placement& placement, const ChipSpec& chip,
                          ImageMetadata metadata) {
  if (auto checked = checkProblem(problem, chip); !checked) return checked.error();
  return Emitter(problem, placement, chip, std::move(metadata)).run();
}

}  // namespace rheo
