// What random images are made of: numbers, layouts of records, and cores under construction.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "chip/ChipSpec.h"
#include "chip/Image.h"
#include "chip/Layout.h"
#include "chip/Program.h"
#include "chip/Synapses.h"
#include "models/Model.h"
#include "network/Convolution.h"

namespace rheo::test {

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

[[noreturn]] inline void broken(const Error& error) {
  const Diagnostic& diagnostic = error.diagnostics.front();
  std::fprintf(stderr, "random image: %s %s: %s\n", diagnostic.code.c_str(), diagnostic.where.c_str(),
               diagnostic.message.c_str());
  std::abort();
}

inline void require(const Status& status) {
  if (!status) broken(status.error());
}

struct Population {
  const models::ModelTable* model;
  int size;
  bool hidden;
  std::array<int, 3> grid = {0, 1, 1};  // [channels, rows, columns] of one that convolutions reach
};

struct Slice {
  int population, firstNeuron, count, core, firstCompartment, firstInput, inputs;
};

inline const LayoutSpec kWideNeuron{"neuron",
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
inline const LayoutSpec kConstant{"constant", {{"value", 32, true}}};
inline const LayoutSpec kNarrowNeuron{"neuron",
                                      {{"profile", 8, false},
                                       {"bias_mantissa", 13, true},
                                       {"route_count", 8, false},
                                       {"route_first", 16, false},
                                       {"constants", 16, false}}};
inline const LayoutSpec kProfile{"profile",
                                 {{"vth", 17, false},
                                  {"du", 12, false},
                                  {"dv", 13, false},
                                  {"bias_exponent", 4, true},
                                  {"reset_mode", 2, false},
                                  {"reset_value", 18, true},
                                  {"model", 6, false}}};
inline const LayoutSpec kEmptyProfile{"profile", {{"unused", 1, false}}};
inline const LayoutSpec kAxon{"axon",
                              {{"list", 24, false},
                               {"count", 16, false},
                               {"format", 10, false},
                               {"delay", 6, false},
                               {"row", 8, false},
                               {"column", 8, false},
                               {"channel", 8, false},
                               {"atoms", 8, false}}};
inline const LayoutSpec kFormat{"format",
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
inline const LayoutSpec kRoute{"route", {{"core", 8, false}, {"axon", 20, false}, {"atom", 8, false}}};

struct Target {
  std::int32_t core, axon, atom;
};
using Sources = std::vector<std::vector<Target>>;  // where the spikes of each neuron or channel go

struct CoreBuilder {
  explicit CoreBuilder(RecordWriter neuronRecords) : neurons(std::move(neuronRecords)) {}
  RecordWriter neurons, profiles{makeLayout(kProfile)}, axons{makeLayout(kAxon)},
      formats{makeLayout(kFormat)}, routes{makeLayout(kRoute)}, constants{makeLayout(kConstant)};
  std::vector<std::uint64_t> synapses;
  // What an axon says, its list left out -> the last one that says so, and its first list. SPEC I5
  struct Open {
    std::uint64_t axon = 0;
    std::int64_t list = 0, atoms = 0;
  };
  std::map<std::vector<std::int64_t>, Open> open;
  std::vector<Slice> slices;
  int groups = 0, inputs = 0;
};

// As many neurons from `first` on, at most `size`, as are whole channels, or whole rows of one; one at
// least.
inline int wholeTile(const Population& population, int first, int size) {
  if (population.grid[0] == 0) return size;
  const int row = population.grid[2], channel = population.grid[1] * row;
  if (first % channel == 0 && size >= channel) return size / channel * channel;
  return std::clamp(size / row * row, row, channel - first % channel);
}

inline std::uint64_t addFormat(CoreBuilder& core, const SynapseFormat& format) {
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

}  // namespace rheo::test
