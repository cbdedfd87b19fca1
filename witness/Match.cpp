// The image's header against the network: names, models, shapes, ports, lags. SPEC V2, V4, V5
#include "witness/Match.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

namespace rheo::witness {
namespace {

// What can be said of a network in words: (whose, what) -> how it is.
using Facts = std::map<std::pair<std::string, std::string>, std::string>;

Facts factsOf(const Network& network) {
  Facts facts{{{"", "the network's name"}, network.name},
              {{"", "the arithmetic"}, network.profile},
              {{"", "dt"}, fmt::format("{}", network.dt)}};
  for (const Population& p : network.populations)
    facts[{p.name, "the population"}] =
        fmt::format("{}{} of {} neurons {}", p.hidden ? "a hidden " : "a ", p.model, p.size, p.shape);
  for (const Input& i : network.inputs)
    facts[{i.name, "the input"}] =
        fmt::format("{} channels {} of {} to {}", i.size, i.shape, i.least, i.most);
  for (const Output& o : network.outputs) {
    std::string& text = facts[{o.name, "the output"}] = fmt::format("{} of", o.shape);
    for (const OutputPart& part : o.parts)
      text += fmt::format(" {}.{}", network.populations[static_cast<std::size_t>(part.population)].name,
                          part.state);
  }
  return facts;
}

// `isSum` [population of the image]: those, and clones, are not part of the network.
Facts factsOf(const image::Header& header, const std::vector<bool>& isSum, Report& report) {
  Facts facts{{{"", "the network's name"}, header.network()->str()},
              {{"", "the arithmetic"}, header.profile()->str()},
              {{"", "dt"}, fmt::format("{}", header.dt())}};
  const auto add = [&](const std::string& name, const char* what, std::string text) {
    if (!facts.emplace(std::pair(name, what), std::move(text)).second)
      report.add(name, fmt::format("{} '{}' is in the image twice", what, name));
  };
  const auto shape = [](const auto* thing) {
    return std::vector<std::int64_t>(thing->shape()->begin(), thing->shape()->end());
  };
  for (unsigned i = 0; i < isSum.size(); ++i)
    if (const image::Population* p = header.populations()->Get(i); !isSum[i])
      add(p->name()->str(), "the population",
          fmt::format("{}{} of {} neurons {}", p->hidden() ? "a hidden " : "a ", p->model()->str(), p->size(),
                      shape(p)));
  for (const image::Input* i : *header.inputs()) {
    const int most = i->encoding() == image::Encoding::Binary ? 1 : i->max_payload();
    const int least = i->encoding() == image::Encoding::Graded ? -most : 0;
    add(i->name()->str(), "the input",
        fmt::format("{} channels {} of {} to {}", i->size(), shape(i), least, most));
  }
  for (const image::Output* o : *header.outputs()) {
    std::string text = fmt::format("{} of", shape(o));
    for (const image::OutputPart* part : *o->parts())
      text += fmt::format(" {}.{}",
                          part->population() < isSum.size()
                              ? header.populations()->Get(part->population())->name()->str()
                              : std::to_string(part->population()),
                          part->state() ? part->state()->str() : "");
    add(o->name()->str(), "the output", std::move(text));
  }
  return facts;
}

void compare(const Facts& expected, const Facts& found, Report& report) {
  std::set<Facts::key_type> keys;
  for (const Facts* facts : {&expected, &found})
    for (const auto& [key, text] : *facts) keys.insert(key);
  const auto said = [](const Facts& facts, const Facts::key_type& key) {
    const auto known = facts.find(key);
    return known == facts.end() ? std::string("absent") : known->second;
  };
  for (const auto& key : keys)
    if (said(expected, key) != said(found, key))
      report.add(key.first, fmt::format("{}{} is {} in the image, {} in the network", key.second,
                                        key.first.empty() ? "" : fmt::format(" '{}'", key.first),
                                        said(found, key), said(expected, key)));
}

// SPEC V4: only what stays silent until something arrives may run later than its parameters were chosen for.
void checkMoved(const Network& network, std::size_t number, std::int64_t lag, Report& report) {
  const Population& population = network.populations[number];
  if (lag == population.lag) return;
  const auto tell = [&](const std::string& why) {
    report.add(population.name,
               fmt::format("{} and has lag {} in the image, {} in the network", why, lag, population.lag));
  };
  for (const Parameter& parameter : population.parameters) {
    const auto silent = [&](std::int32_t value) {
      if (parameter.name == "bias") return value == 0;
      return parameter.name == "threshold_low" ? value <= 0
                                               : !parameter.name.starts_with("threshold") || value >= 0;
    };
    if (!std::all_of(parameter.values.begin(), parameter.values.end(), silent))
      tell(fmt::format("'{}' acts by itself ({})", population.name, parameter.name));
  }
  if (std::none_of(network.projections.begin(), network.projections.end(),
                   [&](const Projection& p) { return static_cast<std::size_t>(p.target) == number; }))
    tell(fmt::format("nothing enters '{}'", population.name));
}

// SPEC V2: the neurons whose clones a population of the image holds.
std::vector<std::uint32_t> originalsOf(const image::Population& clones, const Population& of,
                                       Report& report) {
  const std::string& name = clones.name()->str();
  const auto none = [&](const std::string& why) {
    report.add(name, fmt::format("'{}' is said to hold clones of '{}', but {}", name, of.name, why));
    return std::vector<std::uint32_t>();
  };
  if (!clones.originals() || clones.originals()->size() == 0 || clones.originals()->size() != clones.size())
    return none("does not say of which neurons");
  std::vector<std::uint32_t> originals(clones.originals()->begin(), clones.originals()->end());
  for (const std::uint32_t neuron : originals)
    if (neuron >= static_cast<std::uint64_t>(of.size))
      return none(fmt::format("it has no neuron {}", neuron));
  if (!clones.hidden() || clones.model()->str() != of.model) return none("is not hidden, or another model");
  return originals;
}

}  // namespace

std::string Match::describe(const Network& network, std::uint32_t source) const {
  const bool isInput = base.empty() || source < base[0];
  const std::vector<std::uint32_t>& bases = isInput ? inputBase : base;
  const auto i =
      static_cast<std::size_t>(std::upper_bound(bases.begin(), bases.end(), source) - bases.begin()) - 1;
  return fmt::format("{} {} of '{}'", isInput ? "channel" : "neuron", source - bases[i],
                     isInput ? network.inputs[i].name : names[i]);
}

Match match(const Network& network, const image::Header& header, Report& report) {
  Match match;
  std::map<std::string, std::size_t> known;
  std::vector<std::int64_t> sizes;
  for (const Population& population : network.populations) {
    known.emplace(population.name, match.names.size());
    match.names.push_back(population.name);
    match.lags.push_back(population.lag);
    sizes.push_back(population.size);
  }
  match.originals = known.size();
  std::vector<bool> isSum;
  for (const image::Population* population : *header.populations()) {
    const auto cloned = known.find(population->clone_of() ? population->clone_of()->str() : "");
    match.clones.emplace_back();
    if (cloned != known.end() && cloned->second < match.originals) {
      match.clones.back() = originalsOf(*population, network.populations[cloned->second], report);
      match.number.push_back(cloned->second);
      match.models.push_back(models::findModel(population->model()->string_view()));
      isSum.push_back(true);
      continue;
    }
    const auto [entry, isNew] = known.emplace(population->name()->str(), match.names.size());
    isSum.push_back(isNew);
    match.number.push_back(entry->second);
    match.models.push_back(models::findModel(population->model()->string_view()));
    if (!isNew) {
      match.lags[entry->second] = population->lag();
      if (entry->second < match.originals) checkMoved(network, entry->second, population->lag(), report);
      continue;
    }
    match.names.push_back(entry->first);
    match.lags.push_back(population->lag());
    sizes.push_back(population->size());
    if (population->model()->string_view() != "graded_vec" || !population->hidden())
      report.add(entry->first,
                 fmt::format("the network has no population '{}', and it is no hidden sum (graded_vec)",
                             entry->first));
  }
  compare(factsOf(network), factsOf(header, isSum, report), report);
  std::uint64_t next = 0;
  for (const Input& input : network.inputs) {
    match.inputBase.push_back(static_cast<std::uint32_t>(next));
    next += static_cast<std::uint64_t>(input.size);
    for (unsigned i = 0; i < header.inputs()->size(); ++i)
      if (header.inputs()->Get(i)->name()->str() == input.name) match.input.push_back(i);
  }
  for (const std::int64_t size : sizes) {
    match.base.push_back(static_cast<std::uint32_t>(next));
    next += static_cast<std::uint64_t>(size);
  }
  if (next > UINT32_MAX) report.add("", "there are more neurons than can be counted");
  return match;
}

}  // namespace rheo::witness
