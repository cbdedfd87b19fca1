// Strata of faults and the fault behind each number.
#include "faults/Sites.h"

#include <algorithm>
#include <map>
#include <utility>

#include "chip/Layout.h"
#include "faults/Search.h"

namespace rheo::faults {

Sites::Sites(const Memories& memories, const FlatProgram& flat, const std::vector<FaultRequest>& requests,
             const SiteOptions& options)
    : memories_(memories), flat_(flat), options_(options) {
  for (const FaultRequest& request : requests)
    request.kind->mechanism == Mechanism::MemoryBit ? addMemory(request) : addCells(request);
}

void Sites::add(Stratum stratum) {
  if (stratum.sites == 0) return;
  first_.push_back(count_);
  count_ += stratum.sites;
  strata_.push_back(std::move(stratum));
}

void Sites::addMemory(const FaultRequest& request) {
  const bool byBit = request.kind->field == FieldClass::Weight;
  std::map<std::pair<std::string, int>, Stratum> strata;
  const std::vector<Field>& fields = memories_.fields();
  for (std::size_t f = 0; f < fields.size(); ++f) {
    const Field& field = fields[f];
    if (field.meaning != request.kind->field || field.bits() == 0) continue;
    for (int bit = byBit ? 0 : -1; bit < (byBit ? field.width : 0); ++bit) {
      Stratum& stratum = strata[{field.node, bit}];
      stratum.request = request;
      stratum.node = field.node, stratum.bit = bit;
      stratum.fields.push_back(static_cast<std::uint32_t>(f));
      stratum.before.push_back(stratum.sites);
      stratum.sites += byBit ? field.records : field.bits();
    }
  }
  for (auto& [key, stratum] : strata) add(std::move(stratum));
}

void Sites::addCells(const FaultRequest& request) {
  const Program& program = flat_.program();
  const Mechanism mechanism = request.kind->mechanism;
  Stratum stratum;
  stratum.request = request;
  const auto steps = static_cast<std::uint64_t>(std::max<std::int64_t>(0, options_.steps + program.lag));
  if (mechanism == Mechanism::Core) {
    stratum.node = "all cores", stratum.sites = program.cores.size();
    return add(stratum);
  }
  if (mechanism == Mechanism::MessageLoss || mechanism == Mechanism::Input ||
      mechanism == Mechanism::Device) {
    stratum.node = mechanism == Mechanism::Input    ? "all inputs"
                   : mechanism == Mechanism::Device ? "the whole chip"
                                                    : "all messages";
    stratum.sites = options_.instances;
    return add(stratum);
  }
  if (mechanism == Mechanism::Channel) {
    for (std::size_t k = 0; k < program.inputs.size(); ++k) {
      stratum.node = program.inputs[k].name, stratum.input = static_cast<std::int32_t>(k);
      stratum.sites = static_cast<std::uint64_t>(program.inputs[k].size);
      add(stratum);
    }
    return;
  }
  for (std::size_t p = 0; p < program.populations.size(); ++p) {
    const PopulationInfo& population = program.populations[p];
    const auto size = static_cast<std::uint64_t>(population.size);
    stratum.population = static_cast<std::int32_t>(p);
    stratum.node = population.name;
    if (mechanism == Mechanism::StateBit) {
      const auto bits = static_cast<std::uint64_t>(stateBits(*population.model));
      for (std::size_t s = 0; s < population.model->states.size(); ++s) {
        stratum.node = population.name + "." + std::string(population.model->states[s]);
        stratum.state = static_cast<std::int32_t>(s);
        stratum.sites = size * steps * bits;
        add(stratum);
      }
      continue;
    }
    const bool spiking = population.model->spiking;
    if (mechanism == Mechanism::Neuron) {
      stratum.sites = spiking || request.kind->manner == Manner::Dead ? size : 0;
    } else {
      stratum.sites = spiking ? size * steps : 0;
    }
    add(stratum);
  }
}

std::size_t Sites::fieldOf(std::size_t stratum, std::uint64_t site) const {
  const Stratum& one = strata_[stratum];
  return one.fields.empty() ? 0 : countAtMost(one.before, one.sites, site) - 1;
}

std::size_t Sites::prefetch(std::size_t stratum, std::uint64_t site) const {
  const std::size_t field = fieldOf(stratum, site);
  if (const auto& fields = strata_[stratum].fields; !fields.empty())
    __builtin_prefetch(&memories_.fields()[fields[field]]);
  return field;
}

Fault Sites::fault(std::uint64_t site) const {
  const auto stratum =
      static_cast<std::size_t>(std::upper_bound(first_.begin(), first_.end(), site) - first_.begin()) - 1;
  return fault(stratum, site - first_[stratum]);
}

Fault Sites::fault(std::size_t number, std::uint64_t site, std::size_t k) const {
  const Stratum& stratum = strata_[number];
  Fault fault{stratum.request.kind, stratum.request.amount};
  const auto steps = static_cast<std::uint64_t>(options_.steps + flat_.program().lag);
  fault.population = stratum.population, fault.state = stratum.state, fault.input = stratum.input;
  switch (fault.kind->mechanism) {
    case Mechanism::MemoryBit: {
      const Field& field = memories_.fields()[stratum.fields[k]];
      const std::uint64_t local = site - stratum.before[k];
      const auto width = static_cast<std::uint64_t>(field.width);
      const std::uint64_t record = stratum.bit >= 0 ? local : local / width;
      const std::uint64_t bit = stratum.bit >= 0 ? static_cast<std::uint64_t>(stratum.bit) : local % width;
      const std::uint64_t at = field.start + recordStart(field.firstRecord + record, field.recordBits) +
                               static_cast<std::uint64_t>(field.offset) + bit;
      fault.core = field.core, fault.memory = field.memory;
      fault.word = at / 64, fault.bit = static_cast<int>(at % 64);
      break;
    }
    case Mechanism::StateBit: {
      const models::ModelTable& model =
          *flat_.program().populations[static_cast<std::size_t>(fault.population)].model;
      const auto bits = static_cast<std::uint64_t>(stateBits(model));
      fault.bit = static_cast<int>(site % bits);
      fault.step = static_cast<std::int64_t>(site / bits % steps);
      fault.neuron = static_cast<std::int32_t>(site / bits / steps);
      break;
    }
    case Mechanism::Neuron:
      fault.neuron = static_cast<std::int32_t>(site);
      break;
    case Mechanism::Core:
      fault.core = static_cast<std::int32_t>(site);
      break;
    case Mechanism::Message:
      fault.step = static_cast<std::int64_t>(site % steps);
      fault.neuron = static_cast<std::int32_t>(site / steps);
      break;
    case Mechanism::MessageLoss:
    case Mechanism::Input:
    case Mechanism::Device:
      fault.instance = site;
      break;
    case Mechanism::Channel:
      fault.channel = static_cast<std::int32_t>(site);
      break;
  }
  return fault;
}

}  // namespace rheo::faults
