// A relay is a current without potential: it keeps what it has not sent, and takes back from itself, by
// synapses, what it has. SPEC E6
#include "algorithms/RelayFanIn.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "algorithms/Crowded.h"
#include "algorithms/InputSums.h"
#include "algorithms/Lags.h"
#include "algorithms/LaterStart.h"
#include "algorithms/PartialSums.h"
#include "chip/Program.h"
#include "fixed/Arithmetic.h"

namespace rheo {
namespace {

// Levels of one sign: their spikes weigh 2, 2, 4, 8 to 128, then 254, and an exponent, all in one projection.
constexpr int kMostLevels = 9;
constexpr std::int64_t kLargestStep = 254, kReach = 256 + kLargestStep;
// What the exponent 7 reaches. Then no current comes near 2^23, and W8 holds with all that relays take back.
constexpr std::int64_t kLargestSum = kReach << 7;
// Quanta of all parts together are at most such a share of the owner's least threshold, where the levels
// reach that far down.
constexpr double kShareOfThreshold = 1.0 / 8;

// A projection on its way through relays.
struct Form {
  std::vector<Part> parts;
  // A level of one sign; its step and those of the levels below it count 2^sentExponent.
  struct Level {
    int sign = 1;
    std::int64_t step = 0, below = 0;
  };
  std::vector<Level> levels;                // of every part and row, a relay each
  int intoExponent = 0, sentExponent = 0;   // of the relays' unit
  int unit = 0;                             // the relays' unit is 2^unit of the owner's
  std::int64_t positive = 0, negative = 0;  // the largest sums of a part, in the relays' unit
  Connections<std::int32_t> weights;        // as relays of positive sign take them, for the whole projection

  std::int64_t channels() const { return std::ssize(levels); }
  const Level& level(std::int64_t channel) const {
    return levels[static_cast<std::size_t>(channel % channels())];
  }
  std::int64_t largest() const { return std::max(positive, negative); }
};

class Relayer {
 public:
  Relayer(const FixedNet& net, const ChipSpec& chip, const Profile& profile)
      : before_(net), chip_(chip), profile_(profile) {
    result_.net = net;
  }

  Expected<RelayedNet> run();

 private:
  FixedNet& net() { return result_.net; }
  FixedPopulation& population(int index) { return net().populations[static_cast<std::size_t>(index)]; }
  std::int64_t limit(const char* name) const { return chip_.limit(name).value; }
  Error refuse(const std::string& where, std::string message, std::string remedy) const;
  Status relay(const CrowdedPopulation& of);
  Expected<Form> form(const FixedProjection& projection);
  Status formWeights(const FixedProjection& projection, Form& form) const;
  Status formParts(const FixedProjection& projection, Form& form) const;
  void formLevels(const FixedProjection& projection, Form& form);
  double threshold(int owner);
  void apply(std::size_t index, const Form& form);
  FixedProjection into(const FixedProjection& from, const Form& form, const Part& part, int relay) const;
  FixedProjection between(const std::string& name, const Form& form, int relay, int owner);
  void explain(Error& error) const;

  const FixedNet& before_;
  const ChipSpec& chip_;
  const Profile& profile_;
  RelayedNet result_;
};

Error Relayer::refuse(const std::string& where, std::string message, std::string remedy) const {
  Diagnostic diagnostic;
  diagnostic.code = "R0435";
  diagnostic.where = where;
  diagnostic.message = std::move(message);
  diagnostic.limitSource = "SPEC E6";
  diagnostic.remedy = std::move(remedy);
  return Error::of(ErrorKind::Compile, std::move(diagnostic));
}

// Weights whose negatives the chip stores, too, in a unit in which their sum is exact. SPEC W5, W6
Status Relayer::formWeights(const FixedProjection& projection, Form& form) const {
  const bool ofSum = profile_.weightExponent == WeightExponent::OfSum;
  const int exponent = projection.exponent;
  form.weights = projection.weights;
  form.intoExponent = exponent;
  if (exponent < 0 && ofSum) {
    form.unit = exponent;
    form.intoExponent = 0;
  } else if (exponent < 0) {
    for (std::int32_t& weight : form.weights.values)
      weight = 2 * static_cast<std::int32_t>(fixed::shiftExactly(weight, exponent));
    form.intoExponent = -1;
  }
  const auto [least, most] = std::minmax_element(form.weights.values.begin(), form.weights.values.end());
  if (*most > 0 && *least < -254)
    return refuse(projection.name,
                  fmt::format("'{}' has a weight of {}, whose opposite no synapse holds: relays need both",
                              projection.name, *least),
                  "choose a smaller scale for its population in the quantization settings");
  return ok();
}

// Runs of sources, as few as a core and the largest sum allow.
Status Relayer::formParts(const FixedProjection& projection, Form& form) const {
  const Source& source = projection.source;
  std::int64_t payload = 1;
  if (source.input) {
    payload = before_.inputs[static_cast<std::size_t>(source.index)].largestPayload();
  }
  const Wiring& wiring = form.weights.wiring;
  // Half of a core at most is for what relays take back, so that it holds those of several rows.
  const std::int64_t room = std::min(chip_.sourcesPerCore(), limit("synapse_words_per_core"));
  const std::int64_t back = std::min(2 * kMostLevels * wiring.targets(), room / 2);
  const std::int64_t axons = limit("input_axons_per_core") - axonsFor(back, chip_.atomsPerAxon());
  const std::int64_t most = std::min(axons * chip_.atomsPerAxon(), limit("synapse_words_per_core") - back);
  struct Load {
    std::int64_t count = 0, positive = 0, negative = 0;
  };
  std::vector<Load> loads(static_cast<std::size_t>(wiring.targets()));
  form.parts = {{0, 0, 0}};
  const auto sized = [&](std::int64_t weight) {
    return fixed::shiftExactly(weight, form.intoExponent) * payload;
  };
  // Adds a source to the last part; false where a row cannot take it.
  const auto add = [&](std::int64_t at) {
    bool fits = true;
    std::int64_t positive = form.positive, negative = form.negative;
    wiring.targetsOf(at, [&](std::int64_t row, std::int64_t index) {
      const std::int64_t size = sized(form.weights.value(index));
      if (size == 0) return;
      Load& load = loads[static_cast<std::size_t>(row)];
      ++load.count;
      load.positive += std::max<std::int64_t>(size, 0);
      load.negative += std::max<std::int64_t>(-size, 0);
      // Payloads of a graded input turn a sign round.
      const bool turns =
          source.input && before_.inputs[static_cast<std::size_t>(source.index)].minPayload < 0;
      const std::int64_t both = load.positive + load.negative;
      positive = std::max(positive, turns ? both : load.positive);
      negative = std::max(negative, turns ? both : load.negative);
      fits &= load.count <= most && std::max(positive, negative) <= kLargestSum;
    });
    ++form.parts.back().count;
    if (fits) form.positive = positive, form.negative = negative;
    return fits;
  };
  for (std::int64_t at = 0; at < wiring.sources(); ++at) {
    if (add(at)) continue;
    if (--form.parts.back().count > 0) form.parts.push_back({at, 0, 0});
    std::fill(loads.begin(), loads.end(), Load{});
    if (!add(at))
      return refuse(
          projection.name,
          fmt::format("a single synapse of '{}' is more than a relay holds: it takes sums up to {} and "
                      "{} inputs of a core",
                      projection.name, kLargestSum, most),
          "choose smaller weights, or a chip with more input axons and synapse words in a core");
  }
  return ok();
}

// Of the owner's input, the least of its neurons; 0 where they have none.
double Relayer::threshold(int index) {
  const FixedPopulation& owner = population(index);
  std::int32_t least = 0;
  for (std::int64_t n = 0; n < owner.size && owner.registers.contains("vth"); ++n) {
    const std::int32_t own = owner.registerOf("vth", n);
    if (own > 0 && (least == 0 || own < least)) least = own;
  }
  return least;
}

void Relayer::formLevels(const FixedProjection& projection, Form& form) {
  const double share = kShareOfThreshold / static_cast<double>(form.parts.size());
  const double wanted = threshold(projection.target) * share / std::ldexp(1.0, form.unit);
  // A quantum is 2^(exponent + 1), at least 2 here and 1 at the owner.
  const int least = std::max(0, -form.unit - 1);
  const auto reaches = [&](int exponent) { return kReach << exponent >= form.largest(); };
  const int most = static_cast<int>(limit("weight_exponent_max")) - std::max(0, form.unit);
  form.sentExponent = wanted >= 2 ? static_cast<int>(std::floor(std::log2(wanted))) - 1 : least;
  form.sentExponent = std::max(std::min(form.sentExponent, most), least);
  while (!reaches(form.sentExponent)) ++form.sentExponent;
  // Steps of 1, 1, 2, 4 quanta and so on, the last no larger than it has to be, as W8 counts it.
  for (const auto& [sign, largest] : {std::pair{1, form.positive}, std::pair{-1, form.negative}}) {
    const std::int64_t quantum = std::int64_t{2} << form.sentExponent;
    const std::int64_t wantedSteps = (largest + quantum - 1) / quantum * 2;
    for (std::int64_t below = 0; below < wantedSteps; below += form.levels.back().step)
      form.levels.push_back(
          {sign, std::min({std::max<std::int64_t>(below, 2), kLargestStep, wantedSteps - below}), below});
  }
}

Expected<Form> Relayer::form(const FixedProjection& projection) {
  Form form;
  if (!projection.source.input && population(projection.source.index).model->graded)
    return refuse(projection.name,
                  fmt::format("'{}' sends payloads, whose sums have no bound that relays could hold",
                              population(projection.source.index).name),
                  "choose a chip with partial sums");
  if (limit("weight_bits") < kMostWeightBits)
    return refuse(projection.name,
                  fmt::format("relays need weights of {} bits, '{}' has {}", kMostWeightBits, chip_.name,
                              limit("weight_bits")),
                  "choose another chip");
  if (Status formed = formWeights(projection, form); !formed) return formed.error();
  if (Status formed = formParts(projection, form); !formed) return formed.error();
  if (form.largest() == 0)
    return refuse(projection.name,
                  fmt::format("'{}' adds nothing: its weights times 2^{} are 0 (SPEC W6)", projection.name,
                              projection.exponent),
                  "leave 'exponent' out of the quantization settings, or the projection out of the network");
  formLevels(projection, form);
  const Wiring& wiring = form.weights.wiring;
  if (wiring.targets() * wiring.mostSources() > kMostPairs / form.channels())
    return refuse(
        projection.name,
        fmt::format("the relays of '{}' would take more than {} weights", projection.name, kMostPairs),
        "prune its inputs, or spread them over several smaller layers");
  return form;
}

// Every relay of a part takes all of its synapses, so that those of a row hold the same. Rows first, then
// levels.
FixedProjection Relayer::into(const FixedProjection& from, const Form& form, const Part& part,
                              int relay) const {
  FixedProjection into = from;
  into.target = relay;
  into.exponent = form.intoExponent;
  into.weightBits = kMostWeightBits;
  into.signMode = form.positive > 0 && form.negative > 0 ? SignMode::Mixed : SignMode::Excitatory;
  const Connections<std::int32_t>& all = form.weights;
  SynapseLists lists;
  std::vector<std::int32_t> values, delays;
  for (std::int64_t row = 0; row < all.wiring.targets(); ++row)
    for (const Form::Level& level : form.levels) {
      all.wiring.sourcesOf(row, [&](std::int64_t source, std::int64_t index) {
        if (source < part.first || source >= part.first + part.count || all.value(index) == 0) return;
        lists.add(source);
        values.push_back(level.sign * all.value(index));
        if (!all.delays.empty()) delays.push_back(all.delays[static_cast<std::size_t>(index)]);
      });
      lists.endTarget();
    }
  into.weights = Connections<std::int32_t>(Wiring::listed(all.wiring.sources(), std::move(lists)));
  into.weights.values = std::move(values);
  into.weights.delays = std::move(delays);
  return into;
}

// What relays send: to the row that they stand for, or what they take back from each other.
FixedProjection Relayer::between(const std::string& name, const Form& form, int relay, int target) {
  const bool back = relay == target;
  const std::int64_t rows = form.weights.wiring.targets(), channels = form.channels();
  FixedProjection sent;
  sent.name = freeName(net(), name);
  sent.source = {false, relay};
  sent.target = target;
  sent.delaySteps = back ? 1 : 0;
  sent.exponent = form.sentExponent + (back ? 0 : form.unit);
  const Convolution map{rows * channels, back ? rows * channels : rows, rows, {}, {}};
  sent.weights = Connections<std::int32_t>(Wiring::convolution(map));
  for (std::int64_t to = 0; to < map.channelsOut; ++to)
    for (std::int64_t from = 0; from < channels; ++from) {
      const int sign = form.level(from).sign * (back ? -form.level(to).sign : 1);
      sent.weights.values[static_cast<std::size_t>(map.kernelIndex(to, from, 0, 0))] =
          static_cast<std::int32_t>(sign * form.level(from).step);
    }
  return sent;
}

void Relayer::apply(std::size_t index, const Form& form) {
  const FixedProjection from = net().projections[index];
  const std::string owner = population(from.target).name;
  const std::int64_t each = form.channels() * form.weights.wiring.targets();
  const double unit = std::ldexp(1.0, form.unit);
  result_.sums.push_back({owner, from.name, freeName(net(), owner + ".relay"), std::ssize(form.parts) * each,
                          std::ssize(form.parts), form.channels(), std::ldexp(2.0, form.sentExponent) * unit,
                          static_cast<double>(form.largest()) * unit, threshold(from.target)});
  for (const Part& part : form.parts) {
    const auto relay = static_cast<int>(net().populations.size());
    FixedPopulation relays;
    relays.name = freeName(net(), result_.sums.back().relay);
    relays.model = models::findModel("cuba_lif");
    relays.size = each;
    relays.shape = {each};
    relays.hidden = true;
    relays.registers = {{"du", {0}}, {"dv", {4095}}, {"vth", {}}};
    for (std::int64_t n = 0; n < each; ++n) {
      const Form::Level& level = form.level(n);
      relays.registers["vth"].push_back(
          static_cast<std::int32_t>((level.below + level.step / 2) << form.sentExponent));
    }
    const std::string name = relays.name;
    net().populations.push_back(std::move(relays));
    FixedProjection taken = into(from, form, part, relay);
    if (part.first == 0) {
      net().projections[index] = std::move(taken);
    } else {
      taken.name = freeName(net(), from.name + ".part");
      net().projections.push_back(std::move(taken));
    }
    net().projections.push_back(between(name + "->" + name, form, relay, relay));
    net().projections.push_back(between(name + "->" + owner, form, relay, from.target));
  }
}

// The largest projections first, until every neuron fits.
Status Relayer::relay(const CrowdedPopulation& of) {
  const FixedPopulation& owner = population(of.population);
  const auto ports = static_cast<std::int64_t>(owner.model->portCount());
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < of.incoming.size(); ++i) order.push_back(i);
  const auto most = [&](std::size_t i) {
    std::int64_t needs = 0;
    for (const ListNeeds& each : of.needs[i]) needs = std::max({needs, each.axons, each.words});
    return needs;
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return most(a) > most(b); });
  std::vector<ListNeeds> left(static_cast<std::size_t>(owner.size));
  for (const std::vector<ListNeeds>& needs : of.needs)
    for (std::size_t n = 0; n < left.size(); ++n) {
      left[n].axons += needs[n].axons;
      left[n].words += needs[n].words;
    }
  const auto fits = [&] {
    return std::all_of(left.begin(), left.end(),
                       [&](const ListNeeds& needs) { return fitsCore(needs, chip_); });
  };
  std::vector<std::pair<std::size_t, Form>> chosen;
  for (const std::size_t i : order) {
    if (fits()) break;
    Expected<Form> formed = form(net().projections[of.incoming[i]]);
    if (!formed) return formed.error();
    const std::int64_t parts = std::ssize(formed->parts), each = formed->channels() * ports;
    const std::int64_t relays = parts * each;
    if (relays >= most(i)) continue;
    for (std::size_t n = 0; n < left.size(); ++n) {
      left[n].axons += parts * axonsFor(each, chip_.atomsPerAxon()) - of.needs[i][n].axons;
      left[n].words += relays - of.needs[i][n].words;
    }
    chosen.emplace_back(of.incoming[i], *std::move(formed));
  }
  if (!fits())
    return refuse(
        owner.name,
        fmt::format("neuron {} of '{}' needs {} input axons and {} synapse words in one core, '{}' has {} "
                    "and {}, and relays leave more than that",
                    of.neuron, owner.name, of.most.axons, of.most.words, chip_.name,
                    limit("input_axons_per_core"), limit("synapse_words_per_core")),
        "prune its inputs, or choose a chip with more room in a core");
  for (const auto& [index, formed] : chosen) apply(index, formed);
  return ok();
}

void Relayer::explain(Error& error) const {
  for (Diagnostic& diagnostic : error.diagnostics) {
    if (diagnostic.code != "R0750") continue;
    for (const RelayedSum& sum : result_.sums)
      if (diagnostic.where.find(sum.relay) != std::string::npos)
        diagnostic.message +=
            fmt::format("; '{}' holds the sums of '{}', which takes one of the hops (SPEC E6)", sum.relay,
                        sum.projection);
    diagnostic.remedy =
        "give the loop a delay of a step more, prune the inputs of this neuron, or choose a chip with more "
        "room in "
        "a core";
  }
}

Expected<RelayedNet> Relayer::run() {
  const std::vector<CrowdedPopulation> crowded = findCrowded(net(), chip_, profile_);
  if (crowded.empty()) return std::move(result_);
  if (Status sums = checkInputSums(before_); !sums) return sums.error();
  const std::string& first = population(crowded.front().population).name;
  if (chip_.extends("partial_sums"))
    return refuse(
        first, fmt::format("'{}' sums '{}' in parts without any loss, relays would round", chip_.name, first),
        "run with --split-fan-in instead of --relay-fan-in");
  const int mostDelay = std::min<int>(kMaxDelay, static_cast<int>(limit("max_delay")));
  Expected<LagSolution> before = solveLags(net(), mostDelay);
  if (!before) return std::move(before).error();
  for (const CrowdedPopulation& of : crowded)
    if (Status relayed = relay(of); !relayed) return relayed.error();
  Expected<LagSolution> after = solveLags(net(), mostDelay);
  if (!after) {
    explain(after.error());
    return std::move(after).error();
  }
  if (Status assigned = assignLags(net(), mostDelay); !assigned) return assigned.error();
  if (Status shifted = shiftStart(net(), *before, *after, profile_); !shifted) return shifted.error();
  if (Status sums = checkInputSums(net()); !sums) {
    Error error = sums.error();
    for (Diagnostic& diagnostic : error.diagnostics)
      diagnostic.message +=
          "; all spikes of relays count, though those of opposite signs never meet (SPEC E6)";
    return error;
  }
  result_.steps = after->largest - before->largest;
  return std::move(result_);
}

}  // namespace

Expected<RelayedNet> relayFanIn(const FixedNet& net, const ChipSpec& chip, const Profile& profile) {
  return Relayer(net, chip, profile).run();
}

}  // namespace rheo
