// Folds chains of stateless nodes to one linear map and one bias.
#include "ir/Projections.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "ir/LinearMap.h"
#include "models/Model.h"
#include "network/ConvolutionNodes.h"
#include "network/DelayNodes.h"
#include "network/Delays.h"

namespace rheo {
namespace {

Diagnostic refusal(const Node& node, const char* code, std::string message, std::string remedy) {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.message = std::move(message);
  diagnostic.where = node.name;
  diagnostic.remedy = std::move(remedy);
  return diagnostic;
}

Error refuse(const Node& node, std::string message, std::string remedy) {
  return Error::of(ErrorKind::Compile, refusal(node, "R0701", std::move(message), std::move(remedy)));
}

// A delay for each element; none at all where all are 0.
using Steps = std::vector<std::int32_t>;

std::int32_t at(const Steps& steps, std::int64_t i) {
  return steps.empty() ? 0 : steps[static_cast<std::size_t>(i)];
}

void add(Steps& steps, const Steps& more) {
  if (more.empty()) return;
  steps.resize(more.size());
  for (std::size_t i = 0; i < more.size(); ++i) steps[i] += more[i];
}

// Takes out what all of them have.
std::int32_t takeLeast(Steps& steps) {
  if (steps.empty()) return 0;
  const std::int32_t least = *std::min_element(steps.begin(), steps.end());
  for (std::int32_t& step : steps) step -= least;
  if (std::all_of(steps.begin(), steps.end(), [](std::int32_t step) { return step == 0; })) steps.clear();
  return least;
}

// An affine map of one source's spikes.
struct Term {
  int source = -1;
  int delaySteps = 0;
  LinearMap map;
  Steps inputs, outputs;  // what Delay nodes add before and behind the map. SPEC F23
  std::map<std::int32_t, LinearMap::Vector> biases;  // by the step from which they act
  std::vector<std::string> chain;

  void addBias(std::int32_t start, const LinearMap::Vector& values) {
    const auto [entry, fresh] = biases.try_emplace(start, values);
    if (!fresh) entry->second += values;
  }
  // A delayed edge hands on nothing of the steps before, biases neither. SPEC F5, F21
  void startLater(int steps) {
    std::map<std::int32_t, LinearMap::Vector> later;
    for (auto& [start, values] : biases) later.emplace(start + steps, std::move(values));
    biases = std::move(later);
  }
  template <class Change>
  void changeBiases(Change change) {
    for (auto& [start, values] : biases) values = change(values);
  }
};

class Folder {
 public:
  explicit Folder(const Network& network)
      : network_(network), incoming_(network.nodes.size()), leaving_(network.nodes.size()) {
    for (const Edge& edge : network.edges) {
      incoming_[edge.target].push_back(&edge);
      ++leaving_[edge.source];
    }
  }

  // What flows into `target`, one term for each incoming edge and source behind it.
  Expected<std::vector<Term>> into(int target);

 private:
  Expected<std::vector<Term>> outOf(int index);
  static Expected<std::vector<Term>> merged(const Node& node, std::vector<Term> terms);
  Status apply(const Node& node, std::vector<Term>& terms) const;
  static Status scale(const Node& node, std::vector<Term>& terms);
  static Status multiply(const Node& node, std::vector<Term>& terms);
  static Status convolve(const Node& node, std::vector<Term>& terms);
  static Status addBias(const Node& node, std::vector<Term>& terms);
  static Status delay(const Node& node, std::vector<Term>& terms);
  static Status delaysFirst(const Node& node, std::vector<Term>& terms);
  Status wait(const Node& node, std::vector<Term>& terms) const;

  const Network& network_;
  std::vector<std::vector<const Edge*>> incoming_;
  std::vector<int> leaving_;  // edges out of each node
  std::map<int, std::vector<Term>> done_;
  std::set<int> open_;
};

Expected<std::vector<Term>> Folder::into(int target) {
  std::vector<Term> terms;
  for (const Edge* edge : incoming_[target]) {
    Expected<std::vector<Term>> behind = outOf(edge->source);
    if (!behind) return std::move(behind).error();
    for (Term& term : *behind) {
      term.delaySteps += edge->delaySteps;
      term.startLater(edge->delaySteps);
      terms.push_back(std::move(term));
    }
  }
  return terms;
}

Error tooLarge(const Node& node) {
  return refuse(node,
                fmt::format("the nodes before '{}' do not stay a convolution with it, and as one matrix they "
                            "have more than {} weights",
                            node.name, fmt::group_digits(kMostPairs)),
                "put neurons between them, or scale every position of a channel alike");
}

// Parallel ways from one source to a stateless node are added up, so that the number of terms stays small.
Expected<std::vector<Term>> Folder::merged(const Node& node, std::vector<Term> terms) {
  std::vector<Term> result;
  for (Term& term : terms) {
    Term* same = nullptr;
    for (Term& other : result)
      if (other.source == term.source && other.delaySteps == term.delaySteps && other.inputs == term.inputs &&
          other.outputs == term.outputs && !term.map.delayed() && !other.map.delayed())
        same = &other;
    if (!same) {
      result.push_back(std::move(term));
      continue;
    }
    std::optional<LinearMap> sum = same->map.plus(term.map);
    if (!sum) return tooLarge(node);
    same->map = *std::move(sum);
    for (const auto& [start, values] : term.biases) same->addBias(start, values);
    same->chain.insert(same->chain.end(), term.chain.begin(), term.chain.end());
  }
  return result;
}

Expected<std::vector<Term>> Folder::outOf(int index) {
  const Node& node = network_.nodes[index];
  if (node.kind == "Input" || isNeuron(node)) {
    const models::ModelTable* model = models::findNodeModel(node.kind).model;
    if (model && !model->spiking)
      return refuse(node, "'" + node.name + "' never spikes, but its potential feeds other nodes",
                    "connect '" + node.name + "' to outputs only, or give it a model that spikes");
    Term term;
    term.source = index;
    term.map = LinearMap::identity(node.outputSize());
    return std::vector<Term>{std::move(term)};
  }
  if (const auto known = done_.find(index); known != done_.end()) return known->second;
  if (!open_.insert(index).second)
    return refuse(node, "'" + node.name + "' lies on a cycle without a neuron",
                  "put a neuron on the cycle, or remove it");
  Expected<std::vector<Term>> terms = into(index);
  if (!terms) return terms;
  if (terms->empty())
    return refuse(node, "nothing flows into '" + node.name + "'", "connect it, or remove it");
  terms = merged(node, *std::move(terms));
  if (!terms) return terms;
  if (const Status applied = apply(node, *terms); !applied) return applied.error();
  open_.erase(index);
  if (leaving_[index] > 1) done_[index] = *terms;
  return terms;
}

// SPEC F6 to F9, F15 to F17, F23.
Status Folder::apply(const Node& node, std::vector<Term>& terms) const {
  const bool matrix = node.kind == "Linear" || node.kind == "Affine";
  if (delaysOf(node).any())
    for (const Term& term : terms)
      if (!term.map.isIdentity())
        return refuse(node, "'" + node.name + "' has delays and follows '" + term.chain.back() + "'",
                      "give delays to nodes that read neurons or inputs directly");
  if (node.kind != "Flatten" && node.kind != "Delay")  // which keep each element
    for (const Term& term : terms)
      if (term.map.delayed())
        return refuse(node, "'" + node.name + "' follows a node with delays, which are a synapse's own",
                      "put neurons between them, or the delays into the last node before the neurons");
  if (matrix || hasWindow(node.kind))
    if (Status done = delaysFirst(node, terms); !done) return done;
  if (Status done = matrix                 ? multiply(node, terms)
                    : hasWindow(node.kind) ? convolve(node, terms)
                    : node.kind == "Scale" ? scale(node, terms)
                    : node.kind == "Delay" ? wait(node, terms)
                    : node.kind == "Flatten"
                        ? ok()
                        : Status(refuse(node,
                                        "'" + node.name + "' is a " + node.kind +
                                            ", which has no counterpart between populations",
                                        "use Linear, Affine, convolution, pooling, Scale, Delay and Flatten "
                                        "nodes between neurons"));
      !done)
    return done;
  if (Status done = delay(node, terms); !done) return done;
  for (Term& term : terms) term.chain.push_back(node.name);
  return ok();
}

Status Folder::scale(const Node& node, std::vector<Term>& terms) {
  const std::int64_t size = node.inputSize();
  const auto scale = node.parameters.find("scale");
  if (scale == node.parameters.end() || (scale->second.size() != 1 && scale->second.size() != size))
    return refuse(node,
                  "'" + node.name + "' needs a scale for each of its " + std::to_string(size) + " elements",
                  "give 'scale' one value, or one for each element");
  LinearMap::Vector factors = LinearMap::Vector::Constant(size, scale->second.values[0]);
  if (scale->second.size() == size)
    factors = Eigen::Map<const LinearMap::Vector>(scale->second.values.data(), size);
  for (Term& term : terms) {
    std::optional<LinearMap> scaled = term.map.scaled(factors);
    if (!scaled) return tooLarge(node);
    term.map = *std::move(scaled);
    term.changeBiases([&](const auto& bias) { return LinearMap::Vector(factors.cwiseProduct(bias)); });
  }
  return ok();
}

Status Folder::multiply(const Node& node, std::vector<Term>& terms) {
  const std::int64_t inputs = node.inputSize(), outputs = node.outputSize();
  const auto weight = node.parameters.find("weight");
  if (weight == node.parameters.end() || weight->second.shape != std::vector<std::int64_t>{outputs, inputs})
    return refuse(node, fmt::format("'{}' needs a weight [{}, {}]", node.name, outputs, inputs),
                  "check the shape of 'weight'");
  const LinearMap::MatrixView matrix(weight->second.values.data(), outputs, inputs);
  for (Term& term : terms) {
    std::optional<LinearMap> product = term.map.then(matrix);
    if (!product) return tooLarge(node);
    term.map = *std::move(product);
    term.changeBiases([&](const auto& bias) { return LinearMap::Vector(matrix * bias); });
  }
  return addBias(node, terms);
}

Status Folder::convolve(const Node& node, std::vector<Term>& terms) {
  const Convolution convolution = convolutionOf(node);
  const LinearMap::Kernel kernel{convolution, kernelOf(node, convolution), isTransposed(node.kind)};
  for (Term& term : terms) {
    std::optional<LinearMap> product = term.map.then(kernel);
    if (!product) return tooLarge(node);
    term.map = *std::move(product);
    term.changeBiases([&](const auto& bias) { return kernel * bias; });
  }
  return addBias(node, terms);
}

// Added once, however many sources meet here: one value for each channel of a convolution, or row of a
// matrix.
Status Folder::addBias(const Node& node, std::vector<Term>& terms) {
  if (node.kind == "Linear") return ok();
  const auto bias = node.parameters.find("bias");
  if (bias == node.parameters.end()) {
    if (node.kind != "Affine") return ok();
    return refuse(node, "'" + node.name + "' lacks a bias", "store one value for each output");
  }
  const std::int64_t outputs = node.outputSize();
  const std::int64_t values = node.outputShape[0];
  if (bias->second.size() != values)
    return refuse(node,
                  "'" + node.name + "' needs a bias for each of its " + std::to_string(values) + " outputs",
                  "check the shape of 'bias'");
  const Eigen::Map<const LinearMap::Vector> given(bias->second.values.data(), values);
  LinearMap::Vector all(outputs);
  for (std::int64_t i = 0; i < outputs; ++i) all[i] = given[i * values / outputs];
  terms[0].addBias(0, all);
  return ok();
}

// The delay of each stored value, from its own and those of its ends; nullopt where synapses that share a
// value differ. A value that no synapse has gets the least.
std::optional<Steps> delaysOfValues(const Wiring& wiring, const Steps& own, const Steps& inputs,
                                    const Steps& outputs) {
  constexpr std::int32_t kUnused = -1;
  Steps steps(static_cast<std::size_t>(wiring.valueCount()), kUnused);
  bool agree = true;
  for (std::int64_t source = 0; source < wiring.sources(); ++source)
    wiring.targetsOf(source, [&](std::int64_t target, std::int64_t index) {
      std::int32_t& step = steps[static_cast<std::size_t>(index)];
      const std::int32_t wanted = at(own, index) + at(inputs, source) + at(outputs, target);
      agree = agree && (step == kUnused || step == wanted);
      step = wanted;
    });
  if (!agree) return std::nullopt;
  std::int32_t least = std::numeric_limits<std::int32_t>::max();
  bool used = false;  // all windows may lie in the padding
  for (const std::int32_t step : steps)
    if (step != kUnused) least = std::min(least, step), used = true;
  std::replace(steps.begin(), steps.end(), kUnused, used ? least : 0);
  return steps;
}

// Delays of all pairs, as a file has them, of the synapses that there are.
Steps onLists(const Steps& ofPairs, const Wiring& wiring) {
  if (static_cast<std::int64_t>(ofPairs.size()) != wiring.targets() * wiring.sources()) return ofPairs;
  Steps steps;
  for (std::int64_t target = 0; target < wiring.targets(); ++target)
    wiring.sourcesOf(target, [&](std::int64_t source, std::int64_t) {
      steps.push_back(at(ofPairs, target * wiring.sources() + source));
    });
  return steps;
}

// SPEC F18.
Status Folder::delay(const Node& node, std::vector<Term>& terms) {
  const Delays delays = delaysOf(node);
  if (!delays.any()) return ok();
  for (Term& term : terms) {
    term.map = term.map.withPairs();  // settings may pin weights that are 0 here
    const Wiring& wiring = term.map.wiring();
    const Steps own = wiring.lists() ? onLists(delays.synapses, wiring) : delays.synapses;
    if (!own.empty() && static_cast<std::int64_t>(own.size()) != wiring.valueCount())
      return refuse(node, "'" + node.name + "' repeats its matrix, and with it delays of single weights",
                    "flatten its input, or give one delay for each row or column");
    std::optional<Steps> steps = delaysOfValues(wiring, own, delays.inputs, delays.outputs);
    term.map = term.map.delayedBy(*std::move(steps));  // of channels, which share all values that they share
  }
  return ok();
}

// SPEC F23. A bias, too, comes out of a Delay later.
Status Folder::wait(const Node& node, std::vector<Term>& terms) const {
  const Steps steps = delaySteps(node, network_.conventions.dt);
  for (Term& term : terms) {
    std::map<std::int32_t, LinearMap::Vector> biases;
    std::swap(biases, term.biases);
    for (const auto& [start, values] : biases)
      for (Eigen::Index i = 0; i < values.size(); ++i) {
        const std::int32_t from = start + at(steps, i);
        const auto entry = term.biases.try_emplace(from, LinearMap::Vector::Zero(values.size())).first;
        entry->second[i] = values[i];
      }
    add(term.outputs, steps);
    term.delaySteps += takeLeast(term.outputs);
  }
  return ok();
}

// What mixes its inputs takes delayed ones only where the delays can be told from the sources.
Status Folder::delaysFirst(const Node& node, std::vector<Term>& terms) {
  for (Term& term : terms) {
    if (term.outputs.empty()) continue;
    if (!term.map.isElementwise())
      return refuse(node,
                    "'" + node.name + "' follows '" + term.chain.back() +
                        "', behind which sums of several neurons wait differently long",
                    "put neurons between them, or let the Delay be the same for all of its elements");
    add(term.inputs, term.outputs);
    term.outputs.clear();
  }
  return ok();
}

Error tooLong(const Node& node, std::int32_t steps) {
  Diagnostic diagnostic = refusal(
      node, "R0418",
      fmt::format(
          "some of what reaches '{}' waits {} steps longer than other values beside it; a synapse has "
          "at most {}",
          node.name, steps, kMaxDelay),
      "shorten the longest delays, or give each of them a population of its own");
  diagnostic.value = steps;
  diagnostic.limit = kMaxDelay;
  diagnostic.limitSource = "SPEC T7";
  return Error::of(ErrorKind::Compile, std::move(diagnostic));
}

// Delays at the ends of a map become those of its values. SPEC F23, T7.
Status settleDelays(const Node& node, Term& term) {
  if (term.inputs.empty() && term.outputs.empty()) return ok();
  if (!term.map.delayed()) term.map = term.map.withPairs();
  const auto settled = [&] {
    return delaysOfValues(term.map.wiring(), term.map.delays(), term.inputs, term.outputs);
  };
  std::optional<Steps> steps = settled();
  if (!steps) {
    std::optional<LinearMap> pairs = term.map.unfolded();
    if (!pairs) return tooLarge(node);
    term.map = *std::move(pairs);
    steps = settled();
  }
  term.delaySteps += takeLeast(*steps);
  const std::int32_t most = steps->empty() ? 0 : *std::max_element(steps->begin(), steps->end());
  if (most > kMaxDelay) return tooLong(node, most);
  term.map = term.map.delayedBy(*std::move(steps));
  return ok();
}

// A neuron holds one bias, which starts once.
Status settleBiases(const Node& node, const Term& term, FoldedProjection& projection) {
  for (const auto& [start, values] : term.biases) {
    if (projection.bias.empty()) projection.bias.resize(static_cast<std::size_t>(values.size()));
    if (start > 0) projection.biasDelays.resize(projection.bias.size());
    for (std::size_t i = 0; i < projection.bias.size(); ++i) {
      const double value = values[static_cast<Eigen::Index>(i)];
      if (value == 0) continue;
      if (projection.bias[i] != 0)
        return refuse(
            node,
            fmt::format("neuron {} of '{}' receives biases that start in different steps", i, node.name),
            "put neurons between the Affine nodes, or keep the bias behind the Delay alone");
      if (start > kMaxDelay) return tooLong(node, start);
      projection.bias[i] = value;
      if (start > 0) projection.biasDelays[i] = start;
    }
  }
  return ok();
}

}  // namespace

bool isNeuron(const Node& node) { return node.stateful(); }

Expected<std::vector<FoldedProjection>> foldProjections(const Network& network) {
  Folder folder(network);
  std::vector<FoldedProjection> projections;
  std::map<std::string, int> uses;
  for (int target = 0; target < static_cast<int>(network.nodes.size()); ++target) {
    const Node& node = network.nodes[target];
    if (!isNeuron(node)) continue;
    Expected<std::vector<Term>> terms = folder.into(target);
    if (!terms) return std::move(terms).error();
    for (Term& term : *terms) {
      if (Status settled = settleDelays(node, term); !settled) return settled.error();
      const Node& source = network.nodes[term.source];
      const std::int64_t sources = source.outputSize();
      const std::int64_t targets = node.inputSize();
      if (term.map.outputs() != targets || term.map.inputs() != sources)
        return refuse(node,
                      "the connection from '" + source.name + "' to '" + node.name + "' makes " +
                          std::to_string(term.map.outputs()) + " currents for " + std::to_string(targets) +
                          " neurons",
                      "check the shapes of the nodes between them");
      FoldedProjection projection;
      for (const std::string& name : term.chain)
        projection.name += (projection.name.empty() ? "" : "+") + name;
      if (projection.name.empty()) projection.name = source.name + "->" + node.name;
      ++uses[projection.name];
      projection.source = term.source;
      projection.target = target;
      projection.delaySteps = term.delaySteps;
      projection.wiring = term.map.wiring();
      projection.delays = term.map.delays();
      projection.weight = std::move(term.map).values();
      if (Status settled = settleBiases(node, term, projection); !settled) return settled.error();
      projections.push_back(std::move(projection));
    }
  }
  // A chain that several populations share is told apart by its ends.
  for (FoldedProjection& projection : projections)
    if (uses[projection.name] > 1)
      projection.name +=
          "[" + network.nodes[projection.source].name + "->" + network.nodes[projection.target].name + "]";
  return projections;
}

}  // namespace rheo
