// Random chip images: populations cut into slices over cores, projections as axons and synapse lists.
#include "support/RandomProgram.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "chip/Synapses.h"

namespace rheo::test {
namespace {

// Integers that do not depend on the standard library's distributions.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  int between(int least, int most) {
    const std::int64_t span = std::int64_t{most} - least + 1;
    return static_cast<int>(least + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(span)));
  }
  bool chance(int percent) { return between(1, 100) <= percent; }

 private:
  std::mt19937_64 engine_;
};

[[noreturn]] void broken(const Error& error) {
  const Diagnostic& diagnostic = error.diagnostics.front();
  std::fprintf(stderr, "random image: %s %s: %s\n", diagnostic.code.c_str(), diagnostic.where.c_str(),
               diagnostic.message.c_str());
  std::abort();
}

void require(const Status& status) {
  if (!status) broken(status.error());
}

struct Population {
  const models::ModelTable* model;
  int size;
  bool hidden;
};

struct Slice {
  int population, firstNeuron, count, core, firstCompartment, firstInput, inputs;
};

const LayoutSpec kWideNeuron{"neuron",
                             {{"du", 12, false},
                              {"dv", 13, false},
                              {"vth", 17, false},
                              {"bias_mantissa", 13, true},
                              {"bias_exponent", 4, true},
                              {"reset_mode", 2, false},
                              {"reset_value", 18, true},
                              {"model", 6, false},
                              {"route_first", 16, false},
                              {"route_count", 8, false},
                              {"constants", 16, false}}};
const LayoutSpec kConstant{"constant", {{"value", 32, true}}};
const LayoutSpec kNarrowNeuron{"neuron",
                               {{"profile", 8, false},
                                {"bias_mantissa", 13, true},
                                {"route_count", 8, false},
                                {"route_first", 16, false},
                                {"constants", 16, false}}};
const LayoutSpec kProfile{"profile",
                          {{"vth", 17, false},
                           {"du", 12, false},
                           {"dv", 13, false},
                           {"bias_exponent", 4, true},
                           {"reset_mode", 2, false},
                           {"reset_value", 18, true},
                           {"model", 6, false}}};
const LayoutSpec kEmptyProfile{"profile", {{"unused", 1, false}}};
const LayoutSpec kAxon{"axon",
                       {{"list", 24, false},
                        {"count", 16, false},
                        {"format", 10, false},
                        {"delay", 6, false},
                        {"row", 8, false},
                        {"column", 8, false},
                        {"channel", 8, false}}};
const LayoutSpec kFormat{"format",
                         {{"kind", 2, false},
                          {"weight_bits", 4, false},
                          {"sign_mode", 2, false},
                          {"exponent", 5, true},
                          {"delay_bits", 3, false},
                          {"index_bits", 5, false},
                          {"first", 16, false},
                          {"group", 10, false},
                          {"rows", 12, false},
                          {"columns", 12, false},
                          {"kernel_rows", 3, false},
                          {"kernel_columns", 3, false},
                          {"stride_rows", 2, false},
                          {"stride_columns", 2, false},
                          {"dilation_rows", 2, false},
                          {"dilation_columns", 2, false}}};
const LayoutSpec kRoute{"route", {{"core", 8, false}, {"axon", 20, false}}};

struct CoreBuilder {
  explicit CoreBuilder(RecordWriter neuronRecords) : neurons(std::move(neuronRecords)) {}
  RecordWriter neurons, profiles{makeLayout(kProfile)}, axons{makeLayout(kAxon)},
      formats{makeLayout(kFormat)}, routes{makeLayout(kRoute)}, constants{makeLayout(kConstant)};
  std::vector<std::uint64_t> synapses;
  std::vector<Slice> slices;
  int groups = 0, inputs = 0;
};

class Generator {
 public:
  Generator(std::uint64_t seed, const RandomOptions& options, int maxExponent)
      : random_(seed),
        options_(options),
        maxExponent_(maxExponent),
        wide_(random_.chance(50)),
        profile_(random_.chance(60) ? kLavaProfile : kLoihi1Profile) {}

  Image make() {
    makePopulations();
    makeCores();
    makeInputs();
    makeProjections();
    for (std::size_t k = 0; k < cores_.size(); ++k) makeNeurons(static_cast<int>(k));
    return write();
  }

 private:
  using Sources = std::vector<std::vector<Route>>;  // routes of each neuron or channel

  void makePopulations() {
    const int layers = random_.between(1, options_.layers);
    for (int i = 0; i < layers; ++i) {
      const models::ModelTable* model;
      do
        model = &models::allModels()[static_cast<std::size_t>(
            random_.between(0, static_cast<int>(models::allModels().size()) - 1))];
      while ((i + 1 < layers && !model->spiking) ||
             (options_.plain && (model->graded || model->microcode || model->portCount() != 1)));
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
        const int size = random_.chance(50) ? left : random_.between(1, left);
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

  // All-to-all with random gaps, one group for each core that holds a part of the target.
  void project(Sources& sources, int target) {
    SynapseFormat format;
    format.weightBits = random_.chance(70) ? 8 : random_.between(1, 8);
    format.signMode = static_cast<SignMode>(random_.chance(60) ? 0 : random_.between(1, 2));
    format.exponent = random_.between(options_.plain ? std::min(0, maxExponent_) : -8, maxExponent_);
    format.delayBits = options_.delays && random_.chance(40) ? random_.between(1, 5) : 0;
    format.kind = random_.chance(40) ? ListKind::Dense : ListKind::Sparse;
    if (format.kind == ListKind::Dense) format.delayBits = 0;
    const bool kernels = random_.chance(25);
    const int largest = random_.chance(30) ? 256 : random_.between(1, 100);
    const int axonDelay =
        options_.delays && random_.chance(30) ? random_.between(0, random_.chance(20) ? 31 : 4) : 0;
    for (CoreBuilder& core : cores_) {
      int group = -1;
      for (const Slice& slice : core.slices)
        if (slice.population == target) {
          if (group < 0) group = core.groups++;
          format.group = group;
          if (kernels)
            projectKernels(sources, core, slice, format, largest, axonDelay);
          else
            projectSlice(sources, core, slice, format, largest, axonDelay);
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
      const std::uint64_t axon = core.axons.add();
      require(core.axons.set(axon, "list", static_cast<std::int64_t>(*address)));
      require(core.axons.set(axon, "count", static_cast<std::int64_t>(list.size())));
      require(core.axons.set(axon, "format", static_cast<std::int64_t>(record)));
      require(core.axons.set(axon, "delay", random_.chance(50) ? axonDelay : 0));
      routes.push_back({slice.core, static_cast<std::int32_t>(axon)});
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
      const std::uint64_t axon = core.axons.add();
      require(core.axons.set(axon, "list", static_cast<std::int64_t>(kernel.address)));
      require(core.axons.set(axon, "count", kernel.count));
      require(core.axons.set(axon, "format", static_cast<std::int64_t>(record)));
      require(core.axons.set(axon, "delay", axonDelay));
      require(core.axons.set(axon, "row", place(format.rows)));
      require(core.axons.set(axon, "column", place(format.columns)));
      require(core.axons.set(axon, "channel", kernel.channel));
      routes.push_back({slice.core, static_cast<std::int32_t>(axon)});
    }
  }

  static std::uint64_t addFormat(CoreBuilder& core, const SynapseFormat& format) {
    const std::uint64_t record = core.formats.add();
    require(core.formats.set(record, "kind", static_cast<int>(format.kind)));
    require(core.formats.set(record, "weight_bits", format.weightBits));
    require(core.formats.set(record, "sign_mode", static_cast<int>(format.signMode)));
    require(core.formats.set(record, "exponent", format.exponent));
    require(core.formats.set(record, "delay_bits", format.delayBits));
    require(core.formats.set(record, "index_bits", format.indexBits));
    require(core.formats.set(record, "first", format.first));
    require(core.formats.set(record, "group", format.group));
    if (format.kind != ListKind::Kernel) return record;
    for (const auto& [names, axis] :
         {std::pair{std::array{"rows", "kernel_rows", "stride_rows", "dilation_rows"}, &format.rows},
          {std::array{"columns", "kernel_columns", "stride_columns", "dilation_columns"}, &format.columns}}) {
      require(core.formats.set(record, names[0], axis->outputs));
      require(core.formats.set(record, names[1], axis->kernel));
      require(core.formats.set(record, names[2], axis->stride));
      require(core.formats.set(record, names[3], axis->dilation));
    }
    return record;
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

  static void addRoutes(RecordWriter& records, const std::vector<Route>& routes) {
    for (const Route& route : routes) {
      const std::uint64_t record = records.add();
      require(records.set(record, "core", route.core));
      require(records.set(record, "axon", route.axon));
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
  bool wide_;  // every register in the neuron's record, or shared ones in profiles
  Profile profile_;
  std::vector<Population> populations_;
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
