// Row by row: what every relay of a row holds, sends and takes back. SPEC E6, V7
#include "witness/Relays.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "fixed/Profile.h"

namespace rheo::witness {
namespace {

constexpr double kAlign = 64;  // of potentials. SPEC N2

// Source (inputs first), what a spike of it adds, and when.
struct Synapse {
  std::int32_t source = 0, neuron = 0, delay = 0;
  double adds = 0;
  auto operator<=>(const Synapse&) const = default;
};
using Row = std::vector<Synapse>;

class Relays {
 public:
  Relays(const Network& before, const Network& after) : before_(before), after_(after) {
    const Profile* profile = findProfile(before.profile);
    perWeight_ = profile && profile->weightExponent == WeightExponent::PerWeight;
  }

  Report run() {
    std::map<std::string, std::int32_t> known;
    for (const Population& population : before_.populations)
      known.emplace(population.name, static_cast<std::int32_t>(known.size()));
    for (const Population& population : after_.populations) {
      const auto found = known.find(population.name);
      original_.push_back(found == known.end() ? -1 : found->second);
    }
    if (std::ssize(known) !=
            std::count_if(original_.begin(), original_.end(), [](auto p) { return p >= 0; }) ||
        after_.profile != before_.profile || after_.inputs.size() != before_.inputs.size() ||
        after_.outputs.size() != before_.outputs.size())
      report_.add("", "the network with relays has other populations, ports or arithmetic");
    for (std::size_t p = 0; report_.passed() && p < original_.size(); ++p)
      if (original_[p] < 0)
        outline(p);
      else
        same(before_.populations[static_cast<std::size_t>(original_[p])], after_.populations[p]);
    for (std::size_t p = 0; report_.passed() && p < original_.size(); ++p)
      if (original_[p] >= 0) compare(static_cast<std::int32_t>(p));
    return std::move(report_);
  }

 private:
  bool isRelay(std::int32_t population) const { return original_[static_cast<std::size_t>(population)] < 0; }
  void broken(const std::string& where, const std::string& message) {
    if (report_.passed()) report_.add(where, message);
  }

  void same(const Population& was, const Population& is) {
    bool alike = was.name == is.name && was.model == is.model && was.size == is.size &&
                 was.shape == is.shape && was.hidden == is.hidden &&
                 was.parameters.size() == is.parameters.size();
    for (std::size_t i = 0; alike && i < was.parameters.size(); ++i)
      for (std::int64_t n = 0; alike && n < was.size; ++n)  // a clock moves with its population. SPEC V4
        alike = was.parameters[i].name == "reset_phase" || was.parameters[i].of(n) == is.parameters[i].of(n);
    if (!alike) broken(was.name, fmt::format("the population '{}' is another one with relays", was.name));
  }

  // A current that forgets as little as there is, no bias, reset to zero; nobody reads it.
  void outline(std::size_t p) {
    const Population& relay = after_.populations[p];
    bool right = relay.hidden != 0 && relay.model == "cuba_lif";
    for (const Parameter& parameter : relay.parameters)
      for (std::int64_t n = 0; n < relay.size; ++n) {
        const std::int32_t value = parameter.of(n);
        right &= parameter.name == "decay_u"     ? value == 1
                 : parameter.name == "decay_v"   ? value == 4095
                 : parameter.name == "threshold" ? value > 0
                                                 : value == 0;
      }
    for (const Output& output : after_.outputs)
      for (const OutputPart& part : output.parts) right &= static_cast<std::size_t>(part.population) != p;
    if (!right) broken(relay.name, fmt::format("'{}' is no relay", relay.name));
  }

  double adds(const Projection& of, std::int64_t index) const {
    const double shifted = std::ldexp(of.weights[static_cast<std::size_t>(index)], of.exponent);
    return perWeight_ ? std::floor(shifted) : shifted;  // SPEC W6
  }

  // What enters a row through one projection of `network`; sources bear the numbers of the one before.
  void gather(const Network& network, const Projection& of, std::int64_t row, Row& into, double unit) const {
    std::int32_t source = of.source;
    if (!of.fromInput && &network == &after_) source = original_[static_cast<std::size_t>(of.source)];
    const auto put = [&](std::int64_t neuron, std::int64_t index) {
      const double value = adds(of, index) * unit;
      const std::int32_t own = of.delays.empty() ? 0 : of.delays[static_cast<std::size_t>(index)];
      if (value != 0)
        into.push_back({of.fromInput ? -2 - source : source, static_cast<std::int32_t>(neuron),
                        of.delaySteps + own, value});
    };
    if (!of.convolution) {
      const auto from = static_cast<std::size_t>(of.source);
      const std::int64_t sources = of.fromInput ? network.inputs[from].size : network.populations[from].size;
      for (std::int64_t s = 0; s < sources; ++s) put(s, row * sources + s);
      return;
    }
    const Convolution& c = *of.convolution;
    const std::int64_t out = std::int64_t{c.rows.outputs} * c.columns.outputs,
                       channels = c.channelsIn / c.groups;
    const std::int64_t o = row / out, r = row % out / c.columns.outputs, q = row % c.columns.outputs;
    for (std::int64_t i = 0; i < channels; ++i)
      for (std::int64_t k = 0; k < c.rows.kernel; ++k)
        for (std::int64_t l = 0; l < c.columns.kernel; ++l) {
          const std::int64_t y = r * c.rows.stride - c.rows.padding + k * c.rows.dilation;
          const std::int64_t x = q * c.columns.stride - c.columns.padding + l * c.columns.dilation;
          if (y < 0 || y >= c.rows.inputs || x < 0 || x >= c.columns.inputs) continue;
          const std::int64_t channel = o / (c.channelsOut / c.groups) * channels + i;
          put((channel * c.rows.inputs + y) * c.columns.inputs + x,
              ((o * channels + i) * c.rows.kernel + k) * c.columns.kernel + l);
        }
  }

  // What relays hold of a row, in the owner's unit, beside what reaches it directly.
  void compare(std::int32_t owner) {
    const std::int32_t original = original_[static_cast<std::size_t>(owner)];
    const Population& population = before_.populations[static_cast<std::size_t>(original)];
    std::vector<const Projection*> direct, sent, was;
    for (const Projection& p : after_.projections)
      if (p.target == owner) (!p.fromInput && isRelay(p.source) ? sent : direct).push_back(&p);
    for (const Projection& p : before_.projections)
      if (p.target == original) was.push_back(&p);
    if (sent.empty() && direct.size() != was.size())
      return broken(population.name, fmt::format("'{}' has other projections", population.name));
    const std::int64_t rows = population.size * std::ssize(models::findModel(population.model)->ports);
    for (std::int64_t row = 0; report_.passed() && row < rows; ++row) {
      Row expected, found;
      for (const Projection* p : was) gather(before_, *p, row, expected, 1);
      for (const Projection* p : direct) gather(after_, *p, row, found, 1);
      for (const Projection* p : sent) stand(*p, row, found);
      std::sort(expected.begin(), expected.end());
      std::sort(found.begin(), found.end());
      if (report_.passed() && expected != found)
        broken(population.name,
               fmt::format("row {} of '{}': relays and what is left do not hold its synapses once each", row,
                           population.name));
    }
  }

  // The relays of a row, in parts: those of a part hold the same, send levels of it, and take back all of
  // them.
  void stand(const Projection& sent, std::int64_t row, Row& found) {
    Row relays;
    gather(after_, sent, row, relays, 1);
    const Population& population = after_.populations[static_cast<std::size_t>(sent.source)];
    const auto wrong = [&](const char* why) {
      broken(population.name, fmt::format("'{}' for row {}: {}", population.name, row, why));
    };
    if (sent.delaySteps != 0) return wrong("what it sends waits");
    std::map<Row, std::vector<Synapse>> parts;  // what is held, by a relay of positive sign -> the relays
    double unit = 0;                            // of the owner's, the relays'
    std::map<std::int32_t, Row> back;
    for (const Synapse& relay : relays) {
      Row held;
      for (const Projection& p : after_.projections) {
        if (p.target != sent.source) continue;
        if (!p.fromInput && isRelay(p.source)) {
          if (p.source != sent.source || p.delaySteps != 1) return wrong("other relays reach it, or late");
          gather(after_, p, relay.neuron, back[relay.neuron], 1);
        } else {
          gather(after_, p, relay.neuron, held, relay.adds > 0 ? 1 : -1);
        }
      }
      std::sort(held.begin(), held.end());
      parts[std::move(held)].push_back(relay);
    }
    for (auto& [held, members] : parts) {
      if (held.empty()) continue;
      for (const Synapse& relay : members) {
        Row& taken = back[relay.neuron];
        if (taken.size() != members.size()) return wrong("it takes back something else than its part sends");
        for (const Synapse& of : taken) {
          const auto sender = std::find_if(members.begin(), members.end(),
                                           [&](const Synapse& other) { return other.neuron == of.neuron; });
          if (sender == members.end()) return wrong("it takes back what another part sends");
          const double scale = sender->adds * (relay.adds > 0 ? -1 : 1) / of.adds;
          if (unit == 0) unit = scale;
          if (scale != unit || !(unit > 0)) return wrong("what it takes back is not what is sent");
        }
      }
      levels(population, members, unit, wrong);
      for (Synapse synapse : held) {
        synapse.adds *= unit;
        found.push_back(synapse);
      }
    }
  }

  // SPEC E6: a level fires in the middle of its step.
  template <class Wrong>
  void levels(const Population& population, const std::vector<Synapse>& members, double unit,
              const Wrong& wrong) {
    const auto threshold = std::find_if(population.parameters.begin(), population.parameters.end(),
                                        [](const Parameter& p) { return p.name == "threshold"; });
    for (const int sign : {1, -1}) {
      std::vector<std::pair<double, double>> steps;  // threshold, in the owner's unit; what is sent
      for (const Synapse& relay : members)
        if (relay.adds * sign > 0)
          steps.emplace_back(threshold->of(relay.neuron) / kAlign * unit, relay.adds * sign);
      std::sort(steps.begin(), steps.end());
      double below = 0;
      for (const auto& [at, step] : steps) {
        if (at != below + step / 2) return wrong("a level does not fire in the middle of its step");
        below += step;
      }
    }
  }

  const Network& before_;
  const Network& after_;
  std::vector<std::int32_t> original_;  // [population after] -> before, -1 for relays
  bool perWeight_ = false;
  Report report_;
};

}  // namespace

Report checkRelays(const Network& before, const Network& after) { return Relays(before, after).run(); }

}  // namespace rheo::witness
