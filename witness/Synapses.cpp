// What has to arrive at a neuron is computed from the network, what arrives is read from the image; both are
// sorted.
#include "witness/Synapses.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "fixed/Profile.h"

namespace rheo::witness {
namespace {

using Row = std::vector<Arrival>;

// SPEC W2 to W4: the weight that a synapse word holds.
std::int16_t kept(std::int32_t weight, const Projection& projection, WeightTruncation rule) {
  const bool mixed = projection.signMode == 0;
  const std::int32_t least = mixed ? -256 : projection.signMode == 2 ? -255 : 0;
  const std::int32_t most = mixed ? 254 : projection.signMode == 2 ? 0 : 255;
  const std::int32_t unit = 1 << (8 - projection.weightBits + (mixed ? 1 : 0));
  const std::int32_t clipped = std::clamp(weight, least, most);
  const std::int32_t rest = clipped % unit;
  const bool floors = mixed && rule == WeightTruncation::Floor && rest < 0;
  return static_cast<std::int16_t>(clipped - rest - (floors ? unit : 0));
}

class Expectation {
 public:
  Expectation(const Network& network, const Match& match)
      : network_(network), into_(network.populations.size()) {
    const Profile* profile = findProfile(network.profile);
    const WeightTruncation rule = profile ? profile->weightTruncation : WeightTruncation::Floor;
    for (const Projection& projection : network.projections) {
      const auto from = static_cast<std::size_t>(projection.source),
                 to = static_cast<std::size_t>(projection.target);
      Edge edge{&projection, projection.fromInput ? match.inputBase[from] : match.base[from]};
      edge.sources = projection.fromInput ? network.inputs[from].size : network.populations[from].size;
      const std::int64_t lag = projection.fromInput ? 0 : match.lags[from];
      edge.delay =
          static_cast<std::int32_t>(projection.delaySteps + match.lags[to] - lag - 1);  // SPEC T2, T4
      for (std::int32_t w = kLeast; w <= kMost; ++w)
        edge.kept[static_cast<std::size_t>(w - kLeast)] = kept(w, projection, rule);
      edge.fanIn = edge.sources;
      if (const auto& c = projection.convolution)
        edge.fanIn = std::int64_t{c->channelsIn / c->groups} * c->rows.kernel * c->columns.kernel;
      into_[to].push_back(edge);
    }
    for (std::vector<Edge>& edges : into_)  // so that arrivals come in the order of sources
      std::stable_sort(edges.begin(), edges.end(),
                       [](const Edge& a, const Edge& b) { return a.base < b.base; });
  }

  // At most so many synapses enter each row of a population.
  std::int64_t fanIn(std::size_t population) const {
    std::int64_t sum = 0;
    for (const Edge& edge : into_[population]) sum += edge.fanIn;
    return sum;
  }

  void fill(std::size_t population, std::int64_t target, Row& row) const {
    row.clear();
    for (const Edge& edge : into_[population]) {
      if (edge.projection->convolution) {
        window(edge, target, row);
      } else {
        for (std::int64_t source = 0; source < edge.sources; ++source)
          put(edge, source, target * edge.sources + source, row);
      }
    }
  }

  const std::string& nameOf(const Arrival& arrival) const {
    return network_.projections[arrival.sum / 256].name;
  }

 private:
  static constexpr std::int32_t kLeast = -256, kMost = 255;  // beyond, W2 clips alike
  struct Edge {
    const Projection* projection;
    std::uint32_t base;
    std::int32_t delay = 0;
    std::int64_t sources = 0, fanIn = 0;
    std::array<std::int16_t, kMost - kLeast + 1> kept = {};
  };

  void put(const Edge& edge, std::int64_t source, std::int64_t index, Row& row) const {
    const Projection& projection = *edge.projection;
    const auto i = static_cast<std::size_t>(index);
    const std::int32_t clipped = std::clamp<std::int32_t>(projection.weights[i], kLeast, kMost);
    const std::int16_t weight = edge.kept[static_cast<std::size_t>(clipped - kLeast)];
    if (weight == 0) return;
    const std::int32_t wait = projection.delays.empty() ? 0 : projection.delays[i];
    row.push_back({edge.base + static_cast<std::uint32_t>(source), weight,
                   static_cast<std::int16_t>(projection.exponent), edge.delay + wait,
                   static_cast<std::uint32_t>((&projection - network_.projections.data()) * 256 + wait)});
  }

  // SPEC F15.
  void window(const Edge& edge, std::int64_t target, Row& row) const {
    const Convolution& c = *edge.projection->convolution;
    const std::int64_t positions = std::int64_t{c.rows.outputs} * c.columns.outputs;
    const std::int64_t o = target / positions, r = target % positions / c.columns.outputs,
                       q = target % c.columns.outputs;
    const std::int64_t channels = c.channelsIn / c.groups, first = o / (c.channelsOut / c.groups) * channels;
    for (std::int64_t i = 0; i < channels; ++i)
      for (std::int64_t k = 0; k < c.rows.kernel; ++k) {
        const std::int64_t y = r * c.rows.stride - c.rows.padding + k * c.rows.dilation;
        if (y < 0 || y >= c.rows.inputs) continue;
        for (std::int64_t l = 0; l < c.columns.kernel; ++l) {
          const std::int64_t x = q * c.columns.stride - c.columns.padding + l * c.columns.dilation;
          if (x < 0 || x >= c.columns.inputs) continue;
          put(edge, ((first + i) * c.rows.inputs + y) * c.columns.inputs + x,
              ((o * channels + i) * c.rows.kernel + k) * c.columns.kernel + l, row);
        }
      }
  }

  const Network& network_;
  std::vector<std::vector<Edge>> into_;  // [population]
};

bool less(const Arrival& a, const Arrival& b) { return a.key() < b.key(); }
bool equal(const Arrival& a, const Arrival& b) { return a.key() == b.key(); }

void sort(Row& row) {
  if (!std::is_sorted(row.begin(), row.end(), less)) std::sort(row.begin(), row.end(), less);
}

// SPEC W7. The synapses under a negative exponent, each sum by itself, whatever its name.
std::vector<Row> sumsOf(const Row& row) {
  std::map<std::uint32_t, Row> sums;
  for (const Arrival& arrival : row)
    if (arrival.exponent < 0) sums[arrival.sum].push_back(arrival);
  std::vector<Row> all;
  for (auto& [name, sum] : sums) all.push_back(std::move(sum));
  std::sort(all.begin(), all.end(), [](const Row& a, const Row& b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), less);
  });
  return all;
}

// Whether equal rows are also summed alike before a right shift. Names that agree one to one settle it at
// once.
bool sameSums(const Row& expected, const Row& found) {
  std::map<std::uint32_t, std::uint32_t> there, back;
  std::uint32_t lastExpected = 0, lastFound = 0;
  bool any = false, oneToOne = true;
  for (std::size_t i = 0; i < expected.size() && oneToOne; ++i) {
    const std::uint32_t e = expected[i].sum, f = found[i].sum;
    if (expected[i].exponent >= 0 || (any && e == lastExpected && f == lastFound)) continue;
    oneToOne = there.emplace(e, f).first->second == f && back.emplace(f, e).first->second == e;
    any = true, lastExpected = e, lastFound = f;
  }
  if (oneToOne) return true;
  const std::vector<Row> left = sumsOf(expected), right = sumsOf(found);
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](const Row& a, const Row& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), equal);
  });
}

class Comparison {
 public:
  Comparison(const Network& network, const Match& match, const std::vector<Core>& cores, Traffic& traffic,
             Report& report)
      : network_(network),
        match_(match),
        cores_(cores),
        traffic_(traffic),
        report_(report),
        expectation_(network, match) {
    const Profile* profile = findProfile(network.profile);
    ofSum_ = profile && profile->weightExponent == WeightExponent::OfSum;
  }

  void run() {
    for (std::size_t core = 0; core < cores_.size() && !stopped_; ++core) {
      for (const Slice& slice : cores_[core].slices()) {
        const std::size_t population = match_.number[slice.population];
        if (population >= match_.originals) continue;
        for (std::int64_t i = 0; i < slice.count * slice.ports && !stopped_; ++i)
          want(core, {slice.firstInput + i, population, slice.firstNeuron * slice.ports + i, slice.ports});
      }
      if (!stopped_) compareWanted(core);
    }
  }

 private:
  static constexpr std::int64_t kAtOnce = 1 << 22;  // arrivals in memory
  static constexpr std::int64_t kMostInAll = std::int64_t{1} << 33;
  struct Wanted {
    std::int64_t input;
    std::size_t population;
    std::int64_t target, ports;
  };

  void want(std::size_t core, const Wanted& wanted) {
    wanted_.push_back(wanted);
    const std::int64_t fanIn = expectation_.fanIn(wanted.population) + 1;
    expected_ += fanIn;
    inAll_ += fanIn;
    if (inAll_ > kMostInAll) {
      report_.add("", "the network has more synapses than can be followed");
      stopped_ = true;
    }
    if (expected_ >= kAtOnce) compareWanted(core);
  }

  void compareWanted(std::size_t core) {
    std::vector<std::int32_t> slots(static_cast<std::size_t>(cores_[core].inputs()), -1);
    for (std::size_t i = 0; i < wanted_.size(); ++i)
      slots[static_cast<std::size_t>(wanted_[i].input)] = static_cast<std::int32_t>(i);
    rows_.resize(wanted_.size());
    for (Row& row : rows_) row.clear();
    // Twice through a sum and once behind it, and again for faults that duplicate.
    const std::uint64_t room = static_cast<std::uint64_t>(expected_) * 4 + (1 << 16);
    stopped_ = !traffic_.arrive(core, slots, room, rows_);
    for (std::size_t i = 0; i < wanted_.size() && !stopped_; ++i) compare(core, wanted_[i], rows_[i]);
    wanted_.clear();
    expected_ = 0;
  }

  void compare(std::size_t core, const Wanted& wanted, Row& found) {
    expectation_.fill(wanted.population, wanted.target, expectedRow_);
    sort(expectedRow_);
    sort(found);
    if (!std::equal(expectedRow_.begin(), expectedRow_.end(), found.begin(), found.end(), equal)) {
      tell(core, wanted, found);
    } else if (ofSum_ && !sameSums(expectedRow_, found)) {
      report_.add(
          match_.names[wanted.population],
          fmt::format("{}: synapses under a negative exponent are summed in other groups than in the network",
                      place(core, wanted)));
    }
  }

  std::string place(std::size_t core, const Wanted& wanted) const {
    return fmt::format("neuron {} of '{}' (core {}, input {})", wanted.target / wanted.ports,
                       match_.names[wanted.population], core, wanted.input);
  }

  static std::string text(const Arrival& arrival) {
    return fmt::format("weight {}, exponent {}, delay {}", arrival.weight, arrival.exponent, arrival.delay);
  }

  void tell(std::size_t core, const Wanted& wanted, const Row& found) {
    Row missing, surplus;
    std::set_difference(expectedRow_.begin(), expectedRow_.end(), found.begin(), found.end(),
                        std::back_inserter(missing), less);
    std::set_difference(found.begin(), found.end(), expectedRow_.begin(), expectedRow_.end(),
                        std::back_inserter(surplus), less);
    auto other = surplus.begin();
    const auto say = [&](const std::string& where, const Arrival& arrival, const std::string& what) {
      report_.add(where, fmt::format("{}: the synapse from {} {}", place(core, wanted),
                                     match_.describe(network_, arrival.source), what));
    };
    const auto none = [&](const Arrival& extra) {
      say(match_.names[wanted.population], extra, fmt::format("({}) is not in the network", text(extra)));
    };
    for (const Arrival& lost : missing) {
      while (other != surplus.end() && other->source < lost.source) none(*other++);
      const bool changed = other != surplus.end() && other->source == lost.source;
      say(expectation_.nameOf(lost), lost,
          fmt::format("by '{}' ({}) {}", expectation_.nameOf(lost), text(lost),
                      changed ? fmt::format("has {} in the image", text(*other)) : "is not in the image"));
      if (changed) ++other;
    }
    while (other != surplus.end()) none(*other++);
  }

  const Network& network_;
  const Match& match_;
  const std::vector<Core>& cores_;
  Traffic& traffic_;
  Report& report_;
  Expectation expectation_;
  bool ofSum_ = true, stopped_ = false;
  std::vector<Wanted> wanted_;
  std::int64_t expected_ = 0, inAll_ = 0;
  Rows rows_;
  Row expectedRow_;
};

}  // namespace

void compareSynapses(const Network& network, const Match& match, const std::vector<Core>& cores,
                     Traffic& traffic, Report& report) {
  Comparison(network, match, cores, traffic, report).run();
}

}  // namespace rheo::witness
