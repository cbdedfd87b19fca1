// Weights and thresholds as analog devices hold them.
#include "faults/Device.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <vector>

#include "chip/Layout.h"
#include "faults/Chance.h"

namespace rheo::faults {
namespace {

constexpr double kLargest = 25;       // uS
constexpr double kFirstRead = 20;     // s after programming, to which drift refers
constexpr double kReadTime = 250e-9;  // s

// The streams of one seed.
enum DeviceStream : std::uint32_t { kMismatch = 16, kThreshold, kProgramming, kDrift, kReading };

std::int32_t nearest(double value, std::int32_t least, std::int32_t most) {
  return static_cast<std::int32_t>(std::clamp(std::nearbyint(value), double(least), double(most)));
}

// Where the weights of a list's axon are stored, in the order in which they are decoded: the first bit of
// each.
std::vector<std::uint64_t> weightPlaces(const Core& core, const Axon& axon, const ListUse& use,
                                        const SynapseFormat& format, std::int64_t channel, std::int64_t row,
                                        std::int64_t column) {
  std::vector<std::uint64_t> places;
  const auto bits = static_cast<std::uint32_t>(synapseBits(format));
  if (format.kind != ListKind::Kernel) {
    for (std::uint64_t k = 0; k < axon.synapseCount; ++k)
      places.push_back(use.list * 64 + recordStart(k, bits));
    return places;
  }
  // SPEC I10: which entry of the kernel meets an input, from the input's row and column.
  std::map<std::int64_t, std::int64_t> rows, columns;
  format.rows.outputsOf(row, [&](std::int64_t output, std::int64_t entry) { rows[output] = entry; });
  format.columns.outputsOf(column, [&](std::int64_t output, std::int64_t entry) { columns[output] = entry; });
  const std::int64_t width = format.columns.outputs, positions = format.rows.outputs * width;
  const std::uint64_t entryWords = kernelEntryWords(use.count, format);
  for (std::uint64_t k = 0; k < axon.synapseCount; ++k) {
    const std::int64_t input = axon.base + core.synapses[axon.firstSynapse + k].input - format.first;
    const auto entry = static_cast<std::uint64_t>(rows.at(input % positions / width) * format.columns.kernel +
                                                  columns.at(input % width));
    places.push_back((use.list + entry * entryWords) * 64 +
                     recordStart(static_cast<std::uint64_t>(input / positions - channel), bits));
  }
  return places;
}

// visit(core, group, synapse index, device) for every decoded synapse once; a device is a stored weight,
// however many synapses are decoded from it. SPEC B14
template <class Visit>
void forEachDevice(const Program& program, const Memories& memories, Visit visit) {
  std::vector<std::vector<bool>> seen;
  for (const Core& core : program.cores) seen.emplace_back(core.synapses.size());
  for (const ListUse& use : memories.lists()) {
    const auto c = static_cast<std::size_t>(use.core);
    const Core& core = program.cores[c];
    const RecordView axons = memories.axonsOf(use.core);
    for (const std::int32_t number : use.axons) {
      const Axon& axon = core.axons[static_cast<std::size_t>(number)];
      if (axon.synapseCount == 0 || seen[c][axon.firstSynapse]) continue;
      const auto get = [&](const char* field) {
        return axons.get(static_cast<std::uint64_t>(axon.record), field);
      };
      const std::vector<std::uint64_t> places =
          weightPlaces(core, axon, use, memories.format(use), get("channel"), get("row"), get("column"));
      for (std::uint64_t k = 0; k < axon.synapseCount; ++k) {
        seen[c][axon.firstSynapse + k] = true;
        visit(c, static_cast<std::size_t>(axon.group), axon.firstSynapse + k,
              (static_cast<std::uint64_t>(c) << 40) + places[k]);
      }
    }
  }
}

void changeWeights(Program& program, const Memories& memories, const DeviceEdit& edit, std::int64_t sample) {
  std::vector<std::vector<std::int32_t>> largest;
  for (const Core& core : program.cores) largest.emplace_back(core.groups.size());
  forEachDevice(program, memories, [&](std::size_t core, std::size_t group, std::uint64_t s, std::uint64_t) {
    std::int32_t& most = largest[core][group];
    most = std::max(most, std::abs(program.cores[core].synapses[s].weight));
  });
  const auto change = [&](std::size_t core, std::size_t group, std::uint64_t s, std::uint64_t device) {
    std::int32_t& weight = program.cores[core].synapses[s].weight;
    if (weight == 0) return;  // nothing is programmed there
    const std::int32_t most = largest[core][group];
    if (edit.what == Manner::WeightMismatch) {
      const double factor = 1 + edit.amount * normalChance(edit.seed, kMismatch, device);
      weight = nearest(weight * factor, -2 * most, 2 * most);
      return;
    }
    const PcmDraws draws{
        normalChance(edit.seed, kProgramming, device), normalChance(edit.seed, kDrift, device),
        normalChance(wideChance(edit.seed, static_cast<std::uint64_t>(sample)), kReading, device)};
    const double held = pcmConductance(std::abs(weight) / double(most), edit.what, edit.amount, draws) * most;
    weight = nearest(weight < 0 ? -held : held, -2 * most, 2 * most);
  };
  forEachDevice(program, memories, change);
}

void changeThresholds(Program& program, const DeviceEdit& edit) {
  std::uint64_t number = 0;
  for (Core& core : program.cores)
    for (const CompartmentSlice& slice : core.slices) {
      const models::ModelTable& model =
          *program.populations[static_cast<std::size_t>(slice.population)].model;
      for (std::size_t p = 0; p < model.fixedParameters.size(); ++p) {
        const models::FixedParameter& parameter = model.fixedParameters[p];
        if (parameter.name != "threshold") continue;
        for (std::int32_t i = 0; i < slice.count; ++i) {
          std::int32_t& value = core.parameters[p][static_cast<std::size_t>(slice.firstCompartment + i)];
          const double factor = 1 + edit.amount * normalChance(edit.seed, kThreshold, number++);
          value = nearest(value * factor, parameter.minimum, parameter.maximum);
        }
      }
    }
}

}  // namespace

double pcmConductance(double wanted, Manner what, double amount, const PcmDraws& draws) {
  const double factor = what == Manner::Programming ? amount : 1;
  const double deviation = std::max(0.0, 0.26348 + 1.9650 * wanted - 1.1731 * wanted * wanted);  // uS
  const double programmed =
      std::max(0.0, wanted * kLargest + factor * deviation * draws.programming) / kLargest;
  if (what == Manner::Programming || programmed <= 0) return programmed;
  const double relative = std::min(1.0, programmed);
  const double mean = std::clamp(-0.0155 * std::log(relative) + 0.0244, 0.049, 0.1);
  const double spread = std::clamp(-0.0125 * std::log(relative) - 0.0059, 0.008, 0.045);
  const double exponent = std::max(0.0, mean + spread * draws.drift);
  const double drifted = programmed * std::pow((amount + kFirstRead) / kFirstRead, -exponent);
  if (what == Manner::Drift) return drifted;
  const double strength = std::min(0.2, 0.0088 / std::pow(relative, 0.65));
  const double noise = std::sqrt(std::max(0.0, std::log((amount + kReadTime) / (2 * kReadTime))));
  return std::max(0.0, drifted * (1 + strength * noise * draws.reading));
}

std::shared_ptr<const Program> deviceProgram(const FlatProgram& flat, const Memories& memories,
                                             const DeviceEdit& edit, std::int64_t sample) {
  auto program = std::make_shared<Program>(flat.program());
  edit.what == Manner::ThresholdMismatch ? changeThresholds(*program, edit)
                                         : changeWeights(*program, memories, edit, sample);
  return program;
}

}  // namespace rheo::faults
