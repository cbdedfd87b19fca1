// The check from top to bottom, and of it neurons, their parameters, and the limits of cores. SPEC V2 to V6
#include "witness/Checker.h"

namespace rheo::witness {

Report check(const NetworkT& network, const Image& image) { return Checker(network, image).run(); }

Report Checker::run() {
  match();
  for (unsigned i = 0; i < header_.cores()->size() && report_.passed(); ++i) {
    cores_.emplace_back(image_, *header_.cores()->Get(i), models_);
    if (!cores_[i].fault.empty()) broken(fmt::format("core {}", i), cores_[i].fault);
    for (Compartment& c : cores_[i].compartments)
      if (const auto& originals = originals_[c.population]; c.neuron < originals.size())
        c.neuron = originals[c.neuron];
      else if (!originals.empty())
        broken(fmt::format("core {}", i), "it holds more clones than there are");
  }
  if (report_.passed()) coverage();
  if (!report_.passed()) return std::move(report_);
  for (std::size_t core = 0; core < cores_.size(); ++core)
    for (std::size_t i = 0; i < cores_[core].compartments.size(); ++i) parameters(core, i);
  limits();
  collectArcs();
  if (report_.passed()) synapses();
  return std::move(report_);
}

bool Checker::broken(const std::string& where, const std::string& why) {
  constexpr std::uint64_t kKept = 20;
  const std::string message = where.empty() ? why : fmt::format("{}: {}", where, why);
  const char* remedy = "use the image that was compiled with this witness; if it was, report both files";
  if (report_.total++ < kKept)
    report_.faults.push_back(
        Error::of(ErrorKind::Internal, "R0430", where, message, remedy).diagnostics.front());
  return false;
}

// SPEC V2: each neuron is held, by one compartment or by several; a sum of the compiler by one.
void Checker::coverage() {
  std::vector<std::vector<std::int64_t>> held(nodes_.size());
  for (const Core& core : cores_)
    for (const Compartment& c : core.compartments) held[populations_[c.population]].push_back(c.neuron);
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (i < network_.nodes.size() && network_.nodes[i]->model.empty()) continue;  // an input
    const auto& [name, size, lag, base] = nodes_[i];
    std::ranges::sort(held[i]);
    held[i].push_back(size);
    std::int64_t next = 0;
    for (const std::int64_t neuron : held[i]) {
      if (neuron > next) broken(name, fmt::format("neurons {} to {} are held by no core", next, neuron - 1));
      if (neuron < next && (next > size || i >= network_.nodes.size()))
        broken(name, fmt::format("neuron {} is one too many, or a sum's second", neuron));
      next = neuron + 1;
    }
  }
}

// SPEC I3, I4, I9, V2, V5.
void Checker::parameters(std::size_t index, std::size_t compartment) {
  const Core& core = cores_[index];
  const Compartment& c = core.compartments[compartment];
  const std::string& name = nodes_[populations_[c.population]].name;
  const auto compare = [&](std::string_view what, std::optional<std::int64_t> found, std::int64_t expected) {
    if (found == expected) return;
    const std::string value = found ? std::to_string(*found) : "beyond its registers";
    const std::string where =
        fmt::format("neuron {} of '{}' (core {}, compartment {})", c.neuron, name, index, compartment);
    broken(name, fmt::format("{}: {} is {} in the image, {} in the network", where, what, value, expected));
  };
  if (const auto opcode = core.registerOf(compartment, "model"))
    compare("the model's number", opcode, c.model->opcode);
  for (std::size_t p = 0; p < c.model->fixedParameters.size(); ++p)
    compare(c.model->fixedParameters[p].name, core.parameter(compartment, p),
            isSum(c) ? 0 : required(populations_[c.population], p, c.neuron));
}

// SPEC V4: a clock that started with the population runs as much later as the population does.
std::int64_t Checker::required(std::size_t number, std::size_t p, std::size_t neuron) const {
  const NodeT& node = *network_.nodes[number];
  const auto of = [&](const ParameterT& parameter) {
    return parameter.values[parameter.values.size() == 1 ? 0 : neuron];
  };
  const std::int64_t value = of(*node.parameters[p]), later = nodes_[number].lag - node.lag;
  if (node.parameters[p]->name != "reset_phase" || value < 0 || later == 0) return value;
  std::int64_t interval = 1;
  for (const auto& parameter : node.parameters)
    if (parameter->name == "reset_interval") interval = std::max(1, of(*parameter));
  return ((value + later) % interval + interval) % interval;
}

// SPEC V6; I7, W5: a group is one sum, so it has one exponent.
void Checker::limits() {
  std::map<std::string, std::int64_t> most;
  for (const image::Limit* limit : *header_.limits()) most[limit->name()->str()] = limit->value();
  const auto within = [&](const char* name, const std::string& where, std::int64_t used, int sign = 1) {
    if (const auto limit = most.find(name); limit != most.end() && sign * used > sign * limit->second)
      broken(where, fmt::format("needs {}, '{}' allows {}", used, name, limit->second));
  };
  std::map<std::uint32_t, std::int64_t> chips;  // their cores
  for (unsigned i = 0; i < cores_.size(); ++i) {
    const Core& core = cores_[i];
    const std::string where = fmt::format("core {}", i);
    within("neurons_per_core", where, std::max(core.inputs, core.neuron.count));
    within("input_axons_per_core", where, core.axon.count);
    for (std::int64_t a = 0; a < core.axon.count; ++a) within("atoms_per_axon", where, core.atoms(a));
    within("output_axons_per_core", where, core.route.count);
    within("profiles_per_core", where, core.profile.count);
    within("formats_per_core", where, core.format.count);
    within("constants_per_core", where, core.constant.count);
    within("synapse_words_per_core", where, core.synapses.size());
    std::map<std::int64_t, std::int64_t> exponents;  // of groups
    for (const Format& format : core.formats) {
      if (ofSum_ && exponents.emplace(format.group, format.exponent).first->second != format.exponent)
        broken(where, fmt::format("formats of group {} have different exponents", format.group));
      within("weight_bits", where, format.weightBits);
      within("weight_exponent_max", where, format.exponent);
      within("weight_exponent_min", where, format.exponent, -1);
    }
    ++chips[header_.cores()->Get(i)->chip()];
  }
  for (const auto& [chip, count] : chips) within("cores", fmt::format("chip {}", chip), count);
  if (most.contains("max_delay")) longestDelay_ = std::min(longestDelay_, most["max_delay"]);
}

}  // namespace rheo::witness
