// Stage invariants and the text form of modules.
#include "ir/Stages.h"

#include <array>
#include <map>
#include <set>

#include "fixed/Profile.h"
#include "ir/Diagnostics.h"
#include "llvm/Support/raw_ostream.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "support/Parallel.h"

namespace rheo {
namespace {

constexpr std::array<std::string_view, 6> kStageNames{"import", "float", "quant", "legal", "placed", "image"};

// Collects violations as diagnostics of one error.
class Findings {
 public:
  explicit Findings(std::string code) : code_(std::move(code)) {}

  void add(llvm::StringRef where, const llvm::Twine& message, std::string remedy = {}) {
    Diagnostic diagnostic;
    diagnostic.code = code_;
    diagnostic.message = message.str();
    diagnostic.where = where.str();
    diagnostic.remedy = std::move(remedy);
    diagnostics_.push_back(std::move(diagnostic));
  }
  bool empty() const { return diagnostics_.empty(); }
  Status status(ErrorKind kind) && {
    if (diagnostics_.empty()) return ok();
    return Error{kind, std::move(diagnostics_)};
  }

 private:
  std::string code_;
  std::vector<Diagnostic> diagnostics_;
};

Status verified(mlir::ModuleOp module) {
  DiagnosticCollector collector(module.getContext(), "R0702");
  const bool wellFormed = succeeded(mlir::verify(module));
  return collector.status(wellFormed, ErrorKind::Internal, "the module is not well formed");
}

llvm::StringRef view(std::string_view text) { return {text.data(), text.size()}; }

// Brackets inside one another; the parser of MLIR calls itself for each, without a bound of its own.
constexpr int kMostNesting = 256;
bool tooDeep(const std::string& text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') ++i;
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '[' || c == '(' || c == '{' || c == '<') ++depth;
    if (c == ']' || c == ')' || c == '}' || (c == '>' && i > 0 && text[i - 1] != '-')) --depth;
    if (depth > kMostNesting) return true;
  }
  return false;
}

// Every population, port and projection has a name of its own.
void checkNames(spk::NetworkOp network, Findings& findings) {
  std::set<llvm::StringRef> names;
  for (mlir::Operation& op : network.getBody().front()) {
    const auto name = op.getAttrOfType<mlir::StringAttr>("name");
    if (!name || llvm::isa<spk::SynapseOp>(op) || names.insert(name.getValue()).second) continue;
    findings.add(name.getValue(), "two inputs, populations or outputs are called '" + name.getValue() + "'");
  }
}

// Every projection enters one population, and has a name of its own.
void checkSynapses(spk::NetworkOp network, Findings& findings) {
  std::set<llvm::StringRef> names;
  for (auto synapse : network.getBody().getOps<spk::SynapseOp>()) {
    if (!synapse.getOutput().hasOneUse())
      findings.add(synapse.getName(), "'" + synapse.getName() + "' enters no population, or several");
    if (!names.insert(synapse.getName()).second)
      findings.add(synapse.getName(), "two projections are called '" + synapse.getName() + "'");
  }
}

void checkQuant(spk::NetworkOp network, Findings& findings) {
  const auto profile = network.getProfile();
  if (!profile || !findProfile({profile->data(), profile->size()}))
    findings.add(network.getSymName(), "'" + network.getSymName() + "' names no arithmetic profile");
  for (mlir::Operation& op : network.getBody().front()) {
    auto neuron = llvm::dyn_cast<spk::NeuronOp>(op);
    if (!neuron) continue;
    for (const std::string_view state : neuron.getModel().states) {  // SPEC P1
      const auto range = neuron.getRanges()
                             ? llvm::dyn_cast_or_null<spk::RangeAttr>(neuron.getRanges().get(view(state)))
                             : spk::RangeAttr();
      if (!range)
        findings.add(neuron.getName(),
                     "'" + neuron.getName() + "' has no range for state '" + view(state) + "'");
      else if (!range.getProven() && range.getNote().getValue().empty())
        findings.add(neuron.getName(), "'" + neuron.getName() + "' has a range for state '" + view(state) +
                                           "' that is neither proven nor explained");
    }
  }
}

// The lag of a value's producer; nullopt where it is missing. Inputs lag by 0. SPEC T4.
std::optional<std::int64_t> lagOf(mlir::Operation* op) {
  if (llvm::isa_and_nonnull<spk::InputOp>(op)) return 0;
  auto neuron = llvm::dyn_cast_or_null<spk::NeuronOp>(op);
  if (!neuron || !neuron.getLag()) return std::nullopt;
  return *neuron.getLag();
}

void checkLegal(spk::NetworkOp network, Findings& findings) {
  if (!network.getChip()) findings.add(network.getSymName(), "'" + network.getSymName() + "' names no chip");
  for (mlir::Operation& op : network.getBody().front()) {
    if (auto neuron = llvm::dyn_cast<spk::NeuronOp>(op); neuron && !neuron.getLag())
      findings.add(neuron.getName(), "'" + neuron.getName() + "' has no lag");
    auto synapse = llvm::dyn_cast<spk::SynapseOp>(op);
    if (!synapse) continue;
    const std::optional<std::int64_t> source = lagOf(synapse.getSource().getDefiningOp());
    for (mlir::Operation* user : synapse.getOutput().getUsers()) {
      const std::optional<std::int64_t> target = lagOf(user);
      if (!source || !target) continue;
      const std::int64_t expected = *target - *source - 1 + synapse.getFloatDelay();  // SPEC T2, T4, T5
      if (expected != synapse.getDelay())
        findings.add(synapse.getName(), "'" + synapse.getName() + "' has a delay of " +
                                            llvm::Twine(synapse.getDelay()) +
                                            " steps, the lags at its ends ask for " + llvm::Twine(expected));
    }
  }
}

// Neurons, their clones and compartments, each used once.
void checkSlices(chip::ModuleOp module, Findings& findings) {
  std::map<std::string, std::vector<llvm::SmallVector<std::uint32_t, 1>>> held;  // clones. SPEC E5
  for (auto population : module.getBody().getOps<chip::PopulationOp>())
    held[population.getSymName().str()].resize(population.getSize());
  std::set<std::uint32_t> ids;
  for (auto core : module.getBody().getOps<chip::CoreOp>()) {
    const std::string place = "core " + std::to_string(core.getId());
    if (!ids.insert(core.getId()).second) findings.add(place, "'" + place + "' exists twice");
    std::map<std::int64_t, std::int64_t> used;  // first compartment -> one past the last
    for (auto slice : core.getBody().getOps<chip::SliceOp>()) {
      auto& neurons = held[slice.getPopulation().str()];
      for (std::int64_t i = 0; i < slice.getSize(); ++i)
        neurons[slice.getNeuron(i)].push_back(slice.getClone());
      const std::int64_t first = slice.getFirstCompartment();
      const std::int64_t end = first + slice.getSize();
      const auto next = used.lower_bound(first);
      if ((next != used.end() && next->first < end) ||
          (next != used.begin() && std::prev(next)->second > first))
        findings.add(place, "'" + place + "' holds two slices in compartment " + llvm::Twine(first));
      used[first] = end;
    }
  }
  for (auto& [population, neurons] : held)
    for (std::size_t neuron = 0; neuron < neurons.size(); ++neuron) {
      llvm::SmallVector<std::uint32_t, 1>& clones = neurons[neuron];
      llvm::sort(clones);
      std::uint32_t next = 0;
      if (!clones.empty() && llvm::all_of(clones, [&](std::uint32_t clone) { return clone == next++; }))
        continue;
      findings.add(population, "neuron " + llvm::Twine(neuron) + " of '" + population + "' is held by " +
                                   llvm::Twine(clones.size()) +
                                   " compartments, expected one, and one for each clone");
      break;  // one for each population says enough
    }
}

// [neuron]: the slices that hold it, counted over all cores. Of each population.
using Holders = std::vector<llvm::SmallVector<std::int32_t, 1>>;
using SliceNumbers = std::map<std::string, Holders>;

SliceNumbers numberSlices(chip::ModuleOp module) {
  SliceNumbers numbers;
  for (auto population : module.getBody().getOps<chip::PopulationOp>())
    numbers[population.getSymName().str()].resize(population.getSize());
  std::int32_t next = 0;
  for (auto core : module.getBody().getOps<chip::CoreOp>())
    for (auto slice : core.getBody().getOps<chip::SliceOp>()) {
      auto& of = numbers[slice.getPopulation().str()];
      for (std::int64_t i = 0; i < slice.getSize(); ++i) of[slice.getNeuron(i)].push_back(next);
      ++next;
    }
  return numbers;
}

// The slices that the axons of a projection lead to, each behind its source.
struct Delivery {
  std::int32_t source, slice;
};
using Delivered = std::map<std::string, std::vector<Delivery>>;

// The axons of a core; their delays, numbers and senders on the way.
void followAxons(chip::CoreOp core, std::int32_t firstSlice, const mlir::SymbolTable& symbols,
                 const SliceNumbers& numbers, Delivered& delivered, Findings& findings) {
  const std::string place = "core " + std::to_string(core.getId());
  std::vector<chip::GroupOp> groups(core.getBody().getOps<chip::GroupOp>().begin(),
                                    core.getBody().getOps<chip::GroupOp>().end());
  llvm::DenseSet<std::int64_t> records;
  for (auto axon : core.getBody().getOps<chip::AxonOp>()) {
    chip::GroupOp group = groups[axon.getGroup()];
    auto projection = symbols.lookup<chip::ProjectionOp>(group.getProjection());
    const std::int64_t delay = projection.getDelay() + spk::leastDelay(projection.getDelays());
    if (axon.getDelay() != delay)
      findings.add(place, "'" + group.getProjection() + "' has a delay of " + llvm::Twine(delay) +
                              " steps, an axon of it in '" + place + "' " + llvm::Twine(axon.getDelay()));
    std::vector<Delivery>& deliveries = delivered[group.getProjection().str()];
    const auto senders = numbers.find(projection.getSource().str());
    for (std::int64_t i = 0; i < axon.getAxonCount(); ++i) {
      if (!records.insert(std::int64_t{axon.getFirstAxon()} + i).second)
        findings.add(place, "'" + place + "' uses axon " + llvm::Twine(axon.getFirstAxon() + i) + " twice");
      const std::int64_t held =
          senders == numbers.end() ? 1 : std::ssize(senders->second[axon.getSourceOf(i)]);
      if (axon.getClones() && (*axon.getClones())[i] >= held)
        findings.add(place, "'" + place + "' has an axon from clone " + llvm::Twine((*axon.getClones())[i]) +
                                " of a source that is held " + llvm::Twine(held) + " times");
      deliveries.push_back({axon.getSourceOf(i), firstSlice + static_cast<std::int32_t>(group.getSlice())});
    }
  }
}

// A weight that is not delivered once.
struct Astray {
  std::int64_t source, target, times;
};

// [target]: the slice that holds it, -1 where several do.
std::vector<std::int32_t> onlyHolders(const Holders& holders, std::int64_t ports) {
  std::vector<std::int32_t> only;
  for (const auto& slices : holders) only.insert(only.end(), ports, slices.size() == 1 ? slices.front() : -1);
  return only;
}

// The first of a projection's, in order of their sources.
std::optional<Astray> firstAstray(const Wiring& wiring, const std::vector<std::int32_t>& weights,
                                  const Holders& holders, std::vector<Delivery> deliveries) {
  llvm::stable_sort(deliveries, [](const Delivery& a, const Delivery& b) { return a.source < b.source; });
  const std::int64_t ports = wiring.targets() / static_cast<std::int64_t>(holders.size());
  const std::vector<std::int32_t> only = onlyHolders(holders, ports);
  std::vector<llvm::ArrayRef<Delivery>> from(wiring.sources());
  std::vector<std::int32_t> reached(from.size(), -2);  // the only slice: nearly always the one that is due
  for (std::size_t i = 0, end = 0; i < deliveries.size(); i = end) {
    while (end < deliveries.size() && deliveries[end].source == deliveries[i].source) ++end;
    from[deliveries[i].source] = llvm::ArrayRef(deliveries).slice(i, end - i);
    if (end - i == 1) reached[deliveries[i].source] = deliveries[i].slice;
  }
  std::optional<Astray> astray;
  for (std::int64_t target = 0; target < wiring.targets(); ++target)
    wiring.sourcesOf(target, [&](std::int64_t source, std::int64_t index) {
      if (only[target] == reached[source] || weights[index] == 0) return;
      if (astray && astray->source <= source) return;
      for (const std::int32_t holder : holders[target / ports]) {
        const std::int64_t times =
            llvm::count_if(from[source], [&](const Delivery& delivery) { return delivery.slice == holder; });
        if (times != 1) return void(astray = Astray{source, target, times});
      }
    });
  return astray;
}

// Every nonzero weight is delivered exactly once to each neuron it is for, with the projection's delay.
void checkAxons(chip::ModuleOp module, Findings& findings) {
  const SliceNumbers numbers = numberSlices(module);
  const mlir::SymbolTable symbols(module);
  Delivered delivered;
  std::int32_t slices = 0;
  for (auto core : module.getBody().getOps<chip::CoreOp>()) {
    followAxons(core, slices, symbols, numbers, delivered, findings);
    const auto held = core.getBody().getOps<chip::SliceOp>();
    slices += static_cast<std::int32_t>(std::distance(held.begin(), held.end()));
  }
  struct Checked {
    chip::ProjectionOp projection;
    bool lost = false;
    std::optional<Astray> astray = {};
  };
  std::vector<Checked> all;
  std::int64_t weights = 0;
  for (auto projection : module.getBody().getOps<chip::ProjectionOp>()) {
    all.push_back({projection});
    weights += projection.getWeight().getValues().getNumElements();
  }
  inParallel(threadsWorth(weights, kWeightsPerThread), all.size(), [&](std::size_t i) {
    chip::ProjectionOp projection = all[i].projection;  // reads attributes and makes none
    const std::optional<std::vector<std::int32_t>> values = spk::fixedValues(projection.getWeight());
    const auto found = delivered.find(projection.getSymName().str());
    all[i].lost = !values;
    if (values)
      all[i].astray =
          firstAstray(projection.getWiring(symbols), *values, numbers.at(projection.getTarget().str()),
                      found == delivered.end() ? std::vector<Delivery>() : found->second);
  });
  for (auto& [projection, lost, astray] : all) {
    const llvm::StringRef name = projection.getSymName();
    if (lost) findings.add(name, "'" + name + "' has lost its weights");
    if (astray)
      findings.add(name, "the weight of '" + name + "' from " + llvm::Twine(astray->source) + " to " +
                             llvm::Twine(astray->target) +
                             (astray->times > 0 ? " is delivered more than once" : " is never delivered"));
  }
}

Status checkSpk(mlir::ModuleOp module, Stage stage, Findings& findings) {
  auto networks = module.getOps<spk::NetworkOp>();
  if (std::distance(networks.begin(), networks.end()) != 1) {
    findings.add({}, "a module of stage '" + view(stageName(stage)) + "' holds exactly one spk.network");
    return ok();
  }
  spk::NetworkOp network = *networks.begin();
  if (network.getStage() != view(stageName(stage)))
    findings.add(network.getSymName(), "'" + network.getSymName() + "' is in stage '" + network.getStage() +
                                           "', expected '" + view(stageName(stage)) + "'");
  checkNames(network, findings);
  checkSynapses(network, findings);
  if (stage != Stage::Float) checkQuant(network, findings);
  if (stage == Stage::Legal) checkLegal(network, findings);
  return ok();
}

}  // namespace

std::string_view stageName(Stage stage) { return kStageNames[static_cast<std::size_t>(stage)]; }

std::optional<Stage> findStage(std::string_view name) {
  for (std::size_t i = 0; i < kStageNames.size(); ++i)
    if (kStageNames[i] == name) return static_cast<Stage>(i);
  return std::nullopt;
}

Status checkStage(mlir::ModuleOp module, Stage stage) {
  if (stage == Stage::Import || stage == Stage::Image) return ok();
  if (Status wellFormed = verified(module); !wellFormed) return wellFormed;
  Findings findings("R0703");
  if (stage == Stage::Placed) {
    auto modules = module.getOps<chip::ModuleOp>();
    if (std::distance(modules.begin(), modules.end()) != 1) {
      findings.add({}, "a module of stage 'placed' holds exactly one chip.module");
    } else {
      checkSlices(*modules.begin(), findings);
      checkAxons(*modules.begin(), findings);
    }
  } else if (Status checked = checkSpk(module, stage, findings); !checked) {
    return checked;
  }
  return std::move(findings).status(ErrorKind::Internal);
}

std::string dumpModule(mlir::ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module->print(stream, mlir::OpPrintingFlags().enableDebugInfo(true, false));
  return text;
}

std::string dumpForReading(mlir::ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module->print(stream, mlir::OpPrintingFlags().elideLargeElementsAttrs(16).elideLargeResourceString(16));
  return text;
}

Expected<mlir::OwningOpRef<mlir::ModuleOp>> parseModule(const std::string& text, const std::string& name,
                                                        mlir::MLIRContext& context) {
  DiagnosticCollector collector(&context, "R0704", name);
  if (tooDeep(text))
    return std::move(collector.status(false, ErrorKind::Format, "brackets are nested too deeply")).error();
  mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::parseSourceString<mlir::ModuleOp>(text, mlir::ParserConfig(&context), name);
  if (Status parsed = collector.status(bool(module), ErrorKind::Format, "this is no module"); !parsed)
    return std::move(parsed).error();
  // Places in the text would make dumps depend on the file's name.
  module->walk([&](mlir::Operation* op) {
    if (llvm::isa<mlir::NameLoc>(op->getLoc())) return;
    auto own = op->getAttrOfType<mlir::StringAttr>("name");
    if (!own) own = op->getAttrOfType<mlir::StringAttr>("sym_name");
    op->setLoc(own ? mlir::Location(mlir::NameLoc::get(own)) : mlir::UnknownLoc::get(&context));
  });
  return module;
}

}  // namespace rheo
