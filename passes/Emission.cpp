// Reads a chip.module back into what the emitter takes.
#include "passes/Emission.h"

#include <fmt/format.h>

#include <map>

#include "algorithms/Net.h"
#include "algorithms/Problem.h"
#include "algorithms/QuantSettings.h"
#include "algorithms/RangeProof.h"
#include "algorithms/Registers.h"
#include "chip/Program.h"
#include "emit/Emit.h"
#include "fixed/Profile.h"
#include "mlir/IR/SymbolTable.h"
#include "passes/NetIo.h"
#include "place/Kernels.h"

namespace rheo {
namespace {

class ModuleReader {
 public:
  ModuleReader(chip::ModuleOp module, const ChipSpec& chip, bool edited)
      : module_(module), symbols_(module), chip_(chip), edited_(edited) {}

  Expected<Image> run() {
    const Profile* profile = findProfile(module_.getProfile().str());
    if (!profile)
      return broken(module_.getSymName(),
                    fmt::format("there is no arithmetic profile '{}'", module_.getProfile().str()));
    readHeader();
    for (mlir::Operation& op : module_.getBody().front()) readPort(op);
    for (auto projection : module_.getBody().getOps<chip::ProjectionOp>()) readProjection(projection);
    problem_ = problemOf(net_, *profile);
    for (auto core : module_.getBody().getOps<chip::CoreOp>()) readCore(core);
    if (found_.empty() && edited_) checkClaims();
    if (!found_.empty()) return Error{ErrorKind::Compile, std::move(found_)};
    return emitImage(problem_, placement_, chip_, std::move(metadata_));
  }

 private:
  static Error broken(llvm::StringRef where, std::string message) {
    Diagnostic diagnostic;
    diagnostic.code = "R0703";
    diagnostic.where = where.str();
    diagnostic.message = std::move(message);
    diagnostic.remedy = "see ir/README.md for what the placed stage holds";
    return Error::of(ErrorKind::Internal, std::move(diagnostic));
  }

  void refuse(llvm::StringRef where, std::string message) {
    found_.push_back(broken(where, std::move(message)).diagnostics.front());
  }

  void readHeader() {
    metadata_.network = module_.getSymName().str();
    metadata_.dt = module_.getDt().convertToDouble();
    metadata_.quantization = withoutWeights(module_.getQuantization().value_or("{}").str());
    if (const auto assumptions = module_.getAssumptions())
      for (const mlir::Attribute entry : *assumptions) {
        const auto assumption = llvm::cast<spk::AssumptionAttr>(entry);
        image::AssumptionT& made = metadata_.assumptions.emplace_back();
        made.what = assumption.getWhat().str();
        made.value = assumption.getValue().str();
        made.why = assumption.getWhy().str();
        made.how_to_change = assumption.getHowToChange().str();
        made.warning = assumption.getWarning();
      }
  }

  void readPort(mlir::Operation& op) {
    if (auto input = llvm::dyn_cast<chip::InputOp>(op)) {
      inputs_[input.getSymName()] = static_cast<int>(net_.inputs.size());
      const auto most = static_cast<std::int32_t>(input.getMaxPayload());
      net_.inputs.push_back(
          {input.getSymName().str(), input.getSize(), {}, input.getEncoding() == "graded" ? -most : 0, most});
      const image::Encoding encoding = input.getEncoding() == "graded"   ? image::Encoding::Graded
                                       : input.getEncoding() == "counts" ? image::Encoding::Counts
                                                                         : image::Encoding::Binary;
      metadata_.inputs.push_back({{input.getShape().begin(), input.getShape().end()},
                                  encoding,
                                  static_cast<std::int32_t>(input.getMaxPayload())});
    } else if (auto population = llvm::dyn_cast<chip::PopulationOp>(op)) {
      readPopulation(population);
    } else if (auto output = llvm::dyn_cast<chip::OutputOp>(op)) {
      image::OutputT& made = metadata_.outputs.emplace_back();
      made.name = output.getSymName().str();
      made.shape.assign(output.getShape().begin(), output.getShape().end());
      for (auto [part, state] : llvm::zip(output.getPopulations(), output.getStates())) {
        auto entry = std::make_unique<image::OutputPartT>();
        entry->population = static_cast<std::uint32_t>(indexOf(llvm::cast<mlir::FlatSymbolRefAttr>(part)));
        entry->state = llvm::cast<mlir::StringAttr>(state).str();
        made.parts.push_back(std::move(entry));
      }
    }
  }

  // Outputs may stand above the populations that they read.
  int indexOf(mlir::FlatSymbolRefAttr symbol) {
    int index = 0;
    for (auto population : module_.getBody().getOps<chip::PopulationOp>()) {
      if (population.getSymName() == symbol.getValue()) return index;
      ++index;
    }
    return 0;
  }

  void readPopulation(chip::PopulationOp op) {
    FixedPopulation population;
    population.name = op.getSymName().str();
    population.model = models::findModel(op.getModel().str());
    population.size = op.getSize();
    std::vector<std::vector<std::int32_t>> parameters;
    for (const models::FixedParameter& parameter : population.model->fixedParameters)
      parameters.push_back(spk::fixedValues(op.getParameters().get(view(parameter.name)))
                               .value_or(std::vector<std::int32_t>(static_cast<std::size_t>(population.size),
                                                                   parameter.fallback)));
    if (Status set = setRegisters(population, parameters); !set)
      found_.insert(found_.end(), set.error().diagnostics.begin(), set.error().diagnostics.end());
    const auto index = static_cast<std::uint32_t>(net_.populations.size());
    populations_[op.getSymName()] = static_cast<int>(index);
    net_.populations.push_back(std::move(population));
    ImageMetadata::Population& about = metadata_.populations.emplace_back();
    about.shape.assign(op.getShape().begin(), op.getShape().end());
    about.lag = static_cast<std::int32_t>(op.getLag());
    about.hidden = op.getHidden();
    if (const auto scales = op.getScales())
      for (const mlir::NamedAttribute& entry : *scales) {
        image::ScaleT& scale = about.scales.emplace_back();
        scale.state = entry.getName().str();
        scale.values = spk::floatValues(entry.getValue()).value_or(std::vector<double>{1});
      }
    if (const auto ranges = op.getRanges())
      for (const mlir::NamedAttribute& entry : *ranges) {
        const auto range = llvm::dyn_cast<spk::RangeAttr>(entry.getValue());
        if (!range) continue;
        image::RangeT& made = metadata_.ranges.emplace_back();
        made.population = index;
        made.state = entry.getName().str();
        made.minimum = range.getMinimum();
        made.maximum = range.getMaximum();
        made.proven = range.getProven();
        made.note = range.getNote().str();
      }
  }

  void readProjection(chip::ProjectionOp op) {
    projections_[op.getSymName()] = static_cast<int>(net_.projections.size());
    FixedProjection& projection = net_.projections.emplace_back();
    projection.name = op.getSymName().str();
    projection.source.input = inputs_.count(op.getSource()) != 0;
    projection.source.index =
        projection.source.input ? inputs_[op.getSource()] : populations_[op.getSource()];
    projection.target = populations_[op.getTarget()];
    projection.weights.wiring = op.getWiring(symbols_);
    projection.weights.values = spk::fixedValues(op.getWeight()).value_or(std::vector<std::int32_t>{});
    if (op.getDelays()) projection.weights.delays = *spk::fixedValues(*op.getDelays());
    projection.weightBits = static_cast<int>(op.getWeightBits());
    projection.signMode = signModeNamed(op.getSignMode()).value_or(SignMode::Mixed);
    projection.exponent = op.getWeight().getFormat().getExponent();
    projection.axonDelay = static_cast<int>(op.getDelay());
  }

  // SPEC P1: a placed stage may have been edited, and an image must not claim what does not hold.
  void checkClaims() {
    const std::vector<PopulationRange> proof = proveRanges(net_, *problem_.profile);
    for (const image::RangeT& claim : metadata_.ranges) {
      if (!claim.proven) continue;
      const PopulationRange& range = proof[claim.population];
      const FixedPopulation& population = net_.populations[claim.population];
      for (std::size_t s = 0; s < population.model->states.size(); ++s) {
        if (population.model->states[s] != claim.state) continue;
        if (range.stateNotes[s].empty() && claim.minimum <= range.states[s].lo &&
            range.states[s].hi <= claim.maximum)
          continue;
        refuse(population.name,
               fmt::format("'{}.{}' is said to be proven within {} to {}, the proof finds {} to {}{}",
                           population.name, claim.state, claim.minimum, claim.maximum, range.states[s].lo,
                           range.states[s].hi, range.stateNotes[s].empty() ? "" : ", and an overflow"));
      }
    }
  }

  void readCore(chip::CoreOp op) {
    const std::string place = fmt::format("core {}", op.getId());
    PlacedCore& core = placement_.cores.emplace_back();
    core.id = static_cast<std::int32_t>(op.getId());
    for (auto slice : op.getBody().getOps<chip::SliceOp>()) {
      const int population = populations_[slice.getPopulation()];
      if (static_cast<std::int64_t>(slice.getFirstCompartment()) != core.use.neurons)
        refuse(place,
               fmt::format("a slice of '{}' starts at compartment {}, the next free one is {}",
                           slice.getPopulation().str(), slice.getFirstCompartment(), core.use.neurons));
      const llvm::ArrayRef<std::int32_t> listed = slice.getNeurons().value_or(llvm::ArrayRef<std::int32_t>());
      core.append({population,
                   static_cast<std::int32_t>(slice.getFirstNeuron()),
                   static_cast<std::int32_t>(slice.getCount()),
                   static_cast<std::int32_t>(slice.getRepeats()),
                   static_cast<std::int32_t>(slice.getStride()),
                   static_cast<std::int32_t>(slice.getRows()),
                   static_cast<std::int32_t>(slice.getRowStride()),
                   {listed.begin(), listed.end()},
                   static_cast<std::int32_t>(slice.getClone())},
                  *problem_.populations[population].model);
    }
    std::map<std::pair<int, int>, int> numbers;
    for (auto group : op.getBody().getOps<chip::GroupOp>()) readGroup(group, place, core, numbers);
    for (auto axon : op.getBody().getOps<chip::AxonOp>()) {
      if (axon.getFirstAxon() != core.axons.size())
        refuse(place,
               fmt::format("axon {} stands where axon {} is due", axon.getFirstAxon(), core.axons.size()));
      for (std::int64_t i = 0; i < axon.getAxonCount(); ++i)
        core.axons.push_back({static_cast<int>(axon.getGroup()), axon.getSourceOf(i),
                              axon.getClones() ? (*axon.getClones())[i] : 0});
    }
  }

  void readGroup(chip::GroupOp op, const std::string& place, PlacedCore& core,
                 std::map<std::pair<int, int>, int>& numbers) {
    PlacedGroup group;
    group.projection = projections_[op.getProjection()];
    group.kind = listKindNamed({op.getKind().data(), op.getKind().size()}).value_or(ListKind::Sparse);
    group.slice = static_cast<int>(op.getSlice());
    const ProjectionSpec& projection = problem_.projections[group.projection];
    const SynapseFormat format = formatOf(projection, chip_, group.kind);
    if (format.delayBits != static_cast<int>(op.getDelayBits()) ||
        format.indexBits != static_cast<int>(op.getIndexBits()))
      refuse(place, fmt::format("a group of '{}' has {} delay bits and {} index bits, '{}' stores {} and {}",
                                op.getProjection().str(), op.getDelayBits(), op.getIndexBits(), chip_.name,
                                format.delayBits, format.indexBits));
    if (group.kind == ListKind::Kernel && !kernelTile(projection, chip_, core.slices[group.slice]))
      refuse(place,
             fmt::format("kernels of '{}' do not fit slice {}: '{}' holds none of this size, stride or "
                         "delays, or the slice is no tile",
                         op.getProjection().str(), group.slice, chip_.name));
    if (group.kind == ListKind::Dense && projection.mostSynapseDelay() > 0)
      refuse(place, fmt::format("a dense group of '{}' has no room for its synapses' delays",
                                op.getProjection().str()));
    const auto next = static_cast<int>(numbers.size());
    group.number = numbers.emplace(std::pair{group.projection, group.slice}, next).first->second;
    core.groups.push_back(group);
  }

  chip::ModuleOp module_;
  mlir::SymbolTable symbols_;
  const ChipSpec& chip_;
  bool edited_;  // or may be
  FixedNet net_;
  PlacementProblem problem_;  // of this network, whose weights it refers to
  Placement placement_;
  ImageMetadata metadata_;
  std::map<llvm::StringRef, int> inputs_, populations_, projections_;
  std::vector<Diagnostic> found_;
};

}  // namespace

Expected<Image> imageOf(mlir::ModuleOp module, const ChipSpec& chip, bool edited) {
  Expected<Image> image = ModuleReader(*module.getOps<chip::ModuleOp>().begin(), chip, edited).run();
  if (!image) return image;
  if (Expected<Program> program = decode(*image); !program) {
    Error error = std::move(program).error();
    error.kind = ErrorKind::Compile;
    return error;
  }
  return image;
}

}  // namespace rheo
