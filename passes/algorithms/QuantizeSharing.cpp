// Few time constants and thresholds for many neurons, on chips that hold them in a small table of profiles.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "algorithms/ProfileClusters.h"
#include "algorithms/Quantizer.h"

namespace rheo {
namespace {

bool inProfile(const ChipSpec& chip, std::string_view field) {
  const LayoutSpec* layout = chip.layout("profile");
  return layout != nullptr && std::any_of(layout->fields.begin(), layout->fields.end(),
                                          [&](const FieldSpec& f) { return f.name == field; });
}

// What the register holds: pairs that it does not tell apart are one.
std::int64_t inRegister(double loss) {
  return static_cast<std::int64_t>(std::nearbyint(std::min(loss, 1.0) * fixed::kDecayOne));
}

double relativeError(double loss, double shared) { return loss > 0 ? std::abs(shared - loss) / loss : 0; }

}  // namespace

// Before gains are folded into weights: what the chip computes is the network with the shared time constants.
void shareTimeConstants(const FloatNet& net, const QuantOptions& options, std::vector<Dynamics>& all,
                        QuantFindings& found) {
  const ChipSpec& chip = *options.chip;
  if (!options.shareProfiles || !(inProfile(chip, "dv") || inProfile(chip, "du"))) return;
  std::vector<std::vector<DecayPair>> pairs(all.size());
  std::vector<int> wanted;
  for (std::size_t p = 0; p < all.size(); ++p) {
    std::set<std::pair<std::int64_t, std::int64_t>> different;
    const Dynamics& dynamics = all[p];
    for (std::size_t n = 0; n < dynamics.lossV.size(); ++n) {
      pairs[p].push_back({dynamics.lossU[n], dynamics.lossV[n]});
      different.insert({inRegister(dynamics.lossU[n]), inRegister(dynamics.lossV[n])});
    }
    wanted.push_back(std::max<int>(1, static_cast<int>(different.size())));
  }
  const std::vector<int> shares = sharesOf(wanted, static_cast<int>(chip.limit("profiles_per_core").value));
  for (std::size_t p = 0; p < all.size(); ++p) {
    if (wanted[p] <= shares[p]) continue;
    Dynamics& dynamics = all[p];
    const std::vector<DecayPair> shared = clustered(pairs[p], shares[p]);
    double worst = 0, sum = 0;
    std::size_t neuron = 0;
    for (std::size_t n = 0; n < shared.size(); ++n) {
      const double error = std::max(relativeError(dynamics.lossU[n], shared[n].lossU),
                                    relativeError(dynamics.lossV[n], shared[n].lossV));
      sum += error;
      if (error > worst) worst = error, neuron = n;
      const double u = dynamics.lossU[n] > 0 ? shared[n].lossU / dynamics.lossU[n] : 1;
      const double v = dynamics.lossV[n] > 0 ? shared[n].lossV / dynamics.lossV[n] : 1;
      dynamics.lossU[n] = shared[n].lossU;
      dynamics.lossV[n] = shared[n].lossV;
      dynamics.unitU[n] *= v;
      dynamics.gain[n] *= u * v;
      for (std::vector<double>* drive : {&dynamics.leakDrive, &dynamics.biasDrive})
        if (!drive->empty()) (*drive)[n] *= v;
    }
    const std::string& name = net.populations[p].name;
    Diagnostic& diagnostic = found.note(
        "R0348", Severity::Warning, name,
        fmt::format(
            "{} different sets of decays of '{}' became {}: the share that a neuron loses in a step changes "
            "by {:.3g} % on average, by {:.3g} % at most (neuron {})",
            wanted[p], name, shares[p], 100 * sum / static_cast<double>(shared.size()), 100 * worst, neuron),
        "compare with `rheobase verify`; without --share-profiles every neuron keeps its own, on more cores");
    diagnostic.value = wanted[p];
    diagnostic.limit = shares[p];
    diagnostic.limitSource = fmt::format("profiles_per_core of chip '{}'", chip.name);
  }
}

// Neurons that count in units of their own threshold have one threshold: nothing is lost but that weights
// into those with small thresholds use more of the weights' range. Empty where there is nothing to gain, or
// where neurons share kernels.
std::vector<double> Quantizer::thresholdSpread(const FloatPopulation& source, const Dynamics& dynamics,
                                               const PopulationSettings& pins,
                                               const std::vector<Part*>& parts) const {
  if (!options_.shareProfiles || !inProfile(chip_, "vth") || !dynamics.spiking() || reached(source) ||
      source.forgets() || pins.scaleV || !pins.registers.empty())
    return {};
  const auto [least, most] = std::minmax_element(dynamics.threshold.begin(), dynamics.threshold.end());
  if (!(*least > 0) || *least == *most) return {};
  const bool kernels = std::any_of(parts.begin(), parts.end(), [](const Part* part) {
    return part->effective.values.rows() != part->effective.values.wiring.targets() ||
           part->effective.exponentPinned;
  });
  if (kernels) return {};
  std::vector<double> spread;
  for (const double threshold : dynamics.threshold) spread.push_back(*most / threshold);
  return spread;
}

}  // namespace rheo
