// What quantization loses although no limit is violated: decays, thresholds, biases and weights that end far
// from what the network asks for. Warnings, each with the share lost and the bound beyond which it is said.
#include <fmt/format.h>

#include <cmath>

#include "algorithms/Quantizer.h"
#include "algorithms/WeightLoops.h"

namespace rheo {
namespace {

constexpr double kMostError = 0.1;     // relative, of a time constant or a threshold
constexpr double kMostVanished = 0.1;  // of the weights that are not 0
constexpr const char* kSource = "bound of the rule, see `rheobase explain`";

}  // namespace

// SPEC N1.
void Quantizer::examineDecays(const FloatPopulation& source, const std::vector<double>& losses,
                              const std::vector<std::int32_t>& registers, int offset, const char* field) {
  double worst = 0;
  std::size_t neuron = 0;
  std::int64_t full = 0;
  for (std::size_t n = 0; n < losses.size(); ++n) {
    const double loss = losses[n], held = (registers[n] + offset) / double(fixed::kDecayOne);
    full += loss < 1 && held >= 1;
    if (loss <= 0 || loss > 1 || held == 0) continue;  // R0305 and R0307 say these
    const double error = std::abs(held - loss) / loss;
    if (error > worst) worst = error, neuron = n;
  }
  if (full > 0) {
    Diagnostic& diagnostic = warning(
        "R0334", source.name,
        fmt::format(
            "{} of {} neurons of '{}' keep part of a state in the network, and nothing on the chip: '{}' "
            "rounds to 4096",
            full, losses.size(), source.name, field),
        "use a smaller --dt, if the time constant matters");
    measured(diagnostic, fixed::kDecayOne, fixed::kDecayOne - 1, fmt::format("register {}", field));
  }
  if (worst <= kMostError) return;
  Diagnostic& diagnostic = warning(
      "R0333", source.name,
      fmt::format(
          "'{}' of neuron {} of '{}' loses {:.4g} in a step, the chip's decay {}/4096 loses {:.4g}: {:.0f} % "
          "beside it",
          field, neuron, source.name, losses[neuron], registers[neuron] + offset,
          (registers[neuron] + offset) / double(fixed::kDecayOne), 100 * worst),
      "use a larger --dt: decays are whole multiples of 1/4096 of a step");
  diagnostic.value = worst;
  diagnostic.limit = kMostError;
  diagnostic.limitSource = kSource;
}

// SPEC N9.
void Quantizer::examineThresholds(const FloatPopulation& source, const Dynamics& dynamics, double scale,
                                  const std::vector<std::int32_t>& vth) {
  double worst = 0;
  std::size_t neuron = 0;
  for (std::size_t n = 0; n < vth.size(); ++n) {
    if (dynamics.threshold[n] <= 0) continue;
    const double error = std::abs(vth[n] * kAlign / scale - dynamics.threshold[n]) / dynamics.threshold[n];
    if (error > worst) worst = error, neuron = n;
  }
  if (worst <= kMostError) return;
  Diagnostic& diagnostic = warning(
      "R0336", source.name,
      fmt::format("threshold {:.4g} of neuron {} of '{}' becomes {:.4g}: {:.0f} % beside it",
                  dynamics.threshold[neuron], neuron, source.name, vth[neuron] * kAlign / scale, 100 * worst),
      "set a larger 'scale_v' of this population in the quantization settings");
  diagnostic.value = worst;
  diagnostic.limit = kMostError;
  diagnostic.limitSource = kSource;
}

void Quantizer::examineBiases(const std::string& where, std::int64_t lost, std::int64_t all) {
  if (lost == 0) return;
  Diagnostic& diagnostic =
      warning("R0335", where, fmt::format("{} of {} biases of '{}' round to 0", lost, all, where),
              "set a larger 'scale_v' of the population in the quantization settings, or more 'bits'");
  diagnostic.value = static_cast<double>(lost);
  diagnostic.limit = 0;
  diagnostic.limitSource = kSource;
}

// SPEC W2, F6.
void Quantizer::examineWeights(const Part& part) {
  const auto [nonzero, vanished] = countVanished(part.effective.values.values, part.fixed.weights.values);
  const bool all = vanished == nonzero;  // a projection that is gone: told whether asked for or not
  if (vanished == 0 || (!all && !options_.examine)) return;
  const std::string& where = part.fixed.name;
  if (!part.fixed.source.input && part.fixed.source.index == bias_)
    return examineBiases(where, vanished, nonzero);
  const double share = static_cast<double>(vanished) / static_cast<double>(nonzero);
  if (share <= kMostVanished) return;
  Diagnostic& diagnostic = warning(
      all ? "R0330" : "R0331", where,
      all ? fmt::format("all {} weights of '{}' that are not 0 round to 0", nonzero, where)
          : fmt::format("{} of {} weights of '{}' that are not 0 round to 0", vanished, nonzero, where),
      "use more 'bits', leave 'exponent' out of the settings, or give the population a larger 'scale_v'");
  diagnostic.value = share;
  diagnostic.limit = kMostVanished;
  diagnostic.limitSource = kSource;
}

}  // namespace rheo
