// Multiplies chains of Linear, Affine, Scale and Flatten nodes to one matrix and one bias.
#include "ir/Projections.h"

#include <Eigen/Core>
#include <map>
#include <optional>
#include <set>

#include "models/Model.h"

namespace rheo {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using MatrixView = Eigen::Map<const Matrix>;

std::int64_t sizeOf(const std::vector<std::int64_t>& shape) {
  std::int64_t size = 1;
  for (const std::int64_t extent : shape) size *= extent;
  return size;
}

Error refuse(const Node& node, std::string message, std::string remedy) {
  Diagnostic diagnostic;
  diagnostic.code = "R0701";
  diagnostic.message = std::move(message);
  diagnostic.where = node.name;
  diagnostic.remedy = std::move(remedy);
  return Error::of(ErrorKind::Compile, std::move(diagnostic));
}

// An affine map of one source's spikes. `identity` spares the matrix of a bare connection.
struct Term {
  int source = -1;
  int delaySteps = 0;
  bool identity = true;
  Matrix weight;
  std::optional<Eigen::VectorXd> bias;
  std::vector<std::string> chain;
};

Matrix weightOf(const Term& term, std::int64_t size) {
  return term.identity ? Matrix(Matrix::Identity(size, size)) : term.weight;
}

class Folder {
 public:
  explicit Folder(const Network& network) : network_(network), incoming_(network.nodes.size()) {
    for (const Edge& edge : network.edges) incoming_[edge.target].push_back(&edge);
  }

  // What flows into `target`, one term for each incoming edge and source behind it.
  Expected<std::vector<Term>> into(int target);

 private:
  Expected<std::vector<Term>> outOf(int index);
  Expected<std::vector<Term>> merged(std::vector<Term> terms, std::int64_t size);
  Status apply(const Node& node, std::vector<Term>& terms);
  Status applyMatrix(const Node& node, std::vector<Term>& terms);

  const Network& network_;
  std::vector<std::vector<const Edge*>> incoming_;
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
      terms.push_back(std::move(term));
    }
  }
  return terms;
}

// Parallel ways from one source to a stateless node are added up, so that the number of terms stays small.
Expected<std::vector<Term>> Folder::merged(std::vector<Term> terms, std::int64_t size) {
  std::vector<Term> result;
  for (Term& term : terms) {
    Term* same = nullptr;
    for (Term& other : result)
      if (other.source == term.source && other.delaySteps == term.delaySteps) same = &other;
    if (!same) {
      result.push_back(std::move(term));
      continue;
    }
    same->weight = weightOf(*same, size) + weightOf(term, size);
    same->identity = false;
    if (term.bias) same->bias = same->bias ? Eigen::VectorXd(*same->bias + *term.bias) : *term.bias;
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
  terms = merged(std::move(*terms), sizeOf(node.inputShape));
  if (!terms) return terms;
  if (const Status applied = apply(node, *terms); !applied) return applied.error();
  open_.erase(index);
  done_[index] = *terms;
  return terms;
}

// SPEC F6 to F9.
Status Folder::apply(const Node& node, std::vector<Term>& terms) {
  const std::int64_t size = sizeOf(node.inputShape);
  if (node.kind == "Linear" || node.kind == "Affine") {
    if (const Status applied = applyMatrix(node, terms); !applied) return applied;
  } else if (node.kind == "Scale") {
    const auto scale = node.parameters.find("scale");
    if (scale == node.parameters.end() || (scale->second.size() != 1 && scale->second.size() != size))
      return refuse(node,
                    "'" + node.name + "' needs a scale for each of its " + std::to_string(size) + " elements",
                    "give 'scale' one value, or one for each element");
    Eigen::VectorXd factors = Eigen::VectorXd::Constant(size, scale->second.values[0]);
    if (scale->second.size() == size)
      factors = Eigen::Map<const Eigen::VectorXd>(scale->second.values.data(), size);
    for (Term& term : terms) {
      term.weight = factors.asDiagonal() * weightOf(term, size);
      term.identity = false;
      if (term.bias) term.bias = Eigen::VectorXd(factors.cwiseProduct(*term.bias));
    }
  } else if (node.kind != "Flatten") {  // Flatten keeps the row-major order
    return refuse(node,
                  "'" + node.name + "' is a " + node.kind + ", which has no counterpart between populations",
                  "use Linear, Affine, Scale and Flatten nodes between neurons");
  }
  for (Term& term : terms) term.chain.push_back(node.name);
  return ok();
}

Status Folder::applyMatrix(const Node& node, std::vector<Term>& terms) {
  const std::int64_t size = sizeOf(node.inputShape);
  const auto weight = node.parameters.find("weight");
  if (weight == node.parameters.end() || weight->second.shape.size() != 2 || weight->second.shape[1] < 1 ||
      size % weight->second.shape[1] != 0)
    return refuse(node,
                  "'" + node.name + "' needs a weight [outputs, inputs] that divides its " +
                      std::to_string(size) + " elements",
                  "check the shape of 'weight'");
  const std::int64_t outputs = weight->second.shape[0];
  const std::int64_t inputs = weight->second.shape[1];
  const std::int64_t blocks = size / inputs;  // the last axis is transformed
  const MatrixView matrix(weight->second.values.data(), outputs, inputs);
  for (Term& term : terms) {
    if (term.identity && blocks == 1) {
      term.weight = matrix;
    } else {
      const Matrix before = weightOf(term, size);
      Matrix after(blocks * outputs, before.cols());
      for (std::int64_t block = 0; block < blocks; ++block)
        after.middleRows(block * outputs, outputs).noalias() =
            matrix * before.middleRows(block * inputs, inputs);
      term.weight = std::move(after);
    }
    term.identity = false;
    if (term.bias) {
      Eigen::VectorXd after(blocks * outputs);
      for (std::int64_t block = 0; block < blocks; ++block)
        after.segment(block * outputs, outputs) = matrix * term.bias->segment(block * inputs, inputs);
      term.bias = std::move(after);
    }
  }
  if (node.kind == "Linear") return ok();
  const auto bias = node.parameters.find("bias");
  if (bias == node.parameters.end() || bias->second.size() != outputs)
    return refuse(node,
                  "'" + node.name + "' needs a bias for each of its " + std::to_string(outputs) + " outputs",
                  "check the shape of 'bias'");
  // Added once, however many sources meet here.
  const Eigen::Map<const Eigen::VectorXd> values(bias->second.values.data(), outputs);
  Eigen::VectorXd all = values.replicate(blocks, 1);
  terms[0].bias = terms[0].bias ? Eigen::VectorXd(*terms[0].bias + all) : all;
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
      const Node& source = network.nodes[term.source];
      const std::int64_t sources = sizeOf(source.outputShape);
      const std::int64_t targets = sizeOf(node.inputShape);
      const Matrix weight = weightOf(term, sources);
      if (weight.rows() != targets || weight.cols() != sources || term.delaySteps > 1)
        return refuse(node,
                      "the connection from '" + source.name + "' to '" + node.name + "' makes " +
                          std::to_string(weight.rows()) + " currents with a delay of " +
                          std::to_string(term.delaySteps) + " steps for " + std::to_string(targets) +
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
      projection.weight.assign(weight.data(), weight.data() + weight.size());
      if (term.bias) projection.bias.assign(term.bias->data(), term.bias->data() + term.bias->size());
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
