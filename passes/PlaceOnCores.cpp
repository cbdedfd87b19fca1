// chip-place: the legal network becomes a chip.module with cores, groups and axons, every core somewhere on
// the grid. SPEC E5, I3 to I7, I12.
#include <fmt/format.h>

#include <map>
#include <set>

#include "algorithms/Problem.h"
#include "algorithms/WaysOut.h"
#include "ir/Diagnostics.h"
#include "mapping/Kept.h"
#include "mapping/MappingText.h"
#include "passes/NetIo.h"
#include "passes/Passes.h"
#include "support/Text.h"

namespace rheo {

#define GEN_PASS_DEF_PLACEONCORESPASS
#include "passes/Passes.h.inc"

namespace {

// Writes the chip.module from the spk.network and what placement decided.
class ModuleWriter {
 public:
  ModuleWriter(spk::NetworkOp network, const FixedNet& net, const PlacementProblem& problem,
               const Placement& placement, const ChipSpec& chip)
      : network_(network),
        net_(net),
        problem_(problem),
        placement_(placement),
        chip_(chip),
        builder_(network.getContext()) {}

  void write() {
    builder_.setInsertionPoint(network_);
    mlir::OperationState state(network_->getLoc(), chip::ModuleOp::getOperationName());
    state.addAttribute("sym_name", network_.getSymNameAttr());
    state.addAttribute("chip", builder_.getStringAttr(chip_.name));
    state.addAttribute("profile", network_.getProfileAttr());
    state.addAttribute("dt", network_.getDtAttr());
    for (const char* kept : {"quantization", "assumptions", "rewrites"})
      if (const mlir::Attribute value = network_->getAttr(kept)) state.addAttribute(kept, value);
    state.addRegion()->emplaceBlock();
    auto module = llvm::cast<chip::ModuleOp>(builder_.create(state));
    builder_.setInsertionPointToEnd(&module.getBody().front());
    for (mlir::Operation& op : network_.getBody().front()) writePort(op);
    nameProjections(module);
    std::size_t index = 0;
    for (auto synapse : network_.getBody().getOps<spk::SynapseOp>()) writeProjection(synapse, index++);
    for (std::size_t core = 0; core < placement_.cores.size(); ++core) writeCore(core);
  }

 private:
  using Attributes = std::vector<std::pair<const char*, mlir::Attribute>>;

  mlir::Operation* create(llvm::StringRef name, mlir::Location location, const Attributes& attributes) {
    mlir::OperationState state(location, name);
    for (const auto& [key, value] : attributes)
      if (value) state.addAttribute(key, value);
    return builder_.create(state);
  }
  mlir::Attribute text(llvm::StringRef value) { return builder_.getStringAttr(value); }
  mlir::Attribute number(std::int64_t value) {
    return builder_.getI32IntegerAttr(static_cast<std::int32_t>(value));
  }
  mlir::FlatSymbolRefAttr symbol(llvm::StringRef name) {
    return mlir::FlatSymbolRefAttr::get(network_.getContext(), name);
  }

  void writePort(mlir::Operation& op) {
    if (auto input = llvm::dyn_cast<spk::InputOp>(op)) {
      create("chip.input", op.getLoc(),
             {{"sym_name", input.getNameAttr()},
              {"shape", input.getShapeAttr()},
              {"encoding", input.getEncodingAttr()},
              {"max_payload", input.getMaxPayloadAttr()}});
    } else if (auto neuron = llvm::dyn_cast<spk::NeuronOp>(op)) {
      mlir::NamedAttrList parameters;
      for (const models::FixedParameter& parameter : neuron.getModel().fixedParameters)
        if (const mlir::Attribute value = neuron.getParameter(view(parameter.name)))
          parameters.set(view(parameter.name), value);
      create("chip.population", op.getLoc(),
             {{"sym_name", op.getAttr("name")},
              {"model", text(view(neuron.getModel().name))},
              {"shape", op.getAttr("shape")},
              {"lag", op.getAttr("lag")},
              {"hidden", op.getAttr("hidden")},
              {"parameters", parameters.getDictionary(op.getContext())},
              {"scales", neuron.getScales()},
              {"ranges", neuron.getRanges()}});
    } else if (auto output = llvm::dyn_cast<spk::OutputOp>(op)) {
      llvm::SmallVector<mlir::Attribute> populations, states;
      for (const mlir::Value part : output.getInputs()) {
        auto source = llvm::cast<spk::NeuronOp>(part.getDefiningOp());
        populations.push_back(symbol(source.getName()));
        states.push_back(text(source.getModel().spiking ? "" : "v"));
      }
      create("chip.output", op.getLoc(),
             {{"sym_name", output.getNameAttr()},
              {"shape", output.getShapeAttr()},
              {"populations", builder_.getArrayAttr(populations)},
              {"states", builder_.getArrayAttr(states)}});
    }
  }

  // Projections share a table of names with populations and ports.
  void nameProjections(chip::ModuleOp module) {
    std::set<std::string> taken;
    for (mlir::Operation& op : module.getBody().front())
      if (const auto symbol = op.getAttrOfType<mlir::StringAttr>("sym_name")) taken.insert(symbol.str());
    for (const FixedProjection& projection : net_.projections) {
      std::string name = projection.name;
      while (!taken.insert(name).second) name += "_";
      symbols_.push_back(name);
    }
  }

  void writeProjection(spk::SynapseOp synapse, std::size_t index) {
    const FixedProjection& projection = net_.projections[index];
    const std::string& source = projection.source.input ? net_.inputs[projection.source.index].name
                                                        : net_.populations[projection.source.index].name;
    create("chip.projection", synapse.getLoc(),
           {{"sym_name", text(symbols_[index])},
            {"source", symbol(source)},
            {"target", symbol(net_.populations[projection.target].name)},
            {"weight", synapse.getWeight()},
            {"convolution", synapse.getConvolutionAttr()},
            {"places", synapse.getPlacesAttr()},
            {"delays", synapse.getDelaysAttr()},
            {"delay", number(projection.axonDelay)},
            {"sign_mode", synapse.getSignModeAttr()},
            {"weight_bits", synapse.getWeightBitsAttr()}});
  }

  void writeCore(std::size_t index) {
    const PlacedCore& core = placement_.cores[index];
    const mlir::Location location = builder_.getUnknownLoc();
    mlir::OperationState state(location, chip::CoreOp::getOperationName());
    state.addAttribute("id", number(core.id));
    state.addRegion()->emplaceBlock();
    auto op = llvm::cast<chip::CoreOp>(builder_.create(state));
    mlir::OpBuilder::InsertionGuard guard(builder_);
    builder_.setInsertionPointToEnd(&op.getBody().front());
    for (const PlacedSlice& slice : core.slices) {
      Attributes attributes{{"population", symbol(net_.populations[slice.population].name)},
                            {"first_neuron", number(slice.firstNeuron)},
                            {"count", number(slice.count)},
                            {"first_compartment", number(slice.firstCompartment)}};
      if (slice.repeats > 1)
        attributes.insert(attributes.end(),
                          {{"repeats", number(slice.repeats)}, {"stride", number(slice.stride)}});
      if (slice.rows > 1)
        attributes.insert(attributes.end(),
                          {{"rows", number(slice.rows)}, {"row_stride", number(slice.rowStride)}});
      if (!slice.listed.empty())
        attributes.push_back({"neurons", builder_.getDenseI32ArrayAttr(slice.listed)});
      if (slice.clone > 0) attributes.push_back({"clone", number(slice.clone)});
      create("chip.slice", location, attributes);
    }
    for (std::size_t g = 0; g < core.groups.size(); ++g) {
      const PlacedGroup& group = core.groups[g];
      const SynapseFormat format = formatOf(problem_.projections[group.projection], chip_, group.kind);
      create("chip.group", location,
             {{"projection", symbol(symbols_[group.projection])},
              {"index", number(static_cast<std::int64_t>(g))},
              {"kind", text(view(listKindName(group.kind)))},
              {"slice", number(group.slice)},
              {"delay_bits", number(format.delayBits)},
              {"index_bits", number(format.indexBits)}});
    }
    writeAxons(core, location);
  }

  void writeAxons(const PlacedCore& core, mlir::Location location) {
    for (std::size_t first = 0; first < core.axons.size();) {
      const int group = core.axons[first].group;
      std::vector<std::int32_t> sources, clones;
      std::size_t end = first;
      for (; end < core.axons.size() && core.axons[end].group == group; ++end) {
        sources.push_back(core.axons[end].source);
        clones.push_back(core.axons[end].clone);
      }
      const bool consecutive =
          sources.back() - sources.front() + 1 == static_cast<std::int64_t>(sources.size());
      Attributes attributes{
          {"group", number(group)},
          {"first_axon", number(static_cast<std::int64_t>(first))},
          {"delay", number(problem_.projections[core.groups[group].projection].axonDelay())}};
      if (consecutive) {
        attributes.push_back({"first_source", number(sources.front())});
        attributes.push_back({"source_count", number(static_cast<std::int64_t>(sources.size()))});
      } else {
        attributes.push_back({"sources", builder_.getDenseI32ArrayAttr(sources)});
      }
      if (std::any_of(clones.begin(), clones.end(), [](std::int32_t clone) { return clone > 0; }))
        attributes.push_back({"clones", builder_.getDenseI32ArrayAttr(clones)});
      create("chip.axon", location, attributes);
      first = end;
    }
  }

  spk::NetworkOp network_;
  const FixedNet& net_;
  const PlacementProblem& problem_;
  const Placement& placement_;
  const ChipSpec& chip_;
  mlir::OpBuilder builder_;
  std::vector<std::string> symbols_;  // of the projections
};

struct PlaceOnCoresPass : impl::PlaceOnCoresPassBase<PlaceOnCoresPass> {
  PlaceOnCoresPass() = default;
  explicit PlaceOnCoresPass(PlaceOptions given) : spec(*given.chip), options(std::move(given)) {}

  void runOnOperation() override {
    if (Status done = run(); !done) {
      emit(getOperation().getLoc(), done.error());
      signalPassFailure();
    }
  }

 private:
  Status run() {
    if (Status chosen = spec.resolve(chip); !chosen) return chosen;
    if (mapper.getNumOccurrences() > 0) {
      Expected<Mapper> named = mapperOf(mapper);
      if (!named) return std::move(named).error();
      options.mapper = *named;
    }
    Expected<FixedStage> read = readFixedStage(getOperation(), "legal");
    if (!read) return std::move(read).error();
    auto& [network, profile, net] = *read;
    const PlacementProblem problem = problemOf(net, *profile);
    const bool clones = options.cloneFanOut || cloneFanOut;
    MappingOptions how{options.mapper, options.rates, options.seed};
    how.clones = clones;
    if (options.keep) {
      Expected<std::vector<WantedCore>> kept = keptOf(*options.keep, problem, *spec);
      if (!kept) return std::move(kept).error();
      how.kept = *std::move(kept);
    }
    Expected<Mapping> mapping = mapNetwork(problem, *spec, how);
    if (!mapping) {
      Error error = std::move(mapping).error();
      offerWaysOut(net, *spec, *profile, clones, error.diagnostics);
      return error;
    }
    recordClones(network, problem, mapping->placement);
    if (const auto told = assumptionOf(mapping->report)) addAssumption(network, *told);
    if (options.report) *options.report = mapping->report;
    if (options.held)
      for (const PlacedCore& core : mapping->placement.cores) options.held->push_back({core.id, core.use});
    ModuleWriter(network, net, problem, mapping->placement, *spec).write();
    network.erase();
    return ok();
  }

  static void recordClones(spk::NetworkOp network, const PlacementProblem& problem,
                           const Placement& placement) {
    std::map<int, std::vector<std::int32_t>> cloned;  // the neuron of each clone
    for (const auto& [key, neurons] : clonesOf(placement))
      cloned[key.first].insert(cloned[key.first].end(), neurons.begin(), neurons.end());
    for (const auto& [index, clones] : cloned) {
      const std::string& name = problem.populations[index].name;
      const std::string neurons = counted(std::set(clones.begin(), clones.end()).size(), "neuron", "neurons");
      const std::string value = fmt::format("{} of '{}' held {} more (SPEC E5)", neurons, name,
                                            counted(clones.size(), "time", "times"));
      addRewrite(network, "clones", name, value);
      addAssumption(network,
                    {"clones of '" + name + "'", value,
                     "their spikes need more routes than a core has; each clone does what its neuron "
                     "does, in the same step, and reaches some of its targets",
                     "choose a chip with more output routes in a core, or larger cores", false});
    }
  }

  PassChip spec;
  PlaceOptions options;
};

}  // namespace

std::unique_ptr<mlir::Pass> createPlaceOnCoresPass() { return std::make_unique<PlaceOnCoresPass>(); }
std::unique_ptr<mlir::Pass> createPlaceOnCoresPass(const PlaceOptions& options) {
  return std::make_unique<PlaceOnCoresPass>(options);
}

}  // namespace rheo
