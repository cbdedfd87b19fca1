// Builds the float stage from a Network.
#include "ir/FromNetwork.h"

#include <map>

#include "ir/Projections.h"

namespace rheo {
namespace {

Error refuse(const Node& node, std::string message, std::string remedy) {
  Diagnostic diagnostic;
  diagnostic.code = "R0701";
  diagnostic.message = std::move(message);
  diagnostic.where = node.name;
  diagnostic.remedy = std::move(remedy);
  return Error::of(ErrorKind::Compile, std::move(diagnostic));
}

class NetworkBuilder {
 public:
  NetworkBuilder(const Network& network, mlir::MLIRContext& context)
      : network_(network), context_(context), builder_(&context) {}

  Expected<mlir::OwningOpRef<mlir::ModuleOp>> build();

 private:
  mlir::Location locationOf(llvm::StringRef name) { return mlir::NameLoc::get(builder_.getStringAttr(name)); }
  mlir::StringAttr text(std::string_view value) {
    return builder_.getStringAttr(llvm::StringRef(value.data(), value.size()));
  }
  spk::NetworkOp makeNetwork();
  void makeInput(int index);
  Status makeNeuron(int index);
  void makeSynapse(FoldedProjection& projection);
  Status makeOutput(int index);

  const Network& network_;
  mlir::MLIRContext& context_;
  mlir::OpBuilder builder_;
  std::map<int, mlir::Value> values_;
  std::map<int, spk::NeuronOp> neurons_;
};

spk::NetworkOp NetworkBuilder::makeNetwork() {
  llvm::SmallVector<mlir::Attribute> assumptions;
  for (const Assumption& assumption : network_.assumptions)
    assumptions.push_back(spk::AssumptionAttr::get(&context_, text(assumption.what), text(assumption.value),
                                                   text(assumption.why), text(assumption.howToChange),
                                                   assumption.warning));
  const std::string name = network_.name.empty() ? "network" : network_.name;
  mlir::OperationState state(locationOf(name), spk::NetworkOp::getOperationName());
  const Conventions& conventions = network_.conventions;
  state.addAttribute("sym_name", text(name));
  state.addAttribute("dt", builder_.getF64FloatAttr(conventions.dt));
  state.addAttribute("stage", text("float"));
  mlir::NamedAttrList words;
  for (const ConventionRow& row : conventionRows()) words.append(text(row.name), text(row.text(conventions)));
  state.addAttribute("conventions", words.getDictionary(&context_));
  if (!assumptions.empty()) state.addAttribute("assumptions", builder_.getArrayAttr(assumptions));
  state.addRegion()->emplaceBlock();
  return llvm::cast<spk::NetworkOp>(builder_.create(state));
}

void NetworkBuilder::makeInput(int index) {
  const Node& node = network_.nodes[index];
  mlir::OperationState state(locationOf(node.name), spk::InputOp::getOperationName());
  state.addAttribute("name", text(node.name));
  state.addAttribute("shape", builder_.getDenseI64ArrayAttr(node.outputShape));
  if (const auto payload = node.parameters.find("payload"); payload != node.parameters.end()) {
    state.addAttribute("encoding", text("graded"));
    state.addAttribute("max_payload",
                       builder_.getI32IntegerAttr(static_cast<std::int32_t>(payload->second.values[0])));
  }
  state.addTypes(spk::SpikesType::get(&context_, spk::elementCount(node.outputShape)));
  values_[index] = builder_.create(state)->getResult(0);
}

// The lif that keeps nothing: its time constant is 0. SPEC F24.
std::map<std::string, Tensor> forgetful(const Node& threshold) {
  const auto all = [](double value) { return Tensor{{}, {value}, DType::Float64, ""}; };
  return {{"tau", all(0)},
          {"r", all(1)},
          {"v_leak", all(0)},
          {"v_threshold", threshold.parameters.at("threshold")}};
}

Status NetworkBuilder::makeNeuron(int index) {
  const Node& node = network_.nodes[index];
  const auto [found, exact, unused] = models::findNodeModel(node.kind);
  const models::ModelTable& model = *found;
  spk::NeuronOp neuron =
      spk::createNeuron(builder_, locationOf(node.name), model, node.name, node.outputShape);
  neurons_[index] = neuron;
  values_[index] = neuron.getOutput();
  const std::int64_t size = neuron.getSize();
  if (exact) {  // SPEC F14; finishNetwork made them whole, within range, one for each neuron
    for (const models::FixedParameter& parameter : model.fixedParameters) {
      const std::vector<double>& values = node.parameters.at(std::string(parameter.name)).values;
      neuron.setParameter({parameter.name.data(), parameter.name.size()},
                          spk::fixedParameterElements(
                              &context_, parameter, std::vector<std::int32_t>(values.begin(), values.end())));
    }
    return ok();
  }
  const std::map<std::string, Tensor> parameters =
      node.kind == "Threshold" ? forgetful(node) : node.parameters;
  for (const models::FloatParameter& parameter : model.floatParameters) {
    const auto tensor = parameters.find(std::string(parameter.name));
    if (tensor == parameters.end()) continue;  // a required one is missed by the verifier
    const std::vector<double>& values = tensor->second.values;
    if (values.size() != 1 && static_cast<std::int64_t>(values.size()) != size)
      return refuse(node,
                    "'" + node.name + "' has " + std::to_string(size) + " neurons, but " +
                        std::to_string(values.size()) + " values of '" + std::string(parameter.name) + "'",
                    "give one value, or one for each neuron");
    const std::vector<double> all = values.size() == 1 ? std::vector<double>(size, values[0]) : values;
    neuron.setParameter({parameter.name.data(), parameter.name.size()},
                        spk::floatElements(&context_, all, {size}));
  }
  return ok();
}

void NetworkBuilder::makeSynapse(FoldedProjection& projection) {
  const mlir::Value source = values_[projection.source];
  spk::NeuronOp target = neurons_[projection.target];
  const std::int64_t targets = target.getInputSize();
  // Before its target, so that the text reads from inputs to outputs.
  mlir::OpBuilder::InsertionGuard guard(builder_);
  builder_.setInsertionPoint(target);
  mlir::OperationState state(locationOf(projection.name), spk::SynapseOp::getOperationName());
  state.addOperands(source);
  state.addAttribute("name", text(projection.name));
  state.addAttribute("weight", spk::floatResource(&context_, std::move(projection.weight),
                                                  spk::weightShape(projection.wiring), projection.name));
  if (const auto convolution = spk::convolutionAttr(&context_, projection.wiring))
    state.addAttribute("convolution", convolution);
  if (const auto places = spk::placesAttr(&context_, projection.wiring, projection.name))
    state.addAttribute("places", places);
  if (const auto delays = spk::delayElements(&context_, projection.delays, projection.wiring))
    state.addAttribute("delays", delays);
  if (!projection.bias.empty())
    state.addAttribute("bias", spk::floatElements(&context_, projection.bias, {targets}));
  if (const auto delays = spk::delayElements(&context_, projection.biasDelays, Wiring::dense(targets, 1)))
    state.addAttribute("bias_delays", delays);
  if (projection.delaySteps)
    state.addAttribute("float_delay", builder_.getI32IntegerAttr(projection.delaySteps));
  state.addTypes(spk::CurrentType::get(&context_, targets));
  auto synapse = llvm::cast<spk::SynapseOp>(builder_.create(state));
  target->insertOperands(target->getNumOperands(), synapse.getOutput());
}

Status NetworkBuilder::makeOutput(int index) {
  const Node& node = network_.nodes[index];
  llvm::SmallVector<mlir::Value> parts;
  for (const Edge& edge : network_.edges) {
    if (edge.target != index) continue;
    const Node& source = network_.nodes[edge.source];
    if (!neurons_.count(edge.source))
      return refuse(node, "output '" + node.name + "' reads '" + source.name + "', which is no neuron",
                    source.kind == "Delay"  // SPEC F23
                        ? "connect the neurons before '" + source.name +
                              "' to the output, and shift what you read; or put a Threshold behind it"
                        : "connect neurons to outputs; put a leaky integrator (LI) behind '" + source.name +
                              "' to read its sums");
    parts.push_back(values_[edge.source]);
  }
  if (parts.empty())
    return refuse(node, "output '" + node.name + "' reads nothing", "connect it, or remove it");
  if (parts.size() > 1)  // SPEC F4: it would be their sum, which no core forms
    return refuse(node,
                  "output '" + node.name + "' reads the sum of " + std::to_string(parts.size()) +
                      " populations, which no chip forms",
                  "give each population an output of its own, or sum them in a leaky integrator (LI)");
  mlir::OperationState state(locationOf(node.name), spk::OutputOp::getOperationName());
  state.addOperands(parts);
  state.addAttribute("name", text(node.name));
  state.addAttribute("shape", builder_.getDenseI64ArrayAttr(node.inputShape));
  builder_.create(state);
  return ok();
}

Expected<mlir::OwningOpRef<mlir::ModuleOp>> NetworkBuilder::build() {
  Expected<std::vector<FoldedProjection>> projections = foldProjections(network_);
  if (!projections) return std::move(projections).error();
  for (const Node& node : network_.nodes)
    if (spk::elementCount(node.outputShape) < 1)
      return refuse(node, "'" + node.name + "' has no elements, or more than 2^31 - 1", "check its shape");
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::ModuleOp::create(builder_.getUnknownLoc());
  builder_.setInsertionPointToEnd(module->getBody());
  spk::NetworkOp networkOp = makeNetwork();
  builder_.setInsertionPointToEnd(&networkOp.getBody().front());
  const int count = static_cast<int>(network_.nodes.size());
  for (int index = 0; index < count; ++index)
    if (network_.nodes[index].kind == "Input") makeInput(index);
  for (int index = 0; index < count; ++index)
    if (isNeuron(network_.nodes[index]))
      if (const Status made = makeNeuron(index); !made) return made.error();
  for (FoldedProjection& projection : *projections) makeSynapse(projection);
  for (int index = 0; index < count; ++index)
    if (network_.nodes[index].kind == "Output")
      if (const Status made = makeOutput(index); !made) return made.error();
  return module;
}

}  // namespace

Expected<mlir::OwningOpRef<mlir::ModuleOp>> fromNetwork(const Network& network, mlir::MLIRContext& context) {
  return NetworkBuilder(network, context).build();
}

}  // namespace rheo
