// The check from top to bottom: header, neurons and their parameters, synapses, limits. SPEC V2 to V6
#include "witness/Check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "fixed/Profile.h"
#include "witness/Synapses.h"

namespace rheo::witness {
namespace {

class Checker {
 public:
  Checker(const Network& network, const Image& image) : network_(network), image_(image) {}

  Report run() {
    if (!findProfile(network_.profile))
      report_.add("", fmt::format("there is no arithmetic profile '{}'", network_.profile));
    match_ = match(network_, image_.header(), report_);
    const auto known = [](const models::ModelTable* model) { return model != nullptr; };
    if (!std::all_of(match_.models.begin(), match_.models.end(), known)) return std::move(report_);
    for (std::size_t i = 0; i < image_.header().cores()->size(); ++i) {
      cores_.emplace_back(image_, i, match_.models, match_.clones);
      if (!cores_.back().fault().empty())
        report_.add(fmt::format("core {}", i), fmt::format("core {}: {}", i, cores_.back().fault()));
    }
    if (!report_.passed()) return std::move(report_);
    coverage();
    if (!report_.passed()) return std::move(report_);
    for (std::size_t core = 0; core < cores_.size(); ++core) {
      for (const Slice& slice : cores_[core].slices()) parameters(core, slice);
      groups(core);
    }
    Traffic traffic(network_, image_, match_, cores_, report_);
    if (report_.passed()) compareSynapses(network_, match_, cores_, traffic, report_);
    limits(traffic.longestDelay());
    return std::move(report_);
  }

 private:
  // Each neuron is held, by one compartment or by several that are complete; a sum of the compiler by one.
  // SPEC V2
  void coverage() {
    struct Run {
      std::int64_t first, count;
      std::size_t core;
    };
    std::map<std::size_t, std::vector<Run>> runs;
    for (std::size_t core = 0; core < cores_.size(); ++core)
      for (const Slice& slice : cores_[core].slices())
        runs[match_.number[slice.population]].push_back({slice.firstNeuron, slice.count, core});
    for (std::size_t i = 0; i < match_.models.size(); ++i) {
      if (!match_.clones[i].empty()) continue;
      const std::int64_t size = image_.header().populations()->Get(static_cast<unsigned>(i))->size();
      const std::string& name = match_.names[match_.number[i]];
      std::vector<Run>& held = runs[match_.number[i]];
      std::sort(held.begin(), held.end(), [](const Run& a, const Run& b) { return a.first < b.first; });
      std::int64_t next = 0;
      for (const Run& run : held) {
        if (run.first > next) missing(name, next, run.first);
        if (run.first < next && match_.number[i] >= match_.originals)
          report_.add(name, fmt::format("core {} holds neurons of the sum '{}' again", run.core, name));
        if (run.first + run.count > size)
          report_.add(name, fmt::format("core {} holds neurons up to {} of '{}', which has {}", run.core,
                                        run.first + run.count, name, size));
        next = std::max(next, run.first + run.count);
      }
      if (next < size) missing(name, next, size);
    }
  }

  void missing(const std::string& name, std::int64_t first, std::int64_t end) {
    report_.add(name, fmt::format("neurons {} to {} of '{}' are held by no core", first, end - 1, name));
  }

  // SPEC I3, I4, I9, V2, V5.
  void parameters(std::size_t index, const Slice& slice) {
    const Core& core = cores_[index];
    const models::ModelTable& model = *match_.models[slice.population];
    const std::size_t number = match_.number[slice.population];
    for (std::int64_t i = 0; i < slice.count; ++i) {
      const std::int64_t compartment = slice.firstCompartment + i, neuron = slice.firstNeuron + i;
      const auto tell = [&](std::string_view what, std::optional<std::int64_t> found, std::int64_t expected) {
        const std::string& name = match_.names[number];
        report_.add(name,
                    fmt::format("neuron {} of '{}' (core {}, compartment {}): {} is {} in the image, {} in "
                                "the network",
                                neuron, name, index, compartment, what,
                                found ? std::to_string(*found) : "beyond its registers", expected));
      };
      if (const auto opcode = core.registerOf(compartment, "model"); opcode && *opcode != model.opcode)
        tell("the model's number", opcode, model.opcode);
      for (std::size_t p = 0; p < model.fixedParameters.size(); ++p) {
        const std::optional<std::int64_t> found = core.parameter(compartment, model, p);
        const std::int64_t expected = number < match_.originals ? required(number, p, neuron) : 0;
        if (found != expected) tell(model.fixedParameters[p].name, found, expected);
      }
    }
  }

  // SPEC V4: a clock that started with the population runs as much later as the population does.
  std::int64_t required(std::size_t number, std::size_t p, std::int64_t neuron) const {
    const Population& population = network_.populations[number];
    const std::int64_t value = population.parameters[p].of(neuron);
    if (population.parameters[p].name != "reset_phase" || value < 0) return value;
    std::int64_t interval = 1;
    for (const Parameter& parameter : population.parameters)
      if (parameter.name == "reset_interval") interval = std::max(1, parameter.of(neuron));
    const std::int64_t later = match_.lags[number] - population.lag;
    return later == 0 ? value : ((value + later) % interval + interval) % interval;
  }

  // SPEC I7, W5: a group is one sum, so it has one exponent.
  void groups(std::size_t index) {
    if (findProfile(network_.profile)->weightExponent != WeightExponent::OfSum) return;
    std::map<std::int64_t, std::int64_t> exponents;
    for (const Format& format : cores_[index].formats())
      if (exponents.emplace(format.group, format.exponent).first->second != format.exponent)
        report_.add(
            fmt::format("core {}", index),
            fmt::format("core {}: formats of group {} have different exponents", index, format.group));
  }

  // SPEC V6.
  void limits(std::int64_t longestDelay) {
    std::map<std::string, std::int64_t> most;
    for (const image::Limit* limit : *image_.header().limits()) most[limit->name()->str()] = limit->value();
    const auto within = [&](const char* name, const std::string& where, std::int64_t used) {
      const auto limit = most.find(name);
      if (limit != most.end() && used > limit->second)
        report_.add(where, fmt::format("{} needs {}, '{}' allows {}", where, used, name, limit->second));
    };
    std::map<std::uint32_t, std::int64_t> cores;  // of each chip
    for (std::size_t i = 0; i < cores_.size(); ++i) {
      const Core& core = cores_[i];
      const std::string where = fmt::format("core {}", i);
      const auto records = [&](const char* memory) {
        return static_cast<std::int64_t>(core.memory(memory).count());
      };
      within("neurons_per_core", where, std::max(core.inputs(), records("neuron")));
      within("input_axons_per_core", where, records("axon"));
      within("output_axons_per_core", where, records("route"));
      within("profiles_per_core", where, records("profile"));
      within("formats_per_core", where, records("format"));
      within("constants_per_core", where, records("constant"));
      within("synapse_words_per_core", where, core.synapseWords());
      for (const Format& format : core.formats()) {
        within("weight_bits", where, format.weightBits);
        within("weight_exponent_max", where, format.exponent);
        if (const auto least = most.find("weight_exponent_min");
            least != most.end() && format.exponent < least->second)
          report_.add(where, fmt::format("{} has a weight exponent of {}, 'weight_exponent_min' is {}", where,
                                         format.exponent, least->second));
      }
      ++cores[image_.header().cores()->Get(static_cast<unsigned>(i))->chip()];
    }
    for (const auto& [chip, count] : cores) within("cores", fmt::format("chip {}", chip), count);
    within("max_delay", "a synapse", longestDelay);
  }

  const Network& network_;
  const Image& image_;
  Report report_;
  Match match_;
  std::vector<Core> cores_;
};

}  // namespace

void Report::add(std::string where, std::string message) {
  constexpr std::uint64_t kKept = 20;
  if (total++ < kKept)
    faults.push_back(
        Error::of(ErrorKind::Internal, "R0430", std::move(where), std::move(message),
                  "use the image that was compiled with this witness; if it was, report both files")
            .diagnostics.front());
}

Report check(const Network& network, const Image& image) { return Checker(network, image).run(); }

}  // namespace rheo::witness
