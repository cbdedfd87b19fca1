// Between the wiring of a projection and its attributes: #spk.convolution, places, the shape of its weights,
// delays.
#include <algorithm>
#include <numeric>

#include "chip/Program.h"
#include "ir/spk/Spk.h"
#include "network/ConvolutionNodes.h"

namespace rheo::spk {
namespace {

using EmitError = llvm::function_ref<mlir::InFlightDiagnostic()>;

// Axis 0 of these is rows, 1 columns.
ConvolutionAxis axisOf(ConvolutionAttr attribute, std::size_t axis) {
  return {attribute.getInput()[axis + 1], attribute.getOutput()[axis + 1], attribute.getKernel()[axis],
          attribute.getStride()[axis],    attribute.getPadding()[axis],    attribute.getDilation()[axis]};
}

// Of places in ascending order.
Wiring listedAt(llvm::ArrayRef<std::int32_t> pairs, int64_t targets, int64_t sources) {
  std::vector<std::int64_t> first(static_cast<std::size_t>(targets) + 1);
  std::vector<std::int32_t> sourceOf(pairs.size() / 2);
  for (std::size_t synapse = 0; synapse < sourceOf.size(); ++synapse) {
    ++first[static_cast<std::size_t>(pairs[2 * synapse]) + 1];
    sourceOf[synapse] = pairs[2 * synapse + 1];
  }
  std::partial_sum(first.begin(), first.end(), first.begin());
  return Wiring::listed(sources, SynapseLists(std::move(first), std::move(sourceOf)));
}

KnownPlaces& knownPlaces(mlir::Attribute attribute) {
  return attribute.getContext()->getLoadedDialect<SpkDialect>()->getKnownPlaces();
}

// Whether they are numbers of the right kind: [synapses, 2] of i32.
bool arePairs(mlir::ElementsAttr places) {
  const mlir::ShapedType type = places.getShapedType();
  return places.getElementType().isSignlessInteger(32) && type.hasStaticShape() && type.getRank() == 2 &&
         type.getDimSize(1) == 2;
}

bool liesWithin(std::int32_t target, std::int32_t source, int64_t targets, int64_t sources) {
  return target >= 0 && target < targets && source >= 0 && source < sources;
}

// The first number of the first synapse that lies outside, or not behind the one before.
std::optional<std::size_t> firstUnsound(llvm::ArrayRef<std::int32_t> pairs, int64_t targets,
                                        int64_t sources) {
  std::pair<std::int32_t, std::int32_t> before(-1, -1);
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    const std::pair here(pairs[i], pairs[i + 1]);
    if (!liesWithin(here.first, here.second, targets, sources) || here <= before) return i;
    before = here;
  }
  return std::nullopt;
}

mlir::LogicalResult verifyPlaces(mlir::Operation* op, llvm::StringRef name, mlir::ElementsAttr places,
                                 int64_t targets, int64_t sources) {
  const auto complain = [&] { return mlir::emitError(op->getLoc()) << "R0702: '" << name << "' "; };
  if (knownPlaces(places).find(places, targets, sources)) return mlir::success();
  if (!arePairs(places))
    return complain() << "has places of type " << places.getShapedType() << ", expected [synapses, 2] of i32";
  const std::optional<std::vector<std::int32_t>> pairs = fixedValues(places);
  if (!pairs) return complain() << "has places without their numbers (elided or of a wrong length)";
  if (const std::optional<std::size_t> at = firstUnsound(*pairs, targets, sources)) {
    const std::int32_t target = (*pairs)[*at], source = (*pairs)[*at + 1];
    if (!liesWithin(target, source, targets, sources))
      return complain() << "has a synapse from " << source << " to " << target << ", which lies outside "
                        << sources << " sources and " << targets << " targets";
    return complain() << "has places out of order, or twice: (" << target << ", " << source << ")";
  }
  knownPlaces(places).add(places, listedAt(*pairs, targets, sources));
  return mlir::success();
}

}  // namespace

std::optional<Wiring> KnownPlaces::find(mlir::ElementsAttr places, int64_t targets, int64_t sources) {
  const std::lock_guard lock(mutex_);
  const auto known = wirings_.find({places.getAsOpaquePointer(), targets, sources});
  return known == wirings_.end() ? std::nullopt : std::optional(known->second);
}

void KnownPlaces::add(mlir::ElementsAttr places, Wiring wiring) {
  const Key key(places.getAsOpaquePointer(), wiring.targets(), wiring.sources());
  const std::lock_guard lock(mutex_);
  wirings_.emplace(key, std::move(wiring));
}

mlir::LogicalResult ConvolutionAttr::verify(EmitError emitError, llvm::ArrayRef<int64_t> input,
                                            llvm::ArrayRef<int64_t> output, llvm::ArrayRef<int64_t> kernel,
                                            llvm::ArrayRef<int64_t> stride, llvm::ArrayRef<int64_t> padding,
                                            llvm::ArrayRef<int64_t> dilation, int64_t groups) {
  const auto complain = [&](llvm::StringRef what) { return emitError() << "R0702: a convolution " << what; };
  if (input.size() != 3 || output.size() != 3 || kernel.size() != 2 || stride.size() != 2 ||
      padding.size() != 2 || dilation.size() != 2)
    return complain("has channels, rows and columns on both sides, and rows and columns of everything else");
  for (const llvm::ArrayRef<int64_t> extents : {input, output})
    for (const int64_t extent : extents)
      if (extent < 1 || extent > INT32_MAX) return complain("has an extent outside [1, 2^31 - 1]");
  for (const llvm::ArrayRef<int64_t> extents : {kernel, stride, dilation})
    for (const int64_t extent : extents)
      if (extent < 1 || extent > network::kMaxStep)
        return complain("has a kernel, stride or dilation outside [1, 2^16]");
  for (const int64_t extent : padding)
    if (extent < 0 || extent > network::kMaxStep) return complain("has a padding outside [0, 2^16]");
  if (groups < 1 || input[0] % groups != 0 || output[0] % groups != 0)
    return complain("has groups that do not divide its channels");
  if (elementCount(input) < 1 || elementCount(output) < 1 ||
      elementCount({output[0], input[0] / groups, kernel[0], kernel[1]}) < 1)
    return complain("has more than 2^31 - 1 sources, targets or weights");
  if (elementCount(output) > network::kMaxSynapses / (input[0] / groups * kernel[0] * kernel[1]))
    return complain("has more than 2^34 synapses");
  for (std::size_t axis = 0; axis < 2; ++axis)
    if (ConvolutionAxis{input[axis + 1], output[axis + 1], kernel[axis], stride[axis], padding[axis],
                        dilation[axis]}
            .room() < output[axis + 1])
      return complain("has more outputs than its input leaves room for");
  return mlir::success();
}

Wiring wiringOf(std::optional<ConvolutionAttr> convolution, std::optional<mlir::ElementsAttr> places,
                int64_t targets, int64_t sources) {
  if (places) {
    if (std::optional<Wiring> known = knownPlaces(*places).find(*places, targets, sources))
      return *std::move(known);
    return listedAt(fixedValues(*places).value_or(std::vector<std::int32_t>{}), targets, sources);
  }
  if (!convolution) return Wiring::dense(targets, sources);
  return Wiring::convolution({convolution->getInput()[0], convolution->getOutput()[0],
                              convolution->getGroups(), axisOf(*convolution, 0), axisOf(*convolution, 1)});
}

ConvolutionAttr convolutionAttr(mlir::MLIRContext* context, const Wiring& wiring) {
  if (!wiring.convolution()) return {};
  const Convolution& c = *wiring.convolution();
  return ConvolutionAttr::get(context, {c.channelsIn, c.rows.inputs, c.columns.inputs},
                              {c.channelsOut, c.rows.outputs, c.columns.outputs},
                              {c.rows.kernel, c.columns.kernel}, {c.rows.stride, c.columns.stride},
                              {c.rows.padding, c.columns.padding}, {c.rows.dilation, c.columns.dilation},
                              c.groups);
}

mlir::ElementsAttr placesAttr(mlir::MLIRContext* context, const Wiring& wiring, llvm::StringRef resource) {
  if (!wiring.lists()) return {};
  const SynapseLists& lists = *wiring.lists();
  std::vector<std::int32_t> pairs(2 * static_cast<std::size_t>(lists.synapses()));
  auto next = pairs.begin();
  for (std::int64_t target = 0; target < wiring.targets(); ++target)
    lists.visit(target, [&](std::int64_t source, std::int64_t) {
      *next++ = static_cast<std::int32_t>(target);
      *next++ = static_cast<std::int32_t>(source);
    });
  const bool sound = !firstUnsound(pairs, wiring.targets(), wiring.sources());
  const mlir::ElementsAttr places =
      integerResource(context, std::move(pairs), {wiring.valueCount(), 2}, (resource + ".places").str());
  if (sound) knownPlaces(places).add(places, wiring);
  return places;
}

llvm::SmallVector<int64_t> weightShape(const Wiring& wiring) {
  if (wiring.lists()) return {wiring.valueCount()};
  if (!wiring.convolution()) return {wiring.targets(), wiring.sources()};
  const Convolution& c = *wiring.convolution();
  return {c.channelsOut, c.channelsInPerGroup(), c.rows.kernel, c.columns.kernel};
}

mlir::ElementsAttr delayElements(mlir::MLIRContext* context, llvm::ArrayRef<std::int32_t> delays,
                                 const Wiring& wiring) {
  if (delays.empty()) return {};
  const auto type = mlir::RankedTensorType::get(weightShape(wiring), mlir::IntegerType::get(context, 8));
  const std::vector<std::int8_t> bytes(delays.begin(), delays.end());
  const bool uniform = std::all_of(bytes.begin(), bytes.end(), [&](std::int8_t d) { return d == bytes[0]; });
  return mlir::DenseElementsAttr::get(type, llvm::ArrayRef(bytes).take_front(uniform ? 1 : bytes.size()));
}

mlir::LogicalResult verifyStored(mlir::Operation* op, llvm::StringRef name, mlir::Attribute weight, int bits,
                                 SignMode mode) {
  const std::int32_t step = 1 << droppedBits(bits, mode);
  if (const auto extremes = fixedExtremes(weight); !extremes || (extremes->bits & (step - 1)) == 0)
    return mlir::success();  // or without numbers: others say that
  const std::optional<std::vector<std::int32_t>> values = fixedValues(weight);
  for (const std::int32_t value : *values)
    if (value % step != 0)
      return mlir::emitError(op->getLoc())
             << "R0702: '" << name << "' has a weight " << value << ", which is no multiple of " << step
             << ": " << bits << " weight bits hold none between";
  return mlir::success();
}

std::int64_t leastDelay(std::optional<mlir::ElementsAttr> delays) {
  const std::optional<std::vector<std::int32_t>> steps = delays ? fixedValues(*delays) : std::nullopt;
  return steps && !steps->empty() ? *std::min_element(steps->begin(), steps->end()) : 0;
}

mlir::LogicalResult verifyDelays(mlir::Operation* op, llvm::StringRef name, llvm::StringRef one,
                                 llvm::StringRef all, std::optional<mlir::ElementsAttr> delays,
                                 llvm::ArrayRef<int64_t> shape) {
  const auto complain = [&] { return mlir::emitError(op->getLoc()) << "R0702: '" << name << "' "; };
  if (!delays) return mlir::success();
  if (!delays->getElementType().isSignlessInteger(8) || !delays->getShapedType().hasStaticShape() ||
      delays->getShapedType().getShape() != shape)
    return complain() << "has delays of type " << delays->getShapedType() << ", expected i8 and the shape of "
                      << all;
  const std::optional<std::vector<std::int32_t>> values = fixedValues(*delays);
  if (!values) return complain() << "has delays without their numbers (elided or of a wrong length)";
  for (const std::int32_t delay : *values)
    if (delay < 0 || delay > kMaxDelay)
      return complain() << "has " << one << " with a delay of " << delay << " steps, outside [0, "
                        << kMaxDelay << "]";  // SPEC T7
  return mlir::success();
}

mlir::LogicalResult verifyWiring(mlir::Operation* op, llvm::StringRef name,
                                 std::optional<ConvolutionAttr> convolution,
                                 std::optional<mlir::ElementsAttr> places,
                                 std::optional<mlir::ElementsAttr> delays, int64_t targets, int64_t sources) {
  const auto complain = [&] { return mlir::emitError(op->getLoc()) << "R0702: '" << name << "' "; };
  if (places && convolution) return complain() << "has both a convolution and places";
  if (places && failed(verifyPlaces(op, name, *places, targets, sources))) return mlir::failure();
  const Wiring wiring = wiringOf(convolution, places, targets, sources);
  if (wiring.targets() != targets || wiring.sources() != sources)
    return complain() << "has a convolution of " << wiring.sources() << " sources and " << wiring.targets()
                      << " targets between " << sources << " and " << targets;
  return verifyDelays(op, name, "a synapse", "the weights", delays, weightShape(wiring));
}

}  // namespace rheo::spk
