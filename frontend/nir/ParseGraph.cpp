// Reads a NIRGraph with everything nested in it: nodes get dotted names, edges become indices.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "Parser.h"
#include "hdf5/Messages.h"
#include "support/Text.h"

namespace rheo::nir {

namespace {

// What a local name of a graph stands for as the end of an edge.
struct Named {
  int node = -1;            // a leaf
  std::vector<int> inputs;  // the ports of a nested graph
  std::vector<int> outputs;
  bool isGraph = false;
};

std::string sentenceList(const std::vector<std::string>& names) {
  std::vector<std::string> shown;
  for (const std::string& name : names) {
    if (shown.size() == 5) {
      shown.push_back(fmt::format("{} more", names.size() - 5));
      break;
    }
    shown.push_back(quoteName(name));
  }
  return fmt::format("{}", fmt::join(shown, ", "));
}

class GraphParser {
 public:
  explicit GraphParser(const std::string& file) : file_(file) {}

  FlatGraph take() {
    if (!metadata_.empty())
      graph_.assumptions.push_back({"metadata", fmt::format("of {}", sentenceList(metadata_)),
                                    "not kept: the format says that no run may depend on them",
                                    "they stay in the file", false});
    return std::move(graph_);
  }

  // Adds the graph in `group`. `prefix` is its dotted name with a final '.', empty for the outermost graph.
  // `own` receives its ports.
  Status parse(Tree& group, const std::string& prefix, const std::string& origin, Named& own) {
    Tree* nodes = group.child("nodes");
    if (nodes == nullptr || nodes->kind != Tree::Kind::Group) {
      return error("R0105", origin + "/nodes", "the graph has no group 'nodes'",
                   "write the graph with nir.write()");
    }
    if (group.child("metadata") != nullptr)
      metadata_.push_back(prefix.empty() ? "the graph" : prefix.substr(0, prefix.size() - 1));
    std::map<std::string, Named> names;
    for (Tree& child : nodes->children) {
      Named& named = names[child.name];
      if (Status status = parseChild(child, prefix, origin, own, named); !status) return status;
      all_.emplace(prefix + child.name, named);
    }
    return parseEdges(group, prefix, origin, names);
  }

 private:
  Status error(const char* code, const std::string& where, std::string message, std::string remedy) const {
    return formatError(code, file_, where, std::move(message), std::move(remedy));
  }

  Status parseChild(Tree& child, const std::string& prefix, const std::string& origin, Named& own,
                    Named& named) {
    const std::string shown = quoteName(child.name);
    const std::string childOrigin = origin + "/nodes/" + escaped(child.name);
    if (!isPlainName(child.name) || prefix.size() + child.name.size() > 1000) {
      return error("R0111", childOrigin, fmt::format("{} cannot be the name of a node", shown),
                   "use names of 1 to 1000 bytes of UTF-8 without control characters");
    }
    if (child.kind != Tree::Kind::Group) {
      return error("R0108", childOrigin, fmt::format("the node {} is not a group", shown),
                   "write the graph with nir.write()");
    }
    auto type = nodeType(child, childOrigin, file_);
    if (!type) return type.error();
    if (*type == "NIRGraph") {
      named.isGraph = true;
      return parse(child, prefix + child.name + ".", childOrigin, named);
    }
    const std::string name = prefix + child.name;
    if (child.child("metadata") != nullptr) metadata_.push_back(name);
    auto node = parseNode(child, *type, name, childOrigin, file_);
    if (!node) return node.error();
    if (!indices_.emplace(name, static_cast<int>(graph_.nodes.size())).second) {
      return error(
          "R0111", childOrigin,
          fmt::format("two nodes have the name {} once nested graphs are flattened", quoteName(name)),
          "rename one of them");
    }
    named.node = static_cast<int>(graph_.nodes.size());
    if (node->kind == "Input") own.inputs.push_back(named.node);
    if (node->kind == "Output") own.outputs.push_back(named.node);
    graph_.isInnerPort.push_back(!prefix.empty() && (node->kind == "Input" || node->kind == "Output"));
    graph_.nodes.push_back(*std::move(node));
    return ok();
  }

  // The (source, target) names of a graph's edges.
  Expected<std::vector<std::pair<std::string, std::string>>> edgeNames(const Tree& group,
                                                                       const std::string& where) const {
    std::vector<std::pair<std::string, std::string>> result;
    const Tree* edges = group.child("edges");
    if (edges == nullptr) {
      return formatError("R0105", file_, where, "the graph has no 'edges'",
                         "write the graph with nir.write()");
    }
    if (edges->kind == Tree::Kind::Array && edges->array.values.empty()) return result;  // an empty list
    if (edges->kind != Tree::Kind::Strings) {
      return formatError("R0108", file_, where, "'edges' does not hold names", "store pairs of node names");
    }
    if (edges->strings.empty()) return result;
    if (edges->shape.size() != 2 || edges->shape[1] != 2) {
      return formatError(
          "R0109", file_, where,
          fmt::format("'edges' has the shape {}; pairs, [edges, 2], are needed", shapeText(edges->shape)),
          "store one (source, target) pair per edge");
    }
    for (std::size_t i = 0; i + 1 < edges->strings.size(); i += 2) {
      result.emplace_back(edges->strings[i], edges->strings[i + 1]);
    }
    return result;
  }

  // The node of this graph by which `name` can end an edge: that node itself, or G where "G.B" is something
  // inside the nested graph G. Empty if there is none.
  std::string ownNode(const std::string& name, const std::string& prefix,
                      const std::map<std::string, Named>& names) const {
    if (names.contains(name)) return name;
    if (!all_.contains(prefix + name)) return "";
    for (std::size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1)) {
      const auto outer = names.find(name.substr(0, dot));
      if (outer != names.end() && outer->second.isGraph) return outer->first;
    }
    return "";
  }

  Status parseEdges(const Tree& group, const std::string& prefix, const std::string& origin,
                    const std::map<std::string, Named>& names) {
    const std::string where = origin + "/edges";
    auto edges = edgeNames(group, where);
    if (!edges) return edges.error();
    std::set<std::pair<std::string, std::string>> seen;
    for (const auto& edge : *edges) {
      if (seen.insert(edge).second) continue;
      return error(
          "R0107", where,
          fmt::format("the edge {} -> {} is there twice", quoteName(edge.first), quoteName(edge.second)),
          "remove one; to double a connection, double its weight");
    }
    if (Status status = repairNames(*edges, prefix, where, names); !status) return status;
    for (const auto& [source, target] : *edges) {
      int ends[2] = {-1, -1};
      if (Status status = endOf(source, prefix, where, names, true, ends[0]); !status) return status;
      if (Status status = endOf(target, prefix, where, names, false, ends[1]); !status) return status;
      graph_.edges.emplace_back(ends[0], ends[1]);
    }
    return ok();
  }

  // One unresolved name and one orphan node are bound to each other; anything less clear is an error.
  Status repairNames(std::vector<std::pair<std::string, std::string>>& edges, const std::string& prefix,
                     const std::string& where, const std::map<std::string, Named>& names) {
    std::set<std::string> unresolved;
    std::set<std::string> used;
    const std::pair<std::string, std::string>* firstBad = nullptr;
    for (const auto& edge : edges) {
      for (const std::string& name : {edge.first, edge.second}) {
        const std::string own = ownNode(name, prefix, names);
        if (!own.empty()) {
          used.insert(own);
          continue;
        }
        for (std::size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1))
          used.insert(name.substr(0, dot));  // "G.B" where B is missing: G is no orphan
        if (firstBad == nullptr) firstBad = &edge;
        unresolved.insert(name);
      }
    }
    if (unresolved.empty()) return ok();
    std::vector<std::string> orphans;
    std::vector<std::string> all;
    for (const auto& [name, named] : names) {
      all.push_back(name);
      if (!used.contains(name)) orphans.push_back(name);
    }
    const std::string& missing = *unresolved.begin();
    if (unresolved.size() != 1 || orphans.size() != 1) {
      return unresolvedError({unresolved.begin(), unresolved.end()}, orphans, all, *firstBad, where);
    }
    graph_.assumptions.push_back(
        {fmt::format("edges that name {}", quoteName(missing)),
         fmt::format("they mean {}", quoteName(prefix + orphans[0])),
         fmt::format("{} names no node, and {} is the only node of {} without an edge", quoteName(missing),
                     quoteName(orphans[0]), where.substr(0, where.size() - 6)),
         fmt::format("write the file again with edges that name {}", quoteName(orphans[0])), true});
    for (auto& edge : edges) {
      if (edge.first == missing) edge.first = orphans[0];
      if (edge.second == missing) edge.second = orphans[0];
    }
    // The repair can make an edge that was already there, or one the file says twice under two names.
    std::set<std::pair<std::string, std::string>> seen;
    for (const auto& edge : edges) {
      if (seen.insert(edge).second) continue;
      return unresolvedError({unresolved.begin(), unresolved.end()}, orphans, all, *firstBad, where);
    }
    return ok();
  }

  Status unresolvedError(const std::vector<std::string>& unresolved, const std::vector<std::string>& orphans,
                         const std::vector<std::string>& all, const std::pair<std::string, std::string>& edge,
                         const std::string& where) const {
    const std::vector<std::string> near = nearestNames(unresolved[0], orphans.empty() ? all : orphans, 1);
    std::string message =
        fmt::format("the edge {} -> {} names a node that is not there: no node is called {}",
                    quoteName(edge.first), quoteName(edge.second), sentenceList(unresolved));
    message += orphans.empty() ? ", and every node has an edge"
                               : fmt::format("; without an edge: {}", sentenceList(orphans));
    return error("R0106", where, std::move(message),
                 near.empty() ? "make every edge name two nodes of its graph"
                              : fmt::format("did you mean {}?", quoteName(near[0])));
  }

  // The node at which an edge that names `name` starts (`asSource`) or ends.
  Status endOf(const std::string& name, const std::string& prefix, const std::string& where,
               const std::map<std::string, Named>& names, bool asSource, int& node) const {
    const auto found = names.find(name);
    const bool isInside = found == names.end();
    const Named& named = isInside ? all_.at(prefix + name) : found->second;
    if (!named.isGraph) {
      node = named.node;
      if (isInside) return ok();  // a port of a nested graph, from outside
      const std::string& kind = graph_.nodes[static_cast<std::size_t>(node)].kind;
      if (kind != (asSource ? "Output" : "Input")) return ok();
      return error(
          "R0110", where,
          fmt::format("an edge {} the {} node {}", asSource ? "leaves" : "enters", kind, quoteName(name)),
          "an Input only sends, an Output only receives");
    }
    const std::vector<int>& ports = asSource ? named.outputs : named.inputs;
    if (ports.size() == 1) {
      node = ports[0];
      return ok();
    }
    return error(
        "R0110", where,
        fmt::format("an edge {} the nested graph {}, which has {} {} nodes", asSource ? "leaves" : "enters",
                    quoteName(name), ports.size(), asSource ? "Output" : "Input"),
        ports.empty() ? "give the nested graph such a node"
                      : fmt::format("name the port: {}", quoteName(name + ".PORT")));
  }

  const std::string& file_;
  FlatGraph graph_;
  std::vector<std::string> metadata_;   // what has some
  std::map<std::string, int> indices_;  // flat name -> node
  std::map<std::string, Named> all_;    // the same, and of nested graphs
};

}  // namespace

Expected<FlatGraph> parseGraph(Tree& group, const std::string& file) {
  GraphParser parser(file);
  Named ports;
  if (Status status = parser.parse(group, "", "/node", ports); !status) return status.error();
  return parser.take();
}

}  // namespace rheo::nir
