// Row by row: what every relay of a row holds, sends and takes back. SPEC E6, V7
#include "witness/relays/Relays.h"

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

// Source, what a spike of it adds, and when.
struct Synapse {
  std::int32_t source = 0, neuron = 0, delay = 0;
  double adds = 0;
  auto operator<=>(const Synapse&) const = default;
};
using Row = std::vector<Synapse>;

std::int32_t valueOf(const ParameterT& parameter, std::size_t neuron) {
  return parameter.values[parameter.values.size() == 1 ? 0 : neuron];
}

class Relays {
 public:
  Relays(const NetworkT& before, const NetworkT& after) : before_(before), after_(after) {
    const Profile* profile = findProfile(before.profile);
    perWeight_ = profile && profile->weightExponent == WeightExponent::PerWeight;
  }

  Report run() {
    std::map<std::string, std::int32_t> known;  // an input and a population may share a name
    const auto key = [](const NodeT& node) {
      return (node.model.empty() ? "input " : "population ") + node.name;
    };
    for (const auto& node : before_.nodes) known.emplace(key(*node), static_cast<std::int32_t>(known.size()));
    for (const auto& node : after_.nodes) {
      const auto found = known.find(key(*node));
      original_.push_back(found == known.end() ? -1 : found->second);
    }
    compareFaces();
    for (std::size_t n = 0; report_.passed() && n < original_.size(); ++n)
      if (original_[n] < 0)
        outline(*after_.nodes[n]);
      else
        same(*before_.nodes[static_cast<std::size_t>(original_[n])], *after_.nodes[n]);
    for (std::size_t n = 0; report_.passed() && n < original_.size(); ++n)
      if (original_[n] >= 0 && !after_.nodes[n]->model.empty()) compare(static_cast<std::uint32_t>(n));
    return std::move(report_);
  }

 private:
  bool isRelay(std::uint32_t node) const { return original_[node] < 0; }
  void broken(const std::string& where, const std::string& message) {
    if (report_.total++ == 0)
      report_.faults = Error::of(ErrorKind::Internal, "R0430", where, message,
                                 "this is a fault of rheobase; please report it with the network")
                           .diagnostics;
  }

  // What users see is as it was, beside hidden relays.
  void compareFaces() {
    using Fact = std::tuple<std::string, std::string, std::string>;
    std::set<Fact> was, is;
    for (const auto& fact : before_.face) was.emplace(fact->what, fact->name, fact->how);
    for (const auto& fact : after_.face) {
      const auto relay = std::find_if(after_.nodes.begin(), after_.nodes.end(), [&](const auto& node) {
        return fact->what == "the population" && node->name == fact->name &&
               isRelay(static_cast<std::uint32_t>(&node - after_.nodes.data()));
      });
      if (relay == after_.nodes.end())
        is.emplace(fact->what, fact->name, fact->how);
      else if (!fact->how.starts_with("a hidden "))
        broken(fact->name, fmt::format("'{}' is no relay", fact->name));
    }
    if (was != is || before_.profile != after_.profile ||
        std::ssize(before_.nodes) !=
            std::count_if(original_.begin(), original_.end(), [](auto n) { return n >= 0; }))
      broken("", "the network with relays has other populations, ports or arithmetic");
  }

  void same(const NodeT& was, const NodeT& is) {
    bool alike =
        was.model == is.model && was.size == is.size && was.parameters.size() == is.parameters.size();
    for (std::size_t i = 0; alike && i < was.parameters.size(); ++i)
      for (std::size_t n = 0; alike && n < was.size; ++n)  // a clock moves with its population. SPEC V4
        alike = was.parameters[i]->name == "reset_phase" ||
                valueOf(*was.parameters[i], n) == valueOf(*is.parameters[i], n);
    if (!alike) broken(was.name, fmt::format("the population '{}' is another one with relays", was.name));
  }

  // A current that forgets as little as there is, no bias, reset to zero.
  void outline(const NodeT& relay) {
    bool right = relay.model == "cuba_lif";
    for (const auto& parameter : relay.parameters)
      for (const std::int32_t value : parameter->values)
        right &= parameter->name == "decay_u"     ? value == 1
                 : parameter->name == "decay_v"   ? value == 4095
                 : parameter->name == "threshold" ? value > 0
                                                  : value == 0;
    if (!right) broken(relay.name, fmt::format("'{}' is no relay", relay.name));
  }

  // What enters a row through one projection of `network` (network.fbs); sources bear the numbers of the
  // network before.
  void gather(const NetworkT& network, const ProjectionT& p, std::uint64_t row, Row& into,
              double unit) const {
    const std::int32_t source =
        &network == &after_ ? original_[p.source] : static_cast<std::int32_t>(p.source);
    forEachSynapse(p, row, network.nodes[p.source]->size, [&](std::uint64_t neuron, std::uint64_t index) {
      const double shifted = std::ldexp(p.weights[index], p.exponent);
      const double value = (perWeight_ ? std::floor(shifted) : shifted) * unit;  // SPEC W6
      const std::int32_t wait = p.delays.empty() ? 0 : p.delays[index];
      if (value != 0)
        into.push_back({source, static_cast<std::int32_t>(neuron), p.delay_steps + wait, value});
    });
  }

  // What relays hold of a row, in the owner's unit, beside what reaches it directly.
  void compare(std::uint32_t owner) {
    const auto original = static_cast<std::uint32_t>(original_[owner]);
    const NodeT& population = *before_.nodes[original];
    std::vector<const ProjectionT*> direct, sent, was;
    for (const auto& p : after_.projections)
      if (p->target == owner) (isRelay(p->source) ? sent : direct).push_back(p.get());
    for (const auto& p : before_.projections)
      if (p->target == original) was.push_back(p.get());
    if (sent.empty() && direct.size() != was.size())
      return broken(population.name, fmt::format("'{}' has other projections", population.name));
    const std::uint64_t rows = population.size * models::findModel(population.model)->ports.size();
    for (std::uint64_t row = 0; report_.passed() && row < rows; ++row) {
      Row expected, found;
      for (const ProjectionT* p : was) gather(before_, *p, row, expected, 1);
      for (const ProjectionT* p : direct) gather(after_, *p, row, found, 1);
      for (const ProjectionT* p : sent) stand(*p, row, found);
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
  void stand(const ProjectionT& sent, std::uint64_t row, Row& found) {
    Row relays;
    gather(after_, sent, row, relays, 1);
    const NodeT& population = *after_.nodes[sent.source];
    const auto wrong = [&](const char* why) {
      broken(population.name, fmt::format("'{}' for row {}: {}", population.name, row, why));
    };
    if (sent.delay_steps != 0) return wrong("what it sends waits");
    std::map<Row, std::vector<Synapse>> parts;  // what is held, by a relay of positive sign -> the relays
    double unit = 0;                            // of the owner's, the relays'
    std::map<std::int32_t, Row> back;
    for (const Synapse& relay : relays) {
      Row held;
      const auto neuron = static_cast<std::uint64_t>(relay.neuron);
      for (const auto& p : after_.projections) {
        if (p->target != sent.source) continue;
        if (isRelay(p->source)) {
          if (p->source != sent.source || p->delay_steps != 1) return wrong("other relays reach it, or late");
          gather(after_, *p, neuron, back[relay.neuron], 1);
        } else {
          gather(after_, *p, neuron, held, relay.adds > 0 ? 1 : -1);
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
  void levels(const NodeT& population, const std::vector<Synapse>& members, double unit, const Wrong& wrong) {
    const auto& threshold = **std::find_if(population.parameters.begin(), population.parameters.end(),
                                           [](const auto& p) { return p->name == "threshold"; });
    for (const int sign : {1, -1}) {
      std::vector<std::pair<double, double>> steps;  // threshold, in the owner's unit; what is sent
      for (const Synapse& relay : members)
        if (relay.adds * sign > 0)
          steps.emplace_back(valueOf(threshold, static_cast<std::size_t>(relay.neuron)) / kAlign * unit,
                             relay.adds * sign);
      std::sort(steps.begin(), steps.end());
      double below = 0;
      for (const auto& [at, step] : steps) {
        if (at != below + step / 2) return wrong("a level does not fire in the middle of its step");
        below += step;
      }
    }
  }

  const NetworkT& before_;
  const NetworkT& after_;
  std::vector<std::int32_t> original_;  // [node after] -> before, -1 for relays
  bool perWeight_ = false;
  Report report_;
};

}  // namespace

Report checkRelays(const NetworkT& before, const NetworkT& after) { return Relays(before, after).run(); }

}  // namespace rheo::witness
