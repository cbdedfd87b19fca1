// Bits, signs and exponents of a projection's weights, for all of them or row by row, and the projections
// that differing ones make of it. SPEC W1 to W6, W10.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "algorithms/Quantizer.h"
#include "algorithms/WeightLoops.h"

namespace rheo {
namespace {

SignMode signOf(const std::vector<double>& values) {
  const auto [least, most] = leastAndMost(values);
  const bool up = most > 0, down = least < 0;
  return down && !up ? SignMode::Inhibitory : up && !down ? SignMode::Excitatory : SignMode::Mixed;
}

bool allEqual(const std::vector<std::int32_t>& values) {
  return std::all_of(values.begin(), values.end(), [&](std::int32_t value) { return value == values[0]; });
}

// Rows of one format and one exponent, in order of their first row.
struct RowGroup {
  WeightFormat format;
  int exponent = 0;
  std::vector<std::int64_t> rows;
};

std::vector<RowGroup> groupsOf(const QuantPart& part) {
  std::map<std::pair<int, int>, std::size_t> known;
  std::vector<RowGroup> groups;
  for (std::int64_t row = 0; row < part.effective.values.rows(); ++row) {
    const WeightFormat& format = part.formatOf(row);
    const int exponent = part.exponentOf(row);
    const auto [at, isNew] = known.emplace(std::pair(format.bits, exponent), groups.size());
    if (isNew) groups.push_back({format, exponent, {}});
    groups[at->second].rows.push_back(row);
  }
  return groups;
}

// Those synapses of a group's rows whose value is wanted, and no others; a kernel, whose synapses share
// values, keeps its form, and the others are 0.
template <class T, class Wanted>
Connections<T> only(const Connections<T>& all, const RowGroup& group, Wanted wanted) {
  std::vector<bool> mine(static_cast<std::size_t>(all.rows()));
  for (const std::int64_t row : group.rows) mine[static_cast<std::size_t>(row)] = true;
  if (all.wiring.convolution()) {
    Connections<T> some = all;
    all.eachValue([&](std::int64_t row, std::int64_t k) {
      if (!mine[static_cast<std::size_t>(row)] || !wanted(all.value(k)))
        some.values[static_cast<std::size_t>(k)] = 0;
    });
    return some;
  }
  Connections<T> some;
  SynapseLists lists;
  for (std::int64_t target = 0; target < all.wiring.targets(); ++target) {
    if (mine[static_cast<std::size_t>(target)])
      all.wiring.sourcesOf(target, [&](std::int64_t source, std::int64_t k) {
        if (!wanted(all.value(k))) return;
        lists.add(source);
        some.values.push_back(all.value(k));
        if (!all.delays.empty()) some.delays.push_back(all.delays[static_cast<std::size_t>(k)]);
      });
    lists.endTarget();
  }
  some.wiring = Wiring::listed(all.wiring.sources(), std::move(lists));
  return some;
}

// The weights of a group's rows alone.
EffectiveWeights ofGroup(const EffectiveWeights& all, const RowGroup& group) {
  EffectiveWeights own;
  own.format = group.format;
  own.payload = all.payload;
  own.exponentPinned = all.exponentPinned;
  own.exponent = group.exponent;
  own.values = only(all.values, group, [](double value) { return value != 0; });
  own.findLargest();
  return own;
}

// As if it were all that there is.
EffectiveWeights ofRow(const QuantPart& part, std::int64_t row) {
  const Connections<double>& values = part.effective.values;
  EffectiveWeights own;
  own.format = part.formatOf(row);
  own.values = Connections<double>(1, values.firstOf(row + 1) - values.firstOf(row));
  std::copy(values.values.begin() + values.firstOf(row), values.values.begin() + values.firstOf(row + 1),
            own.values.values.begin());
  own.findLargest();
  return own;
}

bool hasSign(std::int32_t weight, SignMode sign) {
  return sign == SignMode::Mixed ? weight != 0 : sign == SignMode::Excitatory ? weight > 0 : weight < 0;
}

FixedProjection withoutWeights(const FixedProjection& whole, const WeightFormat& format, int exponent,
                               SignMode sign) {
  FixedProjection own;
  own.name = whole.name;
  own.source = whole.source;
  own.target = whole.target;
  own.delaySteps = whole.delaySteps;
  own.exponent = exponent;
  own.signMode = sign;
  own.weightBits = format.bits - (format.bothSigns ? 1 : 0);
  return own;
}

// What follows the projection's name: "[8b,e-1]", "[8b,e0,excitatory]".
std::string nameOf(const FixedProjection& part, bool ofOneSign) {
  const std::string sign = ofOneSign ? fmt::format(",{}", signModeName(part.signMode)) : "";
  return fmt::format("[{}b,e{}{}]", part.weightBits, part.exponent, sign);
}

}  // namespace

PartsOfOneFormat::PartsOfOneFormat(const std::vector<QuantPart*>& parts) {
  for (const QuantPart* part : parts) {
    if (part->rowFormats.empty() && part->rowExponents.empty()) {
      all_.push_back(&part->effective);
      continue;
    }
    for (const RowGroup& group : groupsOf(*part))
      all_.push_back(&made_.emplace_back(ofGroup(part->effective, group)));
  }
}

std::vector<FixedProjection> projectionsOf(QuantPart part) {
  if (part.rowFormats.empty() && part.rowExponents.empty() && !part.effective.format.bothSigns)
    return {std::move(part.fixed)};
  std::vector<RowGroup> groups;
  if (!part.fixed.weights.values.empty()) groups = groupsOf(part);
  std::vector<FixedProjection> made;
  for (const RowGroup& group : groups) {
    std::vector<SignMode> signs{group.format.sign};
    if (group.format.bothSigns) signs = {SignMode::Excitatory, SignMode::Inhibitory};
    for (const SignMode sign : signs) {
      FixedProjection own = withoutWeights(part.fixed, group.format, group.exponent, sign);
      own.weights =
          only(part.fixed.weights, group, [&](std::int32_t weight) { return hasSign(weight, sign); });
      const auto isThere = [](std::int32_t weight) { return weight != 0; };
      if (!std::any_of(own.weights.values.begin(), own.weights.values.end(), isThere)) continue;
      settleDelays(own.weights);
      own.name += nameOf(own, group.format.bothSigns);
      made.push_back(std::move(own));
    }
  }
  if (made.empty()) {  // all weights are 0, there are none, or none were chosen
    const WeightFormat& format = groups.empty() ? part.formatOf(0) : groups.front().format;
    const int exponent = groups.empty() ? part.fixed.exponent : groups.front().exponent;
    made.push_back(
        withoutWeights(part.fixed, format, exponent, format.bothSigns ? SignMode::Excitatory : format.sign));
    made.back().weights = std::move(part.fixed.weights);
  }
  if (made.size() == 1) made.front().name = part.fixed.name;
  return made;
}

void QuantPart::setRowExponents(std::vector<int> exponents) {
  if (exponents.empty()) return;  // of no rows
  effective.exponent = *std::max_element(exponents.begin(), exponents.end());
  if (!allEqual(exponents)) rowExponents = std::move(exponents);
}

// Pinned numbers, one or one for each row; of a kernel that was unfolded, one for each channel, too. R0303.
std::vector<std::int32_t> Quantizer::perRow(const Part& part, const std::vector<std::int32_t>& pinned,
                                            const char* key) {
  const std::int64_t rows = part.effective.values.rows();
  const std::int64_t given = std::ssize(pinned);
  if (given <= 1 || given == rows) return pinned;
  const bool channels = part.given != nullptr && given == part.given->weights.rows() && rows % given == 0;
  if (!channels) {
    pinError(
        fmt::format("projections.{}.{}", part.fixed.name, key),
        fmt::format("'{}' of '{}' has {} values, its weights have {} rows", key, part.fixed.name, given,
                    rows),
        "give one number, or one for each row: a target neuron, or an input of it where it has several; of "
        "a kernel, an output channel");
    return {pinned.front()};
  }
  std::vector<std::int32_t> each;
  for (const std::int32_t value : pinned)
    each.insert(each.end(), static_cast<std::size_t>(rows / given), value);
  return each;
}

// One bit more than a synapse stores is the sign, which lists of one sign have for nothing.
void Quantizer::chooseFormats(Part& part) {
  const int stored = static_cast<int>(chip_.limit("weight_bits").value);
  const ProjectionSettings* pins = part.pins;
  SignMode sign = signOf(part.effective.values.values);
  if (pins != nullptr && pins->weights) sign = SignMode::Mixed;
  if (pins != nullptr && pins->signMode) sign = *pins->signMode;
  std::vector<std::int32_t> bits;
  if (pins != nullptr) bits = perRow(part, pins->bits, "bits");
  if (bits.empty()) bits = {options_.pins.weightBits.value_or(stored)};
  std::vector<WeightFormat> formats;
  const int least = leastWeightBits(sign);
  bool inOrder = true;
  for (const std::int32_t wanted : bits) {
    inOrder = inOrder && inRange("projections." + part.fixed.name + ".bits", wanted, {least, stored + 1});
    const int most = sign == SignMode::Mixed ? stored + 1 : stored;
    const int own = std::clamp(wanted, least, std::max(least, most));
    formats.push_back({own, sign, own > stored});
  }
  part.effective.format =
      *std::max_element(formats.begin(), formats.end(),
                        [](const WeightFormat& a, const WeightFormat& b) { return a.bits < b.bits; });
  if (!allEqual(bits)) part.rowFormats = std::move(formats);
}

// Of weights that are pinned it is 0 where nothing says another.
void Quantizer::pinExponents(Part& part) {
  if (part.pins == nullptr) return;
  std::vector<std::int32_t> exponents = perRow(part, part.pins->exponent, "exponent");
  part.effective.exponentPinned = !exponents.empty() || part.pins->weights.has_value();
  if (exponents.empty()) return;
  bool inOrder = true;
  for (std::int32_t& exponent : exponents) {
    inOrder = inOrder && inRange("projections." + part.fixed.name + ".exponent", exponent,
                                 {limits_.leastExponent, limits_.mostExponent});
    exponent = std::clamp(exponent, limits_.leastExponent, limits_.mostExponent);
  }
  part.setRowExponents(std::move(exponents));
}

// Where nothing pins them: one for all rows of a format, or one for each row.
void Quantizer::chooseExponents(Part& part, double scale) const {
  EffectiveWeights& effective = part.effective;
  if (effective.exponentPinned) return;
  if (!options_.exponentPerRow && part.rowFormats.empty()) {
    effective.exponent = exponentBy(options_.method, effective, scale, limits_);
    return;
  }
  std::vector<int> exponents(static_cast<std::size_t>(effective.values.rows()));
  if (options_.exponentPerRow) {
    std::optional<int> last;  // rows without a weight go with the one before
    for (std::size_t row = 0; row < exponents.size(); ++row) {
      const EffectiveWeights own = ofRow(part, static_cast<std::int64_t>(row));
      if (own.largest > 0) {
        const bool first = !last;
        last = exponentBy(options_.method, own, scale, limits_);
        if (first) std::fill_n(exponents.begin(), row, *last);
      }
      exponents[row] = last.value_or(0);
    }
  } else {
    for (const RowGroup& group : groupsOf(part)) {
      const int own = exponentBy(options_.method, ofGroup(effective, group), scale, limits_);
      for (const std::int64_t row : group.rows) exponents[static_cast<std::size_t>(row)] = own;
    }
  }
  part.setRowExponents(std::move(exponents));
}

}  // namespace rheo
