// The generic decoder, in three parts: Decode.cpp follows neurons, routes and ports, DecodeSynapses.cpp
// formats, axons and lists, DecodeGrid.cpp where cores lie. Private to them.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "chip/Program.h"
#include "chip/Synapses.h"

namespace rheo {

inline Error contentError(const char* code, std::string where, std::string message, std::string remedy = "") {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.where = std::move(where);
  diagnostic.message = std::move(message);
  diagnostic.remedy = remedy.empty() ? "compile the network again" : std::move(remedy);
  return Error::of(ErrorKind::Format, std::move(diagnostic));
}

// Lists may be shared by axons of different delays, ranges of routes by neurons, axons by routes; beyond this
// many decoded items for each stored word a file is hostile, not thrifty.
inline constexpr std::uint64_t kExpansion = 256;
// Atoms of axons: as many as routes of two bits could name. Their lists may be empty, so none bound them.
inline constexpr std::uint64_t kAtomsPerWord = 32;

class Decoder {
 public:
  explicit Decoder(const Image& image) : image_(image), header_(image.header()) {}

  // Populations, and of the cores slices and registers.
  Expected<Program> decodeParameters();
  Expected<Program> decode() {
    program_.profile = findProfile(header_.profile()->string_view());
    if (!program_.profile)
      return contentError("R0507", "",
                          fmt::format("unknown arithmetic profile '{}'", header_.profile()->str()));
    using Stage = Status (Decoder::*)();
    for (Stage stage : {&Decoder::decodePopulations, &Decoder::decodeGrid, &Decoder::countAtoms,
                        &Decoder::decodeCores, &Decoder::checkPopulations, &Decoder::decodeInputs,
                        &Decoder::decodeOutputs, &Decoder::checkRoutes, &Decoder::checkWays})
      if (Status status = (this->*stage)(); !status) return std::move(status).error();
    return finish();
  }

 private:
  struct Records;

  Status decodePopulations();
  Status checkClones() const;
  Status decodeGrid();
  Expected<GridShape> readGrid() const;
  Status indexCores();
  Status decodeCores();
  Status decodeCore(const image::Core& source, Core& core);
  Status decodeNeurons(const image::Core& source, Core& core);
  Status decodeSlices(const image::Core& source, Core& core);
  Status decodeRegisters(const image::Core& source, Core& core);
  Status decodeCompartment(const CompartmentSlice& slice, std::int32_t compartment, Core& core);
  Status decodeFormats(const image::Core& source, Core& core);
  Status checkFormat(const SynapseFormat& format, std::uint64_t records, std::int32_t inputs) const;
  std::uint64_t allWords() const;
  Status countAtoms();
  Status decodeAxons(const image::Core& source, Core& core);
  Status decodeAtoms(std::int32_t record, const Records& table, const SynapseFormat& format,
                     std::int32_t delay, std::span<const std::uint64_t> words, Core& core);
  Status decodeKernelAxon(std::int32_t record, std::uint64_t list, const Records& table,
                          const SynapseFormat& format, std::int32_t delay,
                          std::span<const std::uint64_t> words, Core& core);
  Status decodeList(std::uint64_t list, std::uint64_t count, const SynapseFormat& format,
                    std::int32_t axonDelay, std::span<const std::uint64_t> words, Core& core);
  Status decodeCoreRoutes(const image::Core& source, Core& core);
  Status checkPopulations();
  Status decodeInputs();
  Status decodeOutputs();
  Status checkRoutes();
  Status checkWays();
  Expected<Program> finish();

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
    const image::Layout* entry = findLayout(header_, record);
    if (!source || !entry) return {};
    return {RecordView(*entry, image_.words(*source)), source->records(), source->words()};
  }
  Records records(const image::Core& core, std::string_view record) const {
    return records(findMemory(core, record), record);
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

  // Which entries of a kernel list meet which positions, from an axon's place along an axis: their number,
  // and the first of them. The others follow in steps that the format fixes, so axons that agree in entry and
  // number share their synapses.
  struct Meetings {
    std::int64_t place = 0, position = 0, entry = 0, count = 0;
  };
  using ListKey = std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t>;
  using KernelKey = std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int32_t, std::int64_t,
                               std::int64_t, std::int64_t, std::int64_t>;
  // Inputs of neighbouring slices of one population.
  struct InputRun {
    std::int64_t first, end;
  };
  void findRuns(const Core& core);
  static Meetings meetingsOf(const ConvolutionAxis& axis, std::int64_t place);
  void decodeKernel(std::uint64_t list, std::uint64_t channels, const Meetings& rows, const Meetings& columns,
                    const SynapseFormat& format, std::int32_t delay, std::span<const std::uint64_t> words,
                    Core& core) const;

  const Image& image_;
  const image::Header& header_;
  Program program_;
  std::vector<std::int32_t> coreIndex_;               // [id]: into header_.cores(), or -1
  std::vector<std::vector<std::int32_t>> axonStart_;  // [core][record]: into Core::axons; one more at the end
  std::string where_;                                 // "core 3"
  Records neurons_, profiles_, constants_;            // of the core being decoded
  std::uint64_t profile_ = 0;                         // of the compartment being decoded
  std::vector<SynapseFormat> formats_;                // of the core being decoded
  std::vector<InputRun> runs_;                        // of the core being decoded
  std::uint64_t listed_ = 0;  // synapses of lists, not kernels, of the core being decoded
  // Synapses of kernels decoded so far in all cores, each counted once for the axons that share it; how many
  // may be: 200 MB of them, and more where there are words for it.
  std::uint64_t visited_ = 0, visitable_ = std::uint64_t{1} << 24;
  std::map<ListKey, std::uint64_t> known_;  // equal axons of a core share their decoded list
  std::map<KernelKey, std::pair<std::uint64_t, std::uint64_t>> kernels_;  // -> first synapse, count
};

}  // namespace rheo
