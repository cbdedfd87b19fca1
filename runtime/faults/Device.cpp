// Weights and thresholds as analog devices hold them.
#include "faults/Device.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

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

// visit(group, synapse index) for every synapse once, with the group of the first axon that reads it.
template <class Visit>
void forEachDevice(const Core& core, Visit visit) {
  std::vector<bool> seen(core.synapses.size());
  for (const Axon& axon : core.axons)
    for (std::uint64_t s = axon.firstSynapse; s < axon.firstSynapse + axon.synapseCount; ++s) {
      if (seen[s]) continue;
      seen[s] = true;
      visit(static_cast<std::size_t>(axon.group), s);
    }
}

void changeWeights(Program& program, const DeviceEdit& edit, std::int64_t sample) {
  std::uint64_t number = 0;
  for (Core& core : program.cores) {
    std::vector<std::int32_t> largest(core.groups.size());
    forEachDevice(core, [&](std::size_t group, std::uint64_t s) {
      largest[group] = std::max(largest[group], std::abs(core.synapses[s].weight));
    });
    forEachDevice(core, [&](std::size_t group, std::uint64_t s) {
      std::int32_t& weight = core.synapses[s].weight;
      const std::uint64_t device = number++;
      const double most = std::max(1, largest[group]);
      if (edit.what == Manner::WeightMismatch) {
        const double factor = 1 + edit.amount * normalChance(edit.seed, kMismatch, device);
        weight = nearest(weight * factor, -2 * largest[group], 2 * largest[group]);
        return;
      }
      const PcmDraws draws{
          normalChance(edit.seed, kProgramming, device), normalChance(edit.seed, kDrift, device),
          normalChance(wideChance(edit.seed, static_cast<std::uint64_t>(sample)), kReading, device)};
      const double held = pcmConductance(std::abs(weight) / most, edit.what, edit.amount, draws) * most;
      weight = nearest(weight < 0 ? -held : held, -2 * largest[group], 2 * largest[group]);
    });
  }
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

std::shared_ptr<const Program> deviceProgram(const FlatProgram& flat, const DeviceEdit& edit,
                                             std::int64_t sample) {
  auto program = std::make_shared<Program>(flat.program());
  edit.what == Manner::ThresholdMismatch ? changeThresholds(*program, edit)
                                         : changeWeights(*program, edit, sample);
  return program;
}

}  // namespace rheo::faults
