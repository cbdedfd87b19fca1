// The integers of weights into neurons that are given as integers: as they are, or refused. SPEC F14
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "algorithms/Quantizer.h"

namespace rheo {
namespace {

bool heldInRow(const QuantPart& part, std::int64_t row, int exponent) {
  const Connections<double>& values = part.effective.values;
  const WeightFormat& format = part.formatOf(row);
  for (std::int64_t k = values.firstOf(row); k < values.firstOf(row + 1); ++k) {
    const double stored = std::ldexp(values.value(k), -exponent);
    if (format.round(stored) != stored) return false;
  }
  return true;
}

// The first row with a weight that is not held as it is; nullopt where all are.
template <class ExponentOf>
std::optional<std::int64_t> firstUnheld(const QuantPart& part, ExponentOf exponentOf) {
  for (std::int64_t row = 0; row < part.effective.values.rows(); ++row)
    if (!heldInRow(part, row, exponentOf(row))) return row;
  return std::nullopt;
}

std::vector<int> nearestToZeroFirst(const ScaleLimits& limits) {
  std::vector<int> exponents;
  for (int exponent = limits.leastExponent; exponent <= limits.mostExponent; ++exponent)
    exponents.push_back(exponent);
  std::stable_sort(exponents.begin(), exponents.end(),
                   [](int a, int b) { return std::abs(a) < std::abs(b); });
  return exponents;
}

// One for all rows; else a row that has none.
std::optional<std::int64_t> exactExponent(QuantPart& part, const ScaleLimits& limits) {
  for (const int exponent : nearestToZeroFirst(limits))
    if (!firstUnheld(part, [&](std::int64_t) { return exponent; })) {
      part.effective.exponent = exponent;
      return std::nullopt;
    }
  const std::optional<std::int64_t> alone = firstUnheld(part, [&](std::int64_t row) {
    for (const int exponent : nearestToZeroFirst(limits))
      if (heldInRow(part, row, exponent)) return exponent;
    return 0;
  });
  return alone ? alone : firstUnheld(part, [](std::int64_t) { return 0; });
}

// One for each row; else the first row that has none.
std::optional<std::int64_t> exactExponents(QuantPart& part, const ScaleLimits& limits) {
  std::vector<int> found;
  for (std::int64_t row = 0; row < part.effective.values.rows(); ++row) {
    const std::vector<int> all = nearestToZeroFirst(limits);
    const auto held =
        std::find_if(all.begin(), all.end(), [&](int exponent) { return heldInRow(part, row, exponent); });
    if (held == all.end()) return row;
    found.push_back(*held);
  }
  part.setRowExponents(std::move(found));
  return std::nullopt;
}

}  // namespace

// A pinned exponent is obeyed; else it is the nearest to 0 at which the chip holds every weight as it is, of
// all rows together or of each.
void Quantizer::exactIntegers(Part& part) {
  EffectiveWeights& effective = part.effective;
  if (part.pins != nullptr && part.pins->weights) return integers(part, kAlign);
  const bool pinned = effective.exponentPinned;
  const std::optional<std::int64_t> unheld =
      pinned                    ? firstUnheld(part, [&](std::int64_t row) { return part.exponentOf(row); })
      : options_.exponentPerRow ? exactExponents(part, limits_)
                                : exactExponent(part, limits_);
  if (unheld) {
    const WeightFormat& format = part.formatOf(*unheld);
    const bool ofRows = options_.exponentPerRow || !part.rowFormats.empty() || !part.rowExponents.empty();
    error("R0312", part.fixed.name,
          fmt::format("the weights of '{}' enter neurons that are given as integers, and {} makes all of {} "
                      "whole numbers that {} bits hold ({}..{} in steps of {})",
                      part.fixed.name, pinned ? "their exponent" : "no exponent",
                      ofRows ? fmt::format("those in row {}", *unheld) : "them", format.bits, format.least(),
                      format.most(), format.step()),
          "store integers that share a power of two, or use more weight bits");
  } else {
    effective.exponentPinned = true;
  }
  integers(part, kAlign);  // the nearest, where they are not held, to find what else is wrong
}

}  // namespace rheo
