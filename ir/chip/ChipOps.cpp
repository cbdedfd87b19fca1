// The chip dialect: registration and verifiers.
#include "chip/Program.h"
#include "chip/SignMode.h"
#include "chip/Synapses.h"
#include "ir/chip/Chip.h"
#include "ir/chip/ChipDialect.cpp.inc"
#define GET_OP_CLASSES
#include "ir/chip/ChipOps.cpp.inc"

namespace rheo::chip {

void ChipDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "ir/chip/ChipOps.cpp.inc"
      >();
}

namespace {

mlir::InFlightDiagnostic complain(mlir::Operation* op, const llvm::Twine& name) {
  return mlir::emitError(op->getLoc()) << "R0702: '" << name << "' ";
}

bool isOneOf(llvm::StringRef text, std::initializer_list<llvm::StringRef> choices) {
  return llvm::is_contained(choices, text);
}

llvm::StringRef view(std::string_view text) { return {text.data(), text.size()}; }

std::int32_t asSigned(std::uint32_t value) { return static_cast<std::int32_t>(value); }

// Of a population or an input; -1 of anything else.
int64_t sizeOfNamed(mlir::Operation* op) {
  if (auto population = llvm::dyn_cast_or_null<PopulationOp>(op)) return population.getSize();
  if (auto input = llvm::dyn_cast_or_null<InputOp>(op)) return input.getSize();
  return -1;
}

// What a module holds by name, looked up without a walk through it.
class Symbols {
 public:
  explicit Symbols(ModuleOp module) : table_(module) {}

  template <class Op>
  Op find(llvm::StringRef name) const {
    return table_.lookup<Op>(name);
  }
  int64_t sizeOf(llvm::StringRef name) const { return sizeOfNamed(table_.lookup(name)); }

 private:
  mlir::SymbolTable table_;
};

mlir::LogicalResult verifySlice(SliceOp slice, const Symbols& symbols) {
  auto population = symbols.find<PopulationOp>(slice.getPopulation());
  if (!population) return complain(slice, slice.getPopulation()) << "is no population";
  const int64_t first = asSigned(slice.getFirstNeuron()), count = asSigned(slice.getCount());
  const int64_t repeats = asSigned(slice.getRepeats()), stride = asSigned(slice.getStride());
  const int64_t rows = asSigned(slice.getRows()), rowStride = asSigned(slice.getRowStride());
  const int64_t run = (rows - 1) * rowStride + count, end = first + (repeats - 1) * stride + run;
  const bool sound = first >= 0 && count >= 1 && rows >= 1 && (rows == 1 || rowStride >= count) &&
                     repeats >= 1 && (repeats == 1 || stride >= run);
  if (!sound || end > population.getSize() || asSigned(slice.getFirstCompartment()) < 0 ||
      asSigned(slice.getClone()) < 0)
    return complain(slice, slice.getPopulation())
           << "has " << population.getSize() << " neurons, a slice of it goes from " << first << " to " << end
           << " at compartment " << asSigned(slice.getFirstCompartment());
  if (const auto listed = slice.getNeurons()) {
    const bool ascending = std::is_sorted(listed->begin(), listed->end(), std::less_equal<>());
    if (!ascending || rows != 1 || repeats != 1 || static_cast<int64_t>(listed->size()) != count ||
        listed->front() != first || listed->back() >= population.getSize())
      return complain(slice, slice.getPopulation())
             << "has " << population.getSize() << " neurons, a slice lists " << listed->size()
             << " that are not the " << count << " ascending ones from " << first << " on";
  }
  return mlir::success();
}

mlir::LogicalResult verifyGroup(GroupOp group, const Symbols& symbols, llvm::ArrayRef<SliceOp> slices) {
  auto projection = symbols.find<ProjectionOp>(group.getProjection());
  if (!projection) return complain(group, group.getProjection()) << "is no projection";
  const std::optional<ListKind> kind = listKindNamed({group.getKind().data(), group.getKind().size()});
  if (!kind)
    return complain(group, group.getProjection())
           << "has format kind '" << group.getKind() << "', expected sparse, dense or kernel";
  if (kind == ListKind::Kernel && !projection.getConvolution())
    return complain(group, group.getProjection()) << "has kernels, but is no convolution";
  if (group.getSlice() >= slices.size())
    return complain(group, group.getProjection())
           << "has a group for slice " << group.getSlice() << " of " << slices.size();
  if (SliceOp(slices[group.getSlice()]).getPopulation() != projection.getTarget())
    return complain(group, group.getProjection())
           << "enters '" << projection.getTarget() << "', its group's slice holds '"
           << SliceOp(slices[group.getSlice()]).getPopulation() << "'";
  return mlir::success();
}

mlir::LogicalResult verifyAxon(AxonOp axon, const Symbols& symbols, llvm::ArrayRef<GroupOp> groups) {
  const std::string place = "axon " + std::to_string(axon.getFirstAxon());
  if (axon.getGroup() >= groups.size())
    return complain(axon, place) << "uses group " << axon.getGroup() << " of " << groups.size();
  if (axon.getDelay() > kMaxDelay)
    return complain(axon, place) << "has a delay of " << asSigned(axon.getDelay()) << " steps, outside [0, "
                                 << kMaxDelay << "]";  // SPEC T7
  if (axon.getSources() && axon.getSourceCount() != 0)
    return complain(axon, place) << "has both a list and a range of sources";
  auto projection = symbols.find<ProjectionOp>(GroupOp(groups[axon.getGroup()]).getProjection());
  const int64_t sources = projection ? symbols.sizeOf(projection.getSource()) : 0;
  const int64_t count = axon.getAxonCount();
  if (count < 1) return complain(axon, place) << "has no source";
  const auto inside = [&](int64_t source) { return source >= 0 && source < sources; };
  if (const auto list = axon.getSources()) {
    for (const int32_t source : *list)
      if (!inside(source)) return complain(axon, place) << "has source " << source << " of " << sources;
  } else if (!inside(axon.getSourceOf(0)) || !inside(int64_t{axon.getSourceOf(0)} + count - 1)) {
    return complain(axon, place) << "has sources up to " << int64_t{axon.getSourceOf(0)} + count << " of "
                                 << sources;
  }
  const auto clones = axon.getClones();
  if (clones && (static_cast<int64_t>(clones->size()) != count ||
                 llvm::any_of(*clones, [](std::int32_t clone) { return clone < 0; })))
    return complain(axon, place) << "needs a clone that sends, 0 or more, for each of its " << count
                                 << " sources";
  return mlir::success();
}

mlir::LogicalResult verifyEnds(ProjectionOp op, const Symbols& symbols) {
  const int64_t sources = symbols.sizeOf(op.getSource());
  auto population = symbols.find<PopulationOp>(op.getTarget());
  const int64_t targets = population ? population.getInputSize() : -1;
  if (sources < 0)
    return complain(op, op.getSymName())
           << "has source '" << op.getSource() << "', which is no population or input";
  if (targets < 0)
    return complain(op, op.getSymName()) << "has target '" << op.getTarget() << "', which is no population";
  if (failed(spk::verifyWiring(op, op.getSymName(), op.getConvolution(), op.getPlaces(), op.getDelays(),
                               targets, sources)))
    return mlir::failure();
  const mlir::ShapedType type = op.getWeight().getValues().getShapedType();
  if (!type.hasStaticShape() ||
      type.getShape() != llvm::ArrayRef<int64_t>(spk::weightShape(
                             spk::wiringOf(op.getConvolution(), op.getPlaces(), targets, sources))))
    return complain(op, op.getSymName()) << "has weights of type " << type << " for " << targets
                                         << " targets and " << sources << " sources";
  return mlir::success();
}

mlir::LogicalResult verifyCore(CoreOp core, const Symbols& symbols) {
  const llvm::SmallVector<SliceOp> slices(core.getBody().getOps<SliceOp>());
  llvm::SmallVector<GroupOp> groups;
  for (mlir::Operation& op : core.getBody().front()) {
    if (auto slice = llvm::dyn_cast<SliceOp>(op)) {
      if (failed(verifySlice(slice, symbols))) return mlir::failure();
    } else if (auto group = llvm::dyn_cast<GroupOp>(op)) {
      if (group.getIndex() != groups.size())
        return complain(group, group.getProjection())
               << "has group index " << group.getIndex() << ", expected " << groups.size();
      if (failed(verifyGroup(group, symbols, slices))) return mlir::failure();
      groups.push_back(group);
    } else if (auto axon = llvm::dyn_cast<AxonOp>(op)) {
      if (failed(verifyAxon(axon, symbols, groups))) return mlir::failure();
    } else {
      return complain(core, "core " + llvm::Twine(core.getId()))
             << "holds '" << op.getName().getStringRef() << "'";
    }
  }
  return mlir::success();
}

}  // namespace

int64_t PopulationOp::getInputSize() {
  return models::findModel({getModel().data(), getModel().size()})->inputsOf(getSize());
}
int64_t PopulationOp::getSize() { return spk::elementCount(getShape()); }
int64_t InputOp::getSize() { return spk::elementCount(getShape()); }

Wiring ProjectionOp::getWiring(const mlir::SymbolTable& symbols) {
  auto target = llvm::cast<PopulationOp>(symbols.lookup(getTargetAttr().getAttr()));
  return spk::wiringOf(getConvolution(), getPlaces(), target.getInputSize(),
                       sizeOfNamed(symbols.lookup(getSourceAttr().getAttr())));
}

int64_t AxonOp::getAxonCount() {
  return getSources() ? static_cast<int64_t>(getSources()->size()) : asSigned(getSourceCount());
}

int32_t AxonOp::getSourceOf(int64_t i) {
  return getSources() ? (*getSources())[i] : asSigned(getFirstSource()) + static_cast<int32_t>(i);
}

mlir::LogicalResult PopulationOp::verify() {
  const models::ModelTable* model = models::findModel({getModel().data(), getModel().size()});
  if (!model) return complain(*this, getSymName()) << "has an unknown model '" << getModel() << "'";
  if (getSize() < 1) return complain(*this, getSymName()) << "has no neurons";
  if (asSigned(getLag()) < 0) return complain(*this, getSymName()) << "has a negative lag";
  for (const mlir::NamedAttribute& entry : getParameters()) {
    const auto parameter =
        llvm::find_if(model->fixedParameters, [&](const models::FixedParameter& candidate) {
          return view(candidate.name) == entry.getName().getValue();
        });
    if (parameter == model->fixedParameters.end())
      return complain(*this, getSymName()) << "has no fixed parameter '" << entry.getName().getValue() << "'";
    const std::optional<std::vector<std::int32_t>> values =
        llvm::isa<spk::FixedElementsAttr>(entry.getValue()) ? spk::fixedValues(entry.getValue())
                                                            : std::nullopt;
    if (!values || static_cast<int64_t>(values->size()) != getSize())
      return complain(*this, getSymName())
             << "needs #spk.elements with a value for each neuron as '" << entry.getName().getValue() << "'";
    for (const std::int32_t value : *values)
      if (value < parameter->minimum || value > parameter->maximum)
        return complain(*this, getSymName())
               << "has '" << entry.getName().getValue() << "' " << value << ", outside ["
               << parameter->minimum << ", " << parameter->maximum << "]";
  }
  return mlir::success();
}

mlir::LogicalResult InputOp::verify() {
  if (!isOneOf(getEncoding(), {"binary", "counts", "graded"}))
    return complain(*this, getSymName())
           << "has encoding '" << getEncoding() << "', expected binary, counts or graded";
  if (getSize() < 1) return complain(*this, getSymName()) << "has no channels";
  if (asSigned(getMaxPayload()) < 1)
    return complain(*this, getSymName()) << "needs a largest payload of at least 1";
  return mlir::success();
}

mlir::LogicalResult OutputOp::verify() {
  if (getPopulations().empty() || getPopulations().size() != getStates().size())
    return complain(*this, getSymName()) << "needs a state for each of its populations, and at least one";
  return mlir::success();
}

mlir::LogicalResult ProjectionOp::verify() {
  if (!signModeNamed(getSignMode()))
    return complain(*this, getSymName()) << "has sign mode '" << getSignMode() << "'";
  if (getDelay() > kMaxDelay)
    return complain(*this, getSymName()) << "has a delay outside [0, " << kMaxDelay << "]";  // SPEC T7
  if (getWeightBits() < 1 || getWeightBits() > kMostWeightBits)
    return complain(*this, getSymName())
           << "has " << getWeightBits() << " weight bits, outside [1, " << kMostWeightBits << "]";
  return spk::verifyStored(*this, getSymName(), getWeight(), static_cast<int>(getWeightBits()),
                           *signModeNamed(getSignMode()));
}

// Everything inside has been verified by itself: what refers to something else can be followed now.
mlir::LogicalResult ModuleOp::verifyRegions() {
  if (!(getDt().convertToDouble() > 0))
    return complain(*this, getSymName()) << "needs a positive dt in seconds";
  const Symbols symbols(*this);
  for (auto projection : getBody().getOps<ProjectionOp>())
    if (failed(verifyEnds(projection, symbols))) return mlir::failure();
  for (auto core : getBody().getOps<CoreOp>())
    if (failed(verifyCore(core, symbols))) return mlir::failure();
  for (auto output : getBody().getOps<OutputOp>())
    for (auto [population, state] : llvm::zip(output.getPopulations(), output.getStates())) {
      auto op = symbols.find<PopulationOp>(llvm::cast<mlir::FlatSymbolRefAttr>(population).getValue());
      if (!op)
        return complain(output, output.getSymName()) << "reads " << population << ", which is no population";
      const models::ModelTable* model = models::findModel({op.getModel().data(), op.getModel().size()});
      const llvm::StringRef name = llvm::cast<mlir::StringAttr>(state).getValue();
      const bool known =
          name.empty()
              ? model && model->spiking
              : model && llvm::any_of(model->states, [&](auto known) { return view(known) == name; });
      if (!known)
        return complain(output, output.getSymName()) << "reads state '" << name << "' of " << population;
    }
  return mlir::success();
}

}  // namespace rheo::chip
