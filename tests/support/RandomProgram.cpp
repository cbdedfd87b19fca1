// Random chip images: populations cut into slices over cores, projections as axons and synapse lists.
#include "support/RandomProgram.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "chip/Synapses.h"
#include "support/RandomParts.h"

namespace rheo::test {
namespace {

class Generator {
 public:
  Generator(std::uint64_t seed, const RandomOptions& options, int maxExponent)
      : random_(seed),
        options_(options),
        maxExponent_(maxExponent),
        populationAxons_(seed % 3 == 2),
        wide_(random_.chance(50)),
        profile_(random_.chance(60) ? kLavaProfile : kLoihi1Profile) {}

  Image make() {
    options_.convolutions ? makeConvolutionalPopulations() : makePopulations();
    makeCores();
    if (!options_.convolutions) makeInputs();
    options_.convolutions ? makeConvolutions() : makeProjections();
    for (std::size_t k = 0; k < cores_.size(); ++k) makeNeurons(static_cast<int>(k));
    return write();
  }

 private:
  template <class Fits>
  const models::ModelTable* someModel(Fits fits) {
    for (;;) {
      const auto& model = models::allModels()[static_cast<std::size_t>(
          random_.between(0, static_cast<int>(models::allModels().size()) - 1))];
      if (fits(model)) return &model;
    }
  }

  void makePopulations() {
    const int layers = random_.between(1, options_.layers);
    for (int i = 0; i < layers; ++i) {
      const models::ModelTable* model = someModel([&](const models::ModelTable& one) {
        return (i + 1 == layers || one.spiking) &&
               !(options_.plain && (one.graded || one.microcode || one.portCount() != 1));
      });
      populations_.push_back(
          {model, random_.between(1, options_.neurons), i + 1 < layers && random_.chance(10)});
    }
    for (const Population& population : populations_)
      routes_.emplace_back(static_cast<std::size_t>(population.size));
  }

  void makeCores() {
    const int count = random_.between(1, options_.cores);
    for (int k = 0; k < count; ++k)
      cores_.emplace_back(RecordWriter(makeLayout(wide_ ? kWideNeuron : kNarrowNeuron)));
    for (int p = 0; p < static_cast<int>(populations_.size()); ++p)
      for (int first = 0; first < populations_[static_cast<std::size_t>(p)].size;) {
        const int left = populations_[static_cast<std::size_t>(p)].size - first;
        int size = random_.chance(50) ? left : random_.between(1, left);
        if (options_.convolutions) size = wholeTile(populations_[static_cast<std::size_t>(p)], first, size);
        CoreBuilder& core = cores_[static_cast<std::size_t>(random_.between(0, count - 1))];
        const int compartment = static_cast<int>(core.neurons.records());
        const int inputs = static_cast<int>(populations_[static_cast<std::size_t>(p)].model->inputsOf(size));
        core.slices.push_back(
            {p, first, size, static_cast<int>(&core - cores_.data()), compartment, core.inputs, inputs});
        core.inputs += inputs;
        for (int i = 0; i < size; ++i) core.neurons.add();
        first += size;
      }
  }

  void makeInputs() {
    const int count = random_.chance(20) ? 2 : 1;
    for (int i = 0; i < count; ++i) {
      const auto encoding = random_.chance(70)   ? image::Encoding::Binary
                            : random_.chance(50) ? image::Encoding::Counts
                                                 : image::Encoding::Graded;
      const int payload = encoding == image::Encoding::Binary   ? 1
                          : encoding == image::Encoding::Counts ? random_.between(1, 7)
                                                                : random_.between(1, 300);
      inputs_.push_back(
          {encoding, payload, Sources(static_cast<std::size_t>(random_.between(1, options_.neurons)))});
    }
  }

  void makeProjections() {
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      project(inputs_[i].routes,
              static_cast<int>(random_.between(0, i == 0 ? 0 : static_cast<int>(populations_.size()) - 1)));
    const int count = static_cast<int>(populations_.size());
    for (int source = 0; source < count; ++source) {
      if (!populations_[static_cast<std::size_t>(source)].model->spiking) continue;
      for (int target = 0; target < count; ++target) {
        const int percent = target == source + 1 ? 100 : target > source ? 20 : options_.recurrence ? 30 : 0;
        if (random_.chance(percent)) project(routes_[static_cast<std::size_t>(source)], target);
        if (target == source + 1 && random_.chance(15))
          project(routes_[static_cast<std::size_t>(source)], target);
      }
    }
  }

  // An axon to a list: the next atom of one that says the same, where the list lies behind that one's, in
  // some images; else one of its own. SPEC I5
  Target enter(int number, const SynapseFormat& format, std::uint64_t formatRecord, std::uint64_t list,
               std::int64_t count, const std::vector<std::pair<const char*, std::int64_t>>& values) {
    constexpr std::int64_t kMostAtoms = 5;
    CoreBuilder& core = cores_[static_cast<std::size_t>(number)];
    std::vector<std::int64_t> key{static_cast<std::int64_t>(formatRecord), count};
    for (const auto& [name, value] : values) key.push_back(value);
    const auto address = static_cast<std::int64_t>(list);
    const auto stride = static_cast<std::int64_t>(wordsOfList(static_cast<std::uint64_t>(count), format));
    const auto [known, isNew] = core.open.try_emplace(key);
    auto& [axon, first, atoms] = known->second;
    if (isNew || !populationAxons_ || atoms == kMostAtoms || address != first + atoms * stride) {
      axon = core.axons.add();
      first = address;
      atoms = 0;
      require(core.axons.set(axon, "list", address));
      require(core.axons.set(axon, "count", count));
      require(core.axons.set(axon, "format", static_cast<std::int64_t>(formatRecord)));
      for (const auto& [name, value] : values) require(core.axons.set(axon, name, value));
    }
    require(core.axons.set(axon, "atoms", ++atoms));
    return {number, static_cast<std::int32_t>(axon), static_cast<std::int32_t>(atoms - 1)};
  }

  // All-to-all with random gaps, one group for each core that holds a part of the target.
  void project(Sources& sources, int target) {
    SynapseFormat format = randomFormat(1, -8);
    format.delayBits = options_.delays && random_.chance(40) ? random_.between(1, 5) : 0;
    format.kind = random_.chance(40) ? ListKind::Dense : ListKind::Sparse;
    if (format.kind == ListKind::Dense) format.delayBits = 0;
    const bool kernels = random_.chance(25);
    const int largest = random_.chance(30) ? 256 : random_.between(1, 100);
    const int axonDelay =
        options_.delays && random_.chance(30) ? random_.between(0, random_.chance(20) ? 31 : 4) : 0;
    forEachSliceOf(target, [&](CoreBuilder& core, const Slice& slice, int group) {
      format.group = group;
      if (kernels)
        projectKernels(sources, core, slice, format, largest, axonDelay);
      else
        projectSlice(sources, core, slice, format, largest, axonDelay);
    });
  }

  // visit(core, slice, group), with a group of each core's own.
  template <class Visit>
  void forEachSliceOf(int target, Visit visit) {
    for (CoreBuilder& core : cores_) {
      int group = -1;
      for (const Slice& slice : core.slices) {
        if (slice.population != target) continue;
        if (group < 0) group = core.groups++;
        visit(core, slice, group);
      }
    }
  }

  void projectSlice(Sources& sources, CoreBuilder& core, const Slice& slice, SynapseFormat format,
                    int largest, int axonDelay) {
    format.first = format.kind == ListKind::Dense ? slice.firstInput : 0;
    format.indexBits = 0;
    while (format.kind != ListKind::Dense && (1 << format.indexBits) < slice.firstInput + slice.inputs)
      ++format.indexBits;
    const std::uint64_t record = addFormat(core, format);
    for (auto& routes : sources) {
      std::vector<ListedSynapse> list;
      for (int i = 0; i < slice.inputs; ++i)
        if (format.kind == ListKind::Dense || random_.chance(70))
          list.push_back({slice.firstInput + i, weight(largest),
                          format.delayBits > 0 ? random_.between(0, (1 << format.delayBits) - 1) : 0});
      if (list.empty() && random_.chance(90)) continue;
      Expected<std::uint64_t> address = packSynapses(core.synapses, list, format, profile_.weightTruncation);
      if (!address) broken(address.error());
      routes.push_back(enter(slice.core, format, record, *address, std::ssize(list),
                             {{"delay", random_.chance(50) ? axonDelay : 0}}));
    }
  }

  // A slice as [channels, rows, columns], a few kernels, and every source at a place of its own. SPEC I10
  void projectKernels(Sources& sources, CoreBuilder& core, const Slice& slice, SynapseFormat format,
                      int largest, int axonDelay) {
    format.kind = ListKind::Kernel;
    format.delayBits = format.indexBits = 0;
    format.first = slice.firstInput;
    const auto divisor = [&](int of) {
      int chosen = random_.between(1, of);
      while (of % chosen != 0) --chosen;
      return chosen;
    };
    const int rows = divisor(slice.inputs), columns = divisor(slice.inputs / rows);
    const int channels = slice.inputs / rows / columns;
    const auto axis = [&](int positions) {
      return ConvolutionAxis{
          1, positions, random_.between(1, 3), random_.between(1, 3), 0, random_.between(1, 2)};
    };
    format.rows = axis(rows);
    format.columns = axis(columns);
    const std::uint64_t record = addFormat(core, format);
    struct Kernel {
      std::uint64_t address;
      int channel, count;
    };
    std::vector<Kernel> kernels;
    for (int k = random_.between(1, 4); k > 0; --k) {
      const int channel = random_.between(0, channels - 1), count = random_.between(1, channels - channel);
      std::vector<std::int32_t> weights;
      for (int i = 0; i < format.rows.kernel * format.columns.kernel * count; ++i)
        weights.push_back(random_.chance(20) ? 0 : weight(largest));
      kernels.push_back({packKernel(core.synapses, weights, static_cast<std::uint64_t>(count), format,
                                    profile_.weightTruncation),
                         channel, count});
    }
    const auto place = [&](const ConvolutionAxis& along) {
      return random_.between(
          0,
          static_cast<int>((along.outputs - 1) * along.stride + (along.kernel - 1) * along.dilation) % 255);
    };
    for (auto& routes : sources) {
      if (random_.chance(20)) continue;
      const Kernel& kernel = kernels[static_cast<std::size_t>(random_.between(0, int(kernels.size()) - 1))];
      const int row = place(format.rows), column = place(format.columns);
      routes.push_back(
          enter(slice.core, format, record, kernel.address, kernel.count,
                {{"delay", axonDelay}, {"row", row}, {"column", column}, {"channel", kernel.channel}}));
    }
  }

  // The axis of a convolution that leaves room for an output.
  ConvolutionAxis randomAxis(int inputs) {
    for (;;) {
      ConvolutionAxis axis{inputs, 1, random_.between(1, 3), random_.between(1, 2), 0, random_.between(1, 2)};
      axis.padding = random_.between(0, static_cast<int>(axis.kernel) - 1);
      axis.outputs = axis.room();
      if (axis.outputs > 0) return axis;
    }
  }

  // An input, layers that each convolve the one before, and one that answers.
  void makeConvolutionalPopulations() {
    const auto extent = [&] { return random_.between(2, options_.neurons); };
    grid_ = {random_.between(1, 2), random_.chance(20) ? 1 : extent(), extent()};  // one row: Conv1d
    const bool graded = random_.chance(20);
    inputs_.push_back({graded ? image::Encoding::Graded : image::Encoding::Binary,
                       graded ? random_.between(1, 4) : 1,
                       Sources(static_cast<std::size_t>(grid_[0] * grid_[1] * grid_[2]))});
    const int layers = random_.between(1, options_.layers), program = random_.between(0, layers - 1);
    for (std::array<int, 3> from = grid_; std::ssize(geometries_) < layers;) {
      const int layer = static_cast<int>(geometries_.size());
      const models::ModelTable* model = someModel([&](const models::ModelTable& one) {
        return one.spiking && one.portCount() == 1 &&
               (options_.plain ? !one.graded && !one.microcode : one.microcode || layer != program);
      });
      Convolution geometry{from[0], random_.chance(15) ? random_.between(9, 12) : random_.between(1, 4), 1,
                           randomAxis(from[1]), randomAxis(from[2])};
      if (random_.chance(30)) geometry.channelsOut = geometry.groups = from[0];  // one for each channel
      geometries_.push_back(geometry);
      from = {static_cast<int>(geometry.channelsOut), static_cast<int>(geometry.rows.outputs),
              static_cast<int>(geometry.columns.outputs)};
      populations_.push_back({model, from[0] * from[1] * from[2], random_.chance(10), from});
    }
    populations_.push_back({someModel([&](const models::ModelTable& one) {
                              return one.portCount() == 1 &&
                                     !(options_.plain && (one.graded || one.microcode));
                            }),
                            random_.between(2, 4), false});
    for (const Population& population : populations_)
      routes_.emplace_back(static_cast<std::size_t>(population.size));
  }

  void makeConvolutions() {
    const int answer = static_cast<int>(populations_.size()) - 1;
    for (int p = 0; p < answer; ++p) {
      const Population& population = populations_[static_cast<std::size_t>(p)];
      convolve(p == 0 ? inputs_[0].routes : routes_[static_cast<std::size_t>(p - 1)], p,
               geometries_[static_cast<std::size_t>(p)]);
      for (int source = p; options_.recurrence && source < answer; ++source) {
        if (source > p && !random_.chance(30)) continue;
        // From itself and from later layers: any kernel, what lies beyond the target meets nothing.
        const auto& from = populations_[static_cast<std::size_t>(source)].grid;
        Convolution back{from[0], population.grid[0], 1, randomAxis(from[1]), randomAxis(from[2])};
        back.rows.outputs = population.grid[1], back.columns.outputs = population.grid[2];
        convolve(routes_[static_cast<std::size_t>(source)], p, back);
      }
    }
    projectSparsely(routes_[static_cast<std::size_t>(answer - 1)], answer);
    if (random_.chance(30)) projectSparsely(inputs_[0].routes, answer);
  }

  void projectSparsely(Sources& sources, int target) {
    SynapseFormat format = randomFormat(4, -4);
    format.delayBits = options_.delays && random_.chance(50) ? random_.between(1, 3) : 0;
    forEachSliceOf(target, [&](CoreBuilder& core, const Slice& slice, int group) {
      format.group = group;
      projectSlice(sources, core, slice, format, 120, 0);
    });
  }

  SynapseFormat randomFormat(int leastBits, int leastExponent) {
    SynapseFormat format;
    format.weightBits = random_.chance(70) ? 8 : random_.between(leastBits, 8);
    format.signMode = static_cast<SignMode>(random_.chance(60) ? 0 : random_.between(1, 2));
    format.exponent =
        random_.between(options_.plain ? std::min(0, maxExponent_) : leastExponent, maxExponent_);
    return format;
  }

  // SPEC F15, I10: what each core's tiles of the target receive. Every channel of sources has a delay.
  void convolve(Sources& sources, int target, const Convolution& geometry) {
    SynapseFormat format = randomFormat(4, -4);
    const bool pooling = geometry.groups > 1 && random_.chance(50);
    std::vector<std::int32_t> kernel;
    for (std::int64_t k = 0; k < geometry.kernelSize(); ++k)
      kernel.push_back(random_.chance(15) ? 0 : random_.between(-60, 120));
    if (pooling) std::fill(kernel.begin(), kernel.end(), random_.between(20, 90));
    std::vector<int> delays;
    for (std::int64_t c = 0; c < geometry.channelsIn; ++c)
      delays.push_back(options_.delays && random_.chance(60) ? random_.between(0, 4) : 0);
    forEachSliceOf(target, [&](CoreBuilder& core, const Slice& slice, int group) {
      format.group = group;
      convolveTile(sources, core, slice, format, geometry, kernel, delays);
    });
  }

  void convolveTile(Sources& sources, CoreBuilder& core, const Slice& slice, SynapseFormat format,
                    const Convolution& geometry, const std::vector<std::int32_t>& kernel,
                    const std::vector<int>& delays) {
    const auto& grid = populations_[static_cast<std::size_t>(slice.population)].grid;
    const int positions = grid[1] * grid[2];
    const int firstChannel = slice.firstNeuron / positions,
              firstRow = slice.firstNeuron % positions / grid[2];
    const int channels = std::max(1, slice.count / positions);
    format.kind = ListKind::Kernel;
    format.first = slice.firstInput;
    format.rows = geometry.rows, format.columns = geometry.columns;
    format.rows.outputs = slice.count / channels / grid[2];
    const std::uint64_t record = addFormat(core, format);
    std::map<std::vector<std::int32_t>, std::uint64_t> packed;  // equal kernels have one list
    for (int from = 0; from < geometry.channelsIn; ++from) {
      const int ofGroup = static_cast<int>(geometry.channelsOutPerGroup());
      const int group = from / static_cast<int>(geometry.channelsInPerGroup());
      const int begin = std::max(firstChannel, group * ofGroup);
      const int end = std::min(firstChannel + channels, (group + 1) * ofGroup);
      if (begin >= end) continue;
      std::vector<std::int32_t> weights;
      for (std::int64_t row = 0; row < geometry.rows.kernel; ++row)
        for (std::int64_t column = 0; column < geometry.columns.kernel; ++column)
          for (int channel = begin; channel < end; ++channel)
            weights.push_back(kernel[static_cast<std::size_t>(
                geometry.kernelIndex(channel, from % geometry.channelsInPerGroup(), row, column))]);
      const auto [list, isNew] = packed.try_emplace(weights);
      if (isNew)
        list->second = packKernel(core.synapses, weights, static_cast<std::uint64_t>(end - begin), format,
                                  profile_.weightTruncation);
      const auto rows = static_cast<int>(geometry.rows.inputs),
                 columns = static_cast<int>(geometry.columns.inputs);
      for (int at = 0; at < rows * columns; ++at) {
        const int row = at / columns + static_cast<int>(geometry.rows.padding) -
                        firstRow * static_cast<int>(geometry.rows.stride);
        if (row < 0) continue;  // the tile begins behind it
        sources[static_cast<std::size_t>(from * rows * columns + at)].push_back(
            enter(slice.core, format, record, list->second, end - begin,
                  {{"delay", delays[static_cast<std::size_t>(from)]},
                   {"row", row},
                   {"column", at % columns + geometry.columns.padding},
                   {"channel", begin - firstChannel}}));
      }
    }
  }

  int weight(int largest) {
    if (random_.chance(3)) return random_.chance(50) ? -256 : 255;
    return random_.between(-largest, largest);
  }

  void setSharedRegisters(RecordWriter& records, std::uint64_t record, const models::ModelTable& model) {
    auto edge = [&](int usual, int least, int most) {
      return random_.chance(5) ? (random_.chance(50) ? least : most) : usual;
    };
    require(records.set(record, "du", edge(random_.between(0, 4095), 0, 4095)));
    require(records.set(record, "dv", edge(random_.between(0, random_.chance(50) ? 400 : 4096), 0, 4096)));
    require(records.set(record, "vth", edge(random_.between(0, random_.chance(50) ? 300 : 5000), 0, 131071)));
    require(records.set(record, "bias_exponent", random_.between(-8, 7)));
    const int mode = random_.chance(60) ? 0 : random_.between(1, 2);
    require(records.set(record, "reset_mode", mode));
    require(records.set(record, "reset_value", edge(random_.between(-500, 500), -131072, 131071)));
    require(records.set(record, "model", model.opcode));
  }

  void makeNeurons(int k) {
    CoreBuilder& core = cores_[static_cast<std::size_t>(k)];
    for (const Slice& slice : core.slices) {
      const models::ModelTable& model = *populations_[static_cast<std::size_t>(slice.population)].model;
      std::uint64_t profile = 0;
      for (int i = 0; i < slice.count; ++i) {
        const auto c = static_cast<std::uint64_t>(slice.firstCompartment + i);
        if (wide_) {
          setSharedRegisters(core.neurons, c, model);
        } else {
          if (i == 0 || (random_.chance(20) && core.profiles.records() < 255)) {
            profile = core.profiles.add();
            setSharedRegisters(core.profiles, profile, model);
          }
          require(core.neurons.set(c, "profile", static_cast<std::int64_t>(profile)));
        }
        require(
            core.neurons.set(c, "bias_mantissa",
                             random_.chance(50) ? 0 : random_.between(-4096, 4095) >> random_.between(0, 8)));
        if (model.microcode) require(core.neurons.set(c, "constants", makeConstants(core, model)));
        const auto& routes = routes_[static_cast<std::size_t>(slice.population)]
                                    [static_cast<std::size_t>(slice.firstNeuron + i)];
        require(core.neurons.set(c, "route_first", static_cast<std::int64_t>(core.routes.records())));
        require(core.neurons.set(c, "route_count", static_cast<std::int64_t>(routes.size())));
        addRoutes(core.routes, routes);
      }
    }
  }

  // SPEC I9: small numbers, or now and then any that the model admits.
  std::int64_t makeConstants(CoreBuilder& core, const models::ModelTable& model) {
    const auto first = static_cast<std::int64_t>(core.constants.records());
    for (const models::FixedParameter& parameter : model.fixedParameters) {
      const bool small = random_.chance(85);
      const int most = small ? std::min(parameter.maximum, 6000) : parameter.maximum;
      const int least = small ? std::clamp(parameter.minimum, -600, most) : parameter.minimum;
      require(core.constants.set(core.constants.add(), "value", random_.between(least, most)));
    }
    return first;
  }

  static void addRoutes(RecordWriter& records, const std::vector<Target>& routes) {
    for (const Target& route : routes) {
      const std::uint64_t record = records.add();
      require(records.set(record, "core", route.core));
      require(records.set(record, "axon", route.axon));
      require(records.set(record, "atom", route.atom));
    }
  }

  Image write() {
    ImageWriter writer;
    image::HeaderT& header = writer.header;
    header.generator = "random image";
    header.network = "random";
    header.chip = "none";
    header.profile = std::string(profile_.name);
    header.quantization = "{}";
    for (const LayoutSpec* spec : {wide_ ? &kWideNeuron : &kNarrowNeuron, wide_ ? &kEmptyProfile : &kProfile,
                                   &kAxon, &kFormat, &kRoute, &kConstant})
      header.layouts.push_back(std::make_unique<image::LayoutT>(makeLayout(*spec)));
    for (std::size_t p = 0; p < populations_.size(); ++p) writePopulation(header, p);
    for (std::size_t k = 0; k < cores_.size(); ++k) writeCore(writer, k);
    for (std::size_t i = 0; i < inputs_.size(); ++i) writeInput(writer, i);
    for (std::size_t p = 0; p < populations_.size(); p += 2) writeOutput(header, p);
    Expected<Image> image = writer.finish();
    if (!image) broken(image.error());
    return *std::move(image);
  }

  void writePopulation(image::HeaderT& header, std::size_t p) {
    auto population = std::make_unique<image::PopulationT>();
    population->name = "layer" + std::to_string(p);
    population->model = std::string(populations_[p].model->name);
    population->size = static_cast<std::uint32_t>(populations_[p].size);
    population->shape = {populations_[p].size};
    population->lag = static_cast<std::uint32_t>(p + 1);
    population->hidden = populations_[p].hidden;
    for (const std::string_view state : populations_[p].model->states) {
      auto scale = std::make_unique<image::ScaleT>();
      scale->state = std::string(state);
      scale->values = {64.0};
      population->scales.push_back(std::move(scale));
    }
    header.populations.push_back(std::move(population));
  }

  void writeCore(ImageWriter& writer, std::size_t k) {
    const CoreBuilder& builder = cores_[k];
    auto core = std::make_unique<image::CoreT>();
    core->id = static_cast<std::uint32_t>(k);
    for (const Slice& slice : builder.slices)
      core->slices.push_back(
          std::make_unique<image::SliceT>(image::SliceT{{},
                                                        static_cast<std::uint32_t>(slice.population),
                                                        static_cast<std::uint32_t>(slice.firstNeuron),
                                                        static_cast<std::uint32_t>(slice.count),
                                                        static_cast<std::uint32_t>(slice.firstCompartment)}));
    auto add = [&](const char* name, const RecordWriter& records) {
      core->memories.push_back(std::make_unique<image::MemoryT>(writer.addMemory(name, records)));
    };
    add("neuron", builder.neurons);
    add("profile", builder.profiles);
    add("axon", builder.axons);
    add("format", builder.formats);
    add("route", builder.routes);
    add("constant", builder.constants);
    core->memories.push_back(std::make_unique<image::MemoryT>(
        writer.addMemory("synapse", builder.synapses, builder.synapses.size())));
    writer.header.cores.push_back(std::move(core));
  }

  void writeInput(ImageWriter& writer, std::size_t i) {
    auto input = std::make_unique<image::InputT>();
    input->name = "input" + std::to_string(i);
    input->size = static_cast<std::uint32_t>(inputs_[i].routes.size());
    input->shape = {static_cast<std::int64_t>(inputs_[i].routes.size())};
    input->encoding = inputs_[i].encoding;
    input->max_payload = inputs_[i].payload;
    RecordWriter routes(makeLayout(kRoute));
    std::vector<std::uint64_t> index;
    for (const auto& channel : inputs_[i].routes) {
      index.push_back(routes.records());
      index.push_back(channel.size());
      addRoutes(routes, channel);
    }
    input->routes = std::make_unique<image::MemoryT>(writer.addMemory("route", routes));
    input->route_index =
        std::make_unique<image::MemoryT>(writer.addMemory("route_index", index, inputs_[i].routes.size()));
    writer.header.inputs.push_back(std::move(input));
  }

  void writeOutput(image::HeaderT& header, std::size_t p) {
    auto output = std::make_unique<image::OutputT>();
    output->name = "output" + std::to_string(p);
    output->shape = {populations_[p].size};
    auto part = std::make_unique<image::OutputPartT>();
    part->population = static_cast<std::uint32_t>(p);
    part->state = populations_[p].model->spiking ? "" : "v";
    output->parts.push_back(std::move(part));
    header.outputs.push_back(std::move(output));
  }

  struct Input {
    image::Encoding encoding;
    int payload;
    Sources routes;
  };

  Random random_;
  RandomOptions options_;
  int maxExponent_;
  bool populationAxons_;
  bool wide_;  // every register in the neuron's record, or shared ones in profiles
  Profile profile_;
  std::vector<Population> populations_;
  std::array<int, 3> grid_{};            // of the input of convolutions
  std::vector<Convolution> geometries_;  // of each population that one reaches
  std::vector<CoreBuilder> cores_;
  std::vector<Input> inputs_;
  std::vector<Sources> routes_;  // of each population
};

}  // namespace

Image makeRandomImage(std::uint64_t seed, const RandomOptions& options) {
  // SPEC W8 may refuse large exponents: the same seed again with smaller ones.
  for (int maxExponent = 7; maxExponent >= -8; maxExponent -= 3) {
    Image image = Generator(seed, options, maxExponent).make();
    const Expected<Program> program = decode(image);
    if (program) return image;
    if (program.error().diagnostics.front().code != "R0510") broken(program.error());
  }
  return makeRandomImage(seed + 0x9e3779b97f4a7c15, options);
}

std::shared_ptr<const Program> makeRandomProgram(std::uint64_t seed, const RandomOptions& options) {
  Expected<Program> program = decode(makeRandomImage(seed, options));
  if (!program) broken(program.error());
  return std::make_shared<const Program>(*std::move(program));
}

InputBatch makeRandomInput(const Program& program, std::int64_t batch, std::int64_t steps, std::uint64_t seed,
                           double density) {
  Random random(seed);
  const int percent = static_cast<int>(density * 100);
  InputBatch input{batch, steps, {}};
  for (const InputInfo& info : program.inputs) {
    InputBatch::Series series;
    const auto count = static_cast<std::size_t>(batch * steps * info.size);
    const bool graded = info.encoding == image::Encoding::Graded;
    for (std::size_t i = 0; i < count; ++i) {
      const int payload =
          !random.chance(percent) ? 0 : random.between(graded ? -info.maxPayload : 1, info.maxPayload);
      if (graded)
        series.wide.push_back(payload);
      else
        series.narrow.push_back(static_cast<std::uint8_t>(payload));
    }
    input.inputs.push_back(std::move(series));
  }
  return input;
}

}  // namespace rheo::test
