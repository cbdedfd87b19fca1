// Parts of a projection are runs of sources; of a convolution they are channels, so that helpers keep
// its geometry.
#include "algorithms/PartialSums.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <set>

#include "algorithms/InputSums.h"
#include "algorithms/Problem.h"
#include "algorithms/WeightFormat.h"
#include "fixed/Arithmetic.h"

namespace rheo {
namespace {

using Weights = Connections<std::int32_t>;

class Former {
 public:
  Former(const FixedProjection& projection, const InputPort& port, bool bounded, const ChipSpec& chip,
         const Profile& profile)
      : projection_(projection), port_(port), bounded_(bounded), chip_(chip), profile_(profile) {
    // SPEC W7: every delay is shifted by itself, unless shifting commutes; a helper then holds the delays.
    together_ = shiftsAlike(projection, profile);
    delays_ = together_ ? std::vector<std::int32_t>{0} : delayClasses(projection.weights);
    if (delays_.empty()) delays_ = {0};  // no synapse has a weight
    result_.intoExponent = profile.weightExponent == WeightExponent::PerWeight ? projection.exponent : 0;
    const WeightFormat one{static_cast<int>(chip.limit("weight_bits").value), SignMode::Excitatory};
    result_.sumBits = one.bits;
    result_.sumExponent = projection.exponent - result_.intoExponent - std::countr_zero(unsigned(one.step()));
  }

  Expected<PartialSums> run() {
    if (result_.sumExponent < chip_.limit("weight_exponent_min").value)
      return refuse(fmt::format("the weight 1 of {} bits has no exponent on '{}' that leaves 2^{}",
                                result_.sumBits, chip_.name, projection_.exponent - result_.intoExponent));
    if (projection_.weights.wiring.convolution() && channelParts()) return std::move(result_);
    return sourceParts(projection_.weights);
  }

 private:
  Error refuse(std::string why) const {
    Diagnostic diagnostic;
    diagnostic.code = "R0433";
    diagnostic.where = projection_.name;
    diagnostic.message = fmt::format("'{}' cannot be summed in parts: {}", projection_.name, why);
    diagnostic.limitSource = "SPEC E4";
    diagnostic.remedy = "prune its inputs, spread them over several smaller layers, or choose a larger chip";
    return Error::of(ErrorKind::Compile, std::move(diagnostic));
  }
  Error tooMany() const {
    return refuse(fmt::format("more than {} weights would have to be stored for its helpers", kMostPairs));
  }

  bool inClass(const Weights& all, std::int64_t index, std::int32_t delay) const {
    return all.value(index) != 0 &&
           (together_ || all.delays.empty() || all.delays[static_cast<std::size_t>(index)] == delay);
  }

  // Helpers keep the delays, if they are not apart.
  bool delayed() const { return together_ && !projection_.weights.delays.empty(); }

  // Anew, whatever was tried before.
  void startForm(std::int64_t groups, bool channels) {
    result_.groups = groups;
    result_.channels = channels;
    result_.parts.clear();
    result_.into = {};
    waits_ = false;
  }

  // A `sum` of as many parts for each of the groups, each of so many helpers.
  void startSum(std::int64_t rows) {
    const auto parts = static_cast<std::int64_t>(result_.parts.size());
    const ConvolutionAxis each{rows, rows};
    result_.sum =
        Weights(Wiring::convolution({parts * result_.groups, result_.groups, result_.groups, {}, each}));
    for (const Part& part : result_.parts) waits_ |= part.delay > 0;
    if (waits_)
      for (std::int64_t i = 0; i < parts * result_.groups; ++i)
        result_.sum.delays.push_back(result_.parts[static_cast<std::size_t>(i % parts)].delay);
  }

  void use(std::int64_t group, std::int64_t part) {
    const auto parts = static_cast<std::int64_t>(result_.parts.size());
    result_.sum.values[static_cast<std::size_t>(group * parts + part)] =
        WeightFormat{result_.sumBits, SignMode::Excitatory}.step();
  }

  // So many parts, or a few more that stay empty, that sums of at most `most` parts share them out evenly.
  static std::int64_t divisible(std::int64_t parts, std::int64_t most) {
    if (parts <= most || most < 2) return parts;
    const std::int64_t sums = divisible((parts + most - 1) / most, most);
    return sums * ((parts + sums - 1) / sums);
  }

  // Runs of sources, each as long as every row can hold of `most` synapses and of W8; empty where one synapse
  // is too much.
  std::vector<Part> runs(const Weights& all, std::int32_t delay, std::int64_t most) const {
    const std::int64_t rows = all.wiring.targets(), sources = all.wiring.sources();
    const std::int64_t payload = port_.largestPayload();
    const std::int64_t bound = bounded_ ? fixed::kInputBound : INT64_MAX;  // SPEC W8
    std::vector<std::int64_t> taken(static_cast<std::size_t>(rows)), load(static_cast<std::size_t>(rows));
    std::vector<Part> parts{{0, 0, delay}};
    // Adds a source to the last part; false where a row cannot take it.
    const auto add = [&](std::int64_t source) {
      bool fits = true;
      all.wiring.targetsOf(source, [&](std::int64_t row, std::int64_t index) {
        if (!inClass(all, index, delay)) return;
        std::int64_t& count = taken[static_cast<std::size_t>(row)];
        std::int64_t& sum = load[static_cast<std::size_t>(row)];
        sum += std::abs(fixed::shiftExactly(all.value(index), result_.intoExponent)) * payload;
        fits &= ++count <= most && sum <= bound;
      });
      ++parts.back().count;
      return fits;
    };
    for (std::int64_t source = 0; source < sources; ++source) {
      if (add(source)) continue;
      if (--parts.back().count > 0) parts.push_back({source, 0, delay});
      std::fill(taken.begin(), taken.end(), 0);
      std::fill(load.begin(), load.end(), 0);
      if (!add(source)) return {};
    }
    return parts;
  }

  // The most synapses of a delay that one row has.
  std::int64_t mostOf(const Weights& all, std::int32_t delay) const {
    std::int64_t most = 0;
    for (std::int64_t row = 0; row < all.wiring.targets(); ++row) {
      std::int64_t count = 0;
      all.wiring.sourcesOf(row,
                           [&](std::int64_t, std::int64_t index) { count += inClass(all, index, delay); });
      most = std::max(most, count);
    }
    return most;
  }

  // As few runs of sources as a core's axons allow, of about the same length.
  Expected<PartialSums> sourceParts(const Weights& all) {
    const std::int64_t rows = all.wiring.targets(), sources = all.wiring.sources();
    const std::int64_t most = std::min(chip_.sourcesPerCore(), chip_.limit("synapse_words_per_core").value);
    startForm(1, false);
    for (const std::int32_t delay : delays_) {
      std::vector<Part> parts = runs(all, delay, most);
      if (parts.empty()) return refuse("a single synapse exceeds what a neuron may receive (SPEC W8)");
      const auto count = static_cast<std::int64_t>(parts.size());
      const std::vector<Part> even = runs(all, delay, (mostOf(all, delay) + count - 1) / count);
      if (even.size() == parts.size()) parts = even;
      result_.parts.insert(result_.parts.end(), parts.begin(), parts.end());
    }
    const std::int64_t parts = divisible(static_cast<std::int64_t>(result_.parts.size()), most);
    result_.parts.resize(static_cast<std::size_t>(parts), {sources, 0, 0});
    startSum(rows);
    SynapseLists lists;
    for (std::int64_t p = 0; p < parts; ++p)
      for (std::int64_t row = 0; row < rows; ++row) {
        list(all, row, p, lists);
        if (lists.synapses() > kMostPairs) return tooMany();
      }
    result_.into.wiring = Wiring::listed(sources, std::move(lists));
    return std::move(result_);
  }

  // What a part takes of a row's synapses. SPEC E4: mantissas as they are.
  void list(const Weights& all, std::int64_t row, std::int64_t p, SynapseLists& lists) {
    const Part& part = result_.parts[static_cast<std::size_t>(p)];
    all.wiring.sourcesOf(row, [&](std::int64_t source, std::int64_t index) {
      if (source < part.first || source >= part.first + part.count) return;
      if (!inClass(all, index, part.delay)) return;
      lists.add(source);
      result_.into.values.push_back(all.value(index));
      if (delayed()) result_.into.delays.push_back(all.delays[static_cast<std::size_t>(index)]);
      use(0, p);
    });
    lists.endTarget();
  }

  // The fewest equal shares of each group's channels whose helpers fit; false where no share does.
  bool channelParts() {
    const std::int64_t channels = projection_.weights.wiring.convolution()->channelsInPerGroup();
    for (std::int64_t shares = 1; shares <= channels; ++shares) {
      if (channels % shares != 0) continue;
      shareChannels(shares);
      if (helpersFit()) return true;
    }
    return false;
  }

  // A convolution of as many groups more: every group of outputs reads its share of channels.
  void shareChannels(std::int64_t shares) {
    const Convolution& whole = *projection_.weights.wiring.convolution();
    const auto classes = static_cast<std::int64_t>(delays_.size());
    const std::int64_t share = whole.channelsInPerGroup() / shares, outputs = whole.channelsOutPerGroup();
    startForm(whole.groups, true);
    for (std::int64_t s = 0; s < shares; ++s)
      for (const std::int32_t delay : delays_) result_.parts.push_back({s * share, share, delay});
    Convolution parted = whole;
    parted.groups *= shares;
    parted.channelsOut *= shares * classes;
    result_.into = Weights(Wiring::convolution(parted));
    if (delayed()) result_.into.delays.assign(result_.into.values.size(), 0);
    startSum(outputs * whole.positionsOut());
    for (std::int64_t group = 0; group < whole.groups; ++group)
      for (std::int64_t p = 0; p < shares * classes; ++p) {
        const Part& part = result_.parts[static_cast<std::size_t>(p)];
        for (std::int64_t output = 0; output < outputs; ++output)
          for (std::int64_t channel = 0; channel < share; ++channel)
            for (std::int64_t row = 0; row < whole.rows.kernel; ++row)
              for (std::int64_t column = 0; column < whole.columns.kernel; ++column) {
                const std::int64_t index =
                    whole.kernelIndex(group * outputs + output, part.first + channel, row, column);
                if (!inClass(projection_.weights, index, part.delay)) continue;
                const std::int64_t helper = (group * shares * classes + p) * outputs + output;
                const auto at = static_cast<std::size_t>(parted.kernelIndex(helper, channel, row, column));
                result_.into.values[at] = projection_.weights.value(index);
                if (delayed())
                  result_.into.delays[at] = projection_.weights.delays[static_cast<std::size_t>(index)];
                use(group, p);
              }
      }
  }

  // The helpers as a network of their own, whose neurons each have a core to themselves.
  bool helpersFit() const {
    FixedNet net;
    net.inputs.push_back(port_);
    FixedPopulation helpers;
    helpers.model = models::findModel("graded_vec");
    helpers.size = result_.helpers();
    net.populations.push_back(helpers);
    FixedProjection into = projection_;
    into.source = {true, 0};
    into.target = 0;
    into.exponent = result_.intoExponent;
    into.weights = result_.into;
    net.projections.push_back(std::move(into));
    if (bounded_ && !checkInputSums(net)) return false;
    const PlacementProblem problem = problemOf(net, profile_);
    for (std::int32_t neuron = 0; neuron < helpers.size; ++neuron) {
      const ListNeeds needs = needsAlone(problem, chip_, 0, neuron);
      if (needs.axons > chip_.limit("input_axons_per_core").value ||
          needs.words > chip_.limit("synapse_words_per_core").value)
        return false;
    }
    return true;
  }

  const FixedProjection& projection_;
  const InputPort& port_;
  bool bounded_;
  const ChipSpec& chip_;
  const Profile& profile_;
  bool together_ = true;              // all delays in one helper
  std::vector<std::int32_t> delays_;  // those that have helpers of their own
  bool waits_ = false;
  PartialSums result_;
};

}  // namespace

bool shiftsAlike(const FixedProjection& projection, const Profile& profile) {
  return projection.exponent >= 0 || profile.weightExponent == WeightExponent::PerWeight;
}

Expected<PartialSums> formParts(const FixedProjection& projection, const InputPort& port, bool bounded,
                                const ChipSpec& chip, const Profile& profile) {
  return Former(projection, port, bounded, chip, profile).run();
}

std::int64_t largestSum(const PartialSums& sums) {
  std::int64_t largest = 0;
  for (std::int64_t helper = 0; helper < sums.helpers(); ++helper) {
    std::int64_t sum = 0;
    sums.into.wiring.sourcesOf(helper, [&](std::int64_t, std::int64_t index) {
      sum += std::abs(fixed::shiftExactly(sums.into.value(index), sums.intoExponent));
    });
    largest = std::max(largest, sum);
  }
  return largest;
}

void dropFirst(PartialSums& sums) {
  const auto parts = static_cast<std::int64_t>(sums.parts.size());
  const std::int64_t rows = sums.helpers() / parts;
  SynapseLists rest;
  for (std::int64_t helper = rows; helper < sums.helpers(); ++helper) {
    sums.into.wiring.sourcesOf(helper, [&](std::int64_t source, std::int64_t) { rest.add(source); });
    rest.endTarget();
  }
  const auto dropped = static_cast<std::ptrdiff_t>(sums.into.wiring.lists()->first(rows));
  sums.parts.erase(sums.parts.begin());
  sums.into.wiring = Wiring::listed(sums.into.wiring.sources(), std::move(rest));
  sums.into.values.erase(sums.into.values.begin(), sums.into.values.begin() + dropped);
  if (!sums.into.delays.empty())
    sums.into.delays.erase(sums.into.delays.begin(), sums.into.delays.begin() + dropped);
  Convolution one = *sums.sum.wiring.convolution();
  one.channelsIn = parts - 1;
  sums.sum.wiring = Wiring::convolution(one);
  sums.sum.values.erase(sums.sum.values.begin());
}

}  // namespace rheo
