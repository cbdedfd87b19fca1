// Scales by the largest weight, by a percentile, by the squared error of the weights.
#include "algorithms/ScaleMethods.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "fixed/Arithmetic.h"
#include "support/Text.h"

namespace rheo {
namespace {

constexpr double kAlign = 1 << fixed::kAlignBits;
constexpr int kFineOctaveSteps = 64;    // scales that the squared error is looked at, in a factor of two
constexpr int kMostClippedOctaves = 4;  // exponents below the one that clips nothing

// The magnitude that is to be the end of the weights' range.
double anchorOf(const ScaleMethod& method, const EffectiveWeights& part) {
  if (method.rule != ScaleMethod::Rule::Percentile || part.largest == 0) return part.largest;
  std::vector<double> magnitudes;
  for (const double value : part.values.values)
    if (value != 0) magnitudes.push_back(std::abs(value));
  const double rank = std::ceil(method.percentile / 100 * static_cast<double>(magnitudes.size()));
  const auto at = magnitudes.begin() + std::max<std::ptrdiff_t>(0, static_cast<std::ptrdiff_t>(rank) - 1);
  std::nth_element(magnitudes.begin(), at, magnitudes.end());
  return *at;
}

int clamped(int exponent, const ScaleLimits& limits) {
  return std::clamp(exponent, limits.leastExponent, limits.mostExponent);
}

double scaleOfAnchor(const ScaleMethod& method, const WeightsIn& parts, double top) {
  const auto count = [](const EffectiveWeights* part) {
    return part->largest > 0 ? part->values.values.size() : 0;
  };
  const auto widest = std::max_element(
      parts.begin(), parts.end(),
      [&](const EffectiveWeights* a, const EffectiveWeights* b) { return count(a) < count(b); });
  if (widest == parts.end() || (*widest)->largest == 0) return top;
  const double full = (*widest)->format.reach() * kAlign / anchorOf(method, **widest);
  return full * std::exp2(std::floor(std::log2(top / full)));
}

double scaleOfSquaredError(const ScaleMethod& method, const WeightsIn& parts, double top,
                           const ScaleLimits& limits) {
  double best = top, least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kFineOctaveSteps; ++i) {
    const double scale = top * std::exp2(-double(i) / kFineOctaveSteps);
    double error = 0;
    for (const EffectiveWeights* part : parts)
      error += weightError(*part, scale, exponentBy(method, *part, scale, limits));
    if (error < least * (1 - 1e-9)) least = error, best = scale;
  }
  return best;
}

}  // namespace

Expected<ScaleMethod> parseScaleMethod(const std::string& text) {
  using Rule = ScaleMethod::Rule;
  if (text.empty() || text == "auto") return ScaleMethod{};
  if (text == "max") return ScaleMethod{Rule::Maximum};
  if (text == "mse") return ScaleMethod{Rule::SquaredError};
  const std::string prefix = "percentile:";
  if (text.starts_with(prefix)) {
    char* end = nullptr;
    const double percentile = std::strtod(text.c_str() + prefix.size(), &end);
    if (text.size() > prefix.size() && *end == 0 && percentile > 0 && percentile <= 100)
      return ScaleMethod{Rule::Percentile, percentile};
  }
  Diagnostic diagnostic;
  diagnostic.code = "R0690";
  diagnostic.message = fmt::format("'{}' is no way to choose scales", text.substr(0, 40));
  diagnostic.remedy = "it is one of: auto, max, percentile:P (P above 0, at most 100), mse";
  return Error::of(ErrorKind::Usage, std::move(diagnostic));
}

double scaleBy(const ScaleMethod& method, const Dynamics& dynamics, const WeightsIn& parts,
               const ScaleLimits& limits) {
  if (method.rule == ScaleMethod::Rule::Auto) return chooseScale(dynamics, parts, limits);
  const double top = highestScale(dynamics, parts, limits);
  if (method.rule == ScaleMethod::Rule::SquaredError) return scaleOfSquaredError(method, parts, top, limits);
  return scaleOfAnchor(method, parts, top);
}

int exponentBy(const ScaleMethod& method, const EffectiveWeights& part, double scale,
               const ScaleLimits& limits) {
  if (part.exponentPinned) return part.exponent;
  if (method.rule == ScaleMethod::Rule::Auto) return chooseExponent(part, scale, limits);
  const int fitting = fittingExponent(part.format, anchorOf(method, part), scale);
  if (method.rule != ScaleMethod::Rule::SquaredError) return clamped(fitting, limits);
  int best = clamped(fitting, limits);
  double least = std::numeric_limits<double>::infinity();
  for (int exponent = fitting - kMostClippedOctaves; exponent <= std::max(fitting, 0); ++exponent) {
    const double error = weightError(part, scale, clamped(exponent, limits));
    if (error < least) least = error, best = clamped(exponent, limits);
  }
  return best;
}

}  // namespace rheo
