// spk operations to plain nets and back.
#include "passes/NetIo.h"

#include <map>
#include <set>

#include "algorithms/QuantSettings.h"
#include "algorithms/Registers.h"
#include "mlir/IR/Builders.h"
#include "support/Parallel.h"

namespace rheo {
namespace {

Error broken(llvm::StringRef where, std::string message) {
  Diagnostic diagnostic;
  diagnostic.code = "R0703";
  diagnostic.where = where.str();
  diagnostic.message = std::move(message);
  diagnostic.remedy = "see ir/README.md for what each stage holds";
  return Error::of(ErrorKind::Internal, std::move(diagnostic));
}

std::vector<std::int64_t> shapeOf(llvm::ArrayRef<std::int64_t> shape) { return {shape.begin(), shape.end()}; }

// Indices of the values of a network, and what float and fixed nets have in common.
class Reader {
 public:
  explicit Reader(spk::NetworkOp network) : network_(network) {
    for (mlir::Operation& op : network.getBody().front()) {
      if (auto input = llvm::dyn_cast<spk::InputOp>(op)) {
        sources_[input.getOutput()] = {true, static_cast<int>(inputs_++)};
      } else if (auto neuron = llvm::dyn_cast<spk::NeuronOp>(op)) {
        sources_[neuron.getOutput()] = {false, static_cast<int>(populations_++)};
      }
    }
  }

  template <class Net>
  void ports(Net& net) const {
    for (auto input : block().getOps<spk::InputOp>()) {
      const bool binary = input.getEncoding() == "binary";  // a spike is 1, whatever else is written
      const auto most = binary ? 1 : static_cast<std::int32_t>(input.getMaxPayload());
      const bool graded = input.getEncoding() == "graded";
      net.inputs.push_back({input.getName().str(), spk::sizeOf(input.getOutput().getType()),
                            shapeOf(input.getShape()), graded ? -most : 0, most});
    }
    for (auto output : block().getOps<spk::OutputOp>()) {
      OutputPort port{output.getName().str(), shapeOf(output.getShape()), {}};
      for (const mlir::Value part : output.getInputs()) port.populations.push_back(sources_.at(part).index);
      net.outputs.push_back(std::move(port));
    }
  }

  Source sourceOf(spk::SynapseOp synapse) const { return sources_.at(synapse.getSource()); }
  int targetOf(spk::SynapseOp synapse) const {
    auto neuron = llvm::cast<spk::NeuronOp>(*synapse.getOutput().getUsers().begin());
    return sources_.at(neuron.getOutput()).index;
  }

 private:
  mlir::Block& block() const { return spk::NetworkOp(network_).getBody().front(); }

  spk::NetworkOp network_;
  std::size_t inputs_ = 0, populations_ = 0;
  std::map<mlir::Value, Source, decltype([](mlir::Value a, mlir::Value b) {
             return a.getAsOpaquePointer() < b.getAsOpaquePointer();
           })>
      sources_;
};

Conventions conventionsOf(spk::NetworkOp network) {
  Conventions conventions;
  conventions.dt = network.getDt().convertToDouble();
  for (const ConventionRow& row : conventionRows())  // the verifier checked them
    if (const auto value = network.getConventions().getAs<mlir::StringAttr>(view(row.name)))
      row.setIn(conventions, row.find({value.data(), value.size()}).value_or(row.valueIn(conventions)));
  return conventions;
}

// Fills in what is large, several projections at a time: `fill(i, synapse)` of each reads attributes, makes
// none, and says whether it found the weights.
template <class Fill>
Status readLarge(spk::NetworkOp network, Fill fill) {
  std::vector<spk::SynapseOp> synapses;
  std::int64_t weights = 0;
  for (auto synapse : network.getBody().getOps<spk::SynapseOp>()) {
    synapses.push_back(synapse);
    if (const mlir::ElementsAttr elements = spk::elementsOf(synapse.getWeight()))
      weights += elements.getNumElements();
  }
  std::vector<char> lost(synapses.size());
  inParallel(threadsWorth(weights, kWeightsPerThread), synapses.size(),
             [&](std::size_t i) { lost[i] = !fill(i, synapses[i]); });
  for (std::size_t i = 0; i < lost.size(); ++i)
    if (lost[i])
      return broken(synapses[i].getName(), "'" + synapses[i].getName().str() + "' has lost its weights");
  return ok();
}

template <class T>
void readPlaces(spk::SynapseOp synapse, Connections<T>& connections) {
  connections.wiring = synapse.getWiring();
  if (synapse.getDelays())
    connections.delays = spk::fixedValues(*synapse.getDelays()).value_or(std::vector<std::int32_t>{});
}

// What is wrong with any population's parameters, in order.
Status setAllRegisters(FixedNet& net, const std::vector<std::vector<std::vector<std::int32_t>>>& parameters) {
  std::vector<Status> set(net.populations.size(), ok());
  std::int64_t neurons = 0;
  for (const FixedPopulation& population : net.populations) neurons += population.size;
  inParallel(threadsWorth(neurons, kNeuronsPerThread), set.size(),
             [&](std::size_t i) { set[i] = setRegisters(net.populations[i], parameters[i]); });
  std::vector<Diagnostic> found;
  for (const Status& status : set)
    if (!status)
      found.insert(found.end(), status.error().diagnostics.begin(), status.error().diagnostics.end());
  if (found.empty()) return ok();
  return Error{ErrorKind::Compile, std::move(found)};
}

// Operations that writeQuantized and writeFixed make and change.
class Writer {
 public:
  Writer(spk::NetworkOp network, const FixedNet& net)
      : network_(network), net_(net), builder_(network.getContext()) {
    for (mlir::Operation& op : network.getBody().front()) {
      if (auto input = llvm::dyn_cast<spk::InputOp>(op)) ports_[input.getName().str()] = input.getOutput();
      if (auto neuron = llvm::dyn_cast<spk::NeuronOp>(op)) neurons_[neuron.getName().str()] = neuron;
      if (auto synapse = llvm::dyn_cast<spk::SynapseOp>(op)) synapses_[synapse.getName().str()] = synapse;
    }
  }

  void run() {
    for (const FixedPopulation& population : net_.populations) writePopulation(population);
    removeOthers();
    for (const FixedProjection& projection : net_.projections) writeProjection(projection);
  }

 private:
  // Projections that have become several. SPEC W10
  void removeOthers() {
    std::set<std::string> names;
    for (const FixedProjection& projection : net_.projections) names.insert(projection.name);
    for (auto& [name, synapse] : synapses_)
      if (!names.contains(name)) remove(synapse);
  }

  void writePopulation(const FixedPopulation& population) {
    mlir::MLIRContext* context = network_.getContext();
    spk::NeuronOp& neuron = neurons_[population.name];
    if (!neuron) {
      builder_.setInsertionPoint(placeFor(population));
      neuron = spk::createNeuron(builder_, locationOf(population.name), *population.model, population.name,
                                 population.shape);
      if (population.hidden) neuron->setAttr("hidden", builder_.getUnitAttr());
    }
    if (&neuron.getModel() != population.model) replace(neuron, population);
    for (const models::FloatParameter& parameter : population.model->floatParameters)
      neuron.removeParameter(view(parameter.name));
    const std::vector<std::vector<std::int32_t>> parameters = stepParametersOf(population);
    for (std::size_t p = 0; p < parameters.size(); ++p)
      neuron.setParameter(
          view(population.model->fixedParameters[p].name),
          spk::fixedParameterElements(context, population.model->fixedParameters[p], parameters[p]));
    mlir::NamedAttrList scales;
    for (const auto& [state, values] : population.scales)
      scales.set(state, spk::floatElements(context, values, {static_cast<std::int64_t>(values.size())}));
    neuron.setScales(scales.getDictionary(context));
  }

  // So that the text reads from sources to outputs: what nothing reaches stands before all others, a partial
  // sum before its owner.
  mlir::Operation* placeFor(const FixedPopulation& population) {
    const auto is = [&](int index) {
      return &net_.populations[static_cast<std::size_t>(index)] == &population;
    };
    const auto& projections = net_.projections;
    if (std::any_of(projections.begin(), projections.end(), [&](const auto& p) { return is(p.target); }))
      for (const FixedProjection& projection : projections)
        if (!projection.source.input && is(projection.source.index))
          if (const spk::NeuronOp owner = neurons_[net_.populations[projection.target].name]) return owner;
    mlir::Operation* first = &network_.getBody().front().front();
    while (llvm::isa<spk::InputOp>(first)) first = first->getNextNode();
    return first;
  }

  // The population under another model: in the same place, between the same synapses.
  void replace(spk::NeuronOp& neuron, const FixedPopulation& population) {
    builder_.setInsertionPoint(neuron);
    spk::NeuronOp other = spk::createNeuron(builder_, neuron.getLoc(), *population.model, population.name,
                                            population.shape, neuron.getInputs());
    neuron.getOutput().replaceAllUsesWith(other.getOutput());
    neuron->erase();
    neuron = other;
  }

  void writeProjection(const FixedProjection& projection) {
    spk::SynapseOp& synapse = synapses_[projection.name];
    if (synapse && !joins(synapse, projection)) remove(synapse);
    if (!synapse) synapse = makeSynapse(projection);
    mlir::MLIRContext* context = network_.getContext();
    const Wiring& wiring = projection.weights.wiring;
    const bool sameLists = wiring.lists() && synapse.getPlaces() && synapse.getWiring() == wiring;
    synapse->setAttr("weight",
                     spk::fixedElements(context, projection.weights.values, spk::weightShape(wiring), 9,
                                        projection.exponent, true, projection.name));
    setOrRemove(synapse, "convolution", spk::convolutionAttr(context, wiring));
    if (!sameLists)  // which are large
      setOrRemove(synapse, "places", spk::placesAttr(context, wiring, projection.name));
    setOrRemove(synapse, "delays", spk::delayElements(context, projection.weights.delays, wiring));
    synapse->setAttr("float_delay", builder_.getI32IntegerAttr(projection.delaySteps));
    synapse->removeAttr("bias");
    synapse->removeAttr("bias_delays");
    synapse->setAttr("sign_mode", builder_.getStringAttr(signModeName(projection.signMode)));
    synapse->setAttr("weight_bits", builder_.getI32IntegerAttr(projection.weightBits));
  }

  bool joins(spk::SynapseOp synapse, const FixedProjection& projection) const {
    auto target = llvm::cast<spk::NeuronOp>(*synapse.getOutput().getUsers().begin());
    return target.getName() == net_.populations[projection.target].name;
  }

  static void remove(spk::SynapseOp& synapse) {
    mlir::OpOperand& use = *synapse.getOutput().getUses().begin();
    use.getOwner()->eraseOperand(use.getOperandNumber());
    synapse->erase();
    synapse = nullptr;
  }

  static void setOrRemove(mlir::Operation* op, llvm::StringRef name, mlir::Attribute value) {
    if (value)
      op->setAttr(name, value);
    else
      op->removeAttr(name);
  }

  spk::SynapseOp makeSynapse(const FixedProjection& projection) {
    spk::NeuronOp target = neurons_[net_.populations[projection.target].name];
    const mlir::Value source = projection.source.input
                                   ? ports_[net_.inputs[projection.source.index].name]
                                   : neurons_[net_.populations[projection.source.index].name].getOutput();
    builder_.setInsertionPoint(target);
    mlir::OperationState state(locationOf(projection.name), spk::SynapseOp::getOperationName());
    state.addOperands(source);
    state.addAttribute("name", builder_.getStringAttr(projection.name));
    state.addAttribute("weight",
                       spk::floatElements(network_.getContext(), 0.0, {1, 1}));  // set by the caller
    state.addTypes(spk::CurrentType::get(network_.getContext(), target.getInputSize()));
    auto synapse = llvm::cast<spk::SynapseOp>(builder_.create(state));
    target->insertOperands(target->getNumOperands(), synapse.getOutput());
    return synapse;
  }

  mlir::Location locationOf(llvm::StringRef name) { return mlir::NameLoc::get(builder_.getStringAttr(name)); }

  spk::NetworkOp network_;
  const FixedNet& net_;
  mlir::OpBuilder builder_;
  std::map<std::string, mlir::Value> ports_;
  std::map<std::string, spk::NeuronOp> neurons_;
  std::map<std::string, spk::SynapseOp> synapses_;
};

void append(spk::NetworkOp network, llvm::StringRef attribute, mlir::Attribute entry) {
  llvm::SmallVector<mlir::Attribute> all;
  if (const auto known = network->getAttrOfType<mlir::ArrayAttr>(attribute))
    all.assign(known.begin(), known.end());
  all.push_back(entry);
  network->setAttr(attribute, mlir::ArrayAttr::get(network.getContext(), all));
}

}  // namespace

llvm::StringRef view(std::string_view text) { return {text.data(), text.size()}; }

Expected<const Profile*> profileOf(spk::NetworkOp network) {
  if (const Profile* profile = findProfile(network.getProfile().value_or("").str())) return profile;
  return broken({}, "the network names no arithmetic profile");
}

Expected<spk::NetworkOp> networkIn(mlir::ModuleOp module, llvm::StringRef stage) {
  auto networks = module.getOps<spk::NetworkOp>();
  if (std::distance(networks.begin(), networks.end()) != 1 || (*networks.begin()).getStage() != stage)
    return broken({}, ("this pass needs one spk.network in the stage '" + stage + "'").str());
  return *networks.begin();
}

Expected<FloatNet> readFloat(spk::NetworkOp network) {
  const Reader reader(network);
  FloatNet net;
  net.name = network.getSymName().str();
  net.conventions = conventionsOf(network);
  reader.ports(net);
  for (mlir::Operation& op : network.getBody().front()) {
    if (auto neuron = llvm::dyn_cast<spk::NeuronOp>(op)) {
      FloatPopulation population{
          neuron.getName().str(), &neuron.getModel(), neuron.getSize(), shapeOf(neuron.getShape()), {}};
      if (spk::isExact(neuron))
        for (const models::FixedParameter& parameter : neuron.getModel().fixedParameters)
          population.exact.push_back(spk::fixedParameter(neuron, parameter));
      for (const models::FloatParameter& parameter : neuron.getModel().floatParameters)
        if (auto values = spk::floatValues(neuron.getParameter(view(parameter.name))))
          population.parameters[std::string(parameter.name)] = std::move(*values);
      net.populations.push_back(std::move(population));
    } else if (auto synapse = llvm::dyn_cast<spk::SynapseOp>(op)) {
      FloatProjection projection;
      projection.name = synapse.getName().str();
      projection.source = reader.sourceOf(synapse);
      projection.target = reader.targetOf(synapse);
      projection.delaySteps = static_cast<int>(synapse.getFloatDelay());
      if (synapse.getBias()) projection.bias = spk::floatValues(*synapse.getBias()).value_or(projection.bias);
      if (synapse.getBiasDelays())
        projection.biasDelays = spk::fixedValues(*synapse.getBiasDelays()).value_or(projection.biasDelays);
      net.projections.push_back(std::move(projection));
    }
  }
  const Status read = readLarge(network, [&](std::size_t i, spk::SynapseOp synapse) {
    FloatProjection& projection = net.projections[i];
    readPlaces(synapse, projection.weights);
    if (const auto lent = spk::floatsInPlace(synapse.getWeight())) {
      projection.lent = {lent->data(), lent->size()};
      return true;
    }
    std::optional<std::vector<double>> values = spk::floatValues(synapse.getWeight());
    if (values) projection.weights.values = *std::move(values);
    return values.has_value();
  });
  if (!read) return read.error();
  return net;
}

Expected<FixedNet> readFixed(spk::NetworkOp network) {
  const Reader reader(network);
  FixedNet net;
  net.name = network.getSymName().str();
  net.dt = network.getDt().convertToDouble();
  reader.ports(net);
  std::vector<std::vector<std::vector<std::int32_t>>> parameters;  // [population][parameter][neuron]
  for (mlir::Operation& op : network.getBody().front()) {
    if (auto neuron = llvm::dyn_cast<spk::NeuronOp>(op)) {
      FixedPopulation population;
      population.name = neuron.getName().str();
      population.model = &neuron.getModel();
      population.size = neuron.getSize();
      population.shape = shapeOf(neuron.getShape());
      population.lag = static_cast<int>(neuron.getLag().value_or(0));
      population.hidden = neuron.getHidden();
      net.lag = std::max(net.lag, population.lag);
      if (const mlir::DictionaryAttr scales = neuron.getScales())
        for (const mlir::NamedAttribute& entry : scales)
          population.scales[entry.getName().str()] =
              spk::floatValues(entry.getValue()).value_or(std::vector<double>{});
      std::vector<std::vector<std::int32_t>>& columns = parameters.emplace_back();
      for (const models::FixedParameter& parameter : population.model->fixedParameters)
        columns.push_back(spk::fixedParameter(neuron, parameter));
      net.populations.push_back(std::move(population));
    } else if (auto synapse = llvm::dyn_cast<spk::SynapseOp>(op)) {
      FixedProjection projection;
      projection.name = synapse.getName().str();
      projection.source = reader.sourceOf(synapse);
      projection.target = reader.targetOf(synapse);
      projection.delaySteps = static_cast<int>(synapse.getFloatDelay());
      projection.axonDelay = static_cast<int>(synapse.getDelay());
      projection.weightBits = static_cast<int>(synapse.getWeightBits().value_or(8));
      projection.exponent = synapse.getWeightExponent();
      projection.signMode = signModeNamed(synapse.getSignMode().value_or("mixed")).value_or(SignMode::Mixed);
      net.projections.push_back(std::move(projection));
    }
  }
  const Status read = readLarge(network, [&](std::size_t i, spk::SynapseOp synapse) {
    Connections<std::int32_t>& weights = net.projections[i].weights;
    readPlaces(synapse, weights);
    std::optional<std::vector<std::int32_t>> values = spk::fixedValues(synapse.getWeight());
    if (values) weights.values = *std::move(values);
    return values.has_value();
  });
  if (!read) return read.error();
  if (Status set = setAllRegisters(net, parameters); !set) return set.error();
  return net;
}

Expected<FixedStage> readFixedStage(mlir::ModuleOp module, llvm::StringRef stage) {
  Expected<spk::NetworkOp> network = networkIn(module, stage);
  if (!network) return std::move(network).error();
  Expected<const Profile*> profile = profileOf(*network);
  if (!profile) return std::move(profile).error();
  Expected<FixedNet> net = readFixed(*network);
  if (!net) return std::move(net).error();
  return FixedStage{*network, *profile, *std::move(net)};
}

void writeQuantized(spk::NetworkOp network, const FixedNet& net, llvm::StringRef profile) {
  Writer(network, net).run();
  network.setStage("quant");
  network.setProfile(profile);
}

void writeFixed(spk::NetworkOp network, const FixedNet& net) { Writer(network, net).run(); }

void addAssumption(spk::NetworkOp network, const Assumption& assumption) {
  mlir::Builder builder(network.getContext());
  append(
      network, "assumptions",
      spk::AssumptionAttr::get(network.getContext(), builder.getStringAttr(assumption.what),
                               builder.getStringAttr(assumption.value), builder.getStringAttr(assumption.why),
                               builder.getStringAttr(assumption.howToChange), assumption.warning));
}

void addRewrite(spk::NetworkOp network, llvm::StringRef rule, llvm::StringRef origin,
                llvm::StringRef witness) {
  mlir::Builder builder(network.getContext());
  append(network, "rewrites",
         spk::RewriteAttr::get(network.getContext(), builder.getStringAttr(rule),
                               builder.getStringAttr(origin), builder.getStringAttr(witness)));
}

}  // namespace rheo
