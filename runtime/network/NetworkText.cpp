// Networks to JSON and back, number for number.
#include "network/NetworkText.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "network/Checks.h"

namespace rheo {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSchema = "rheobase.network-stage/1";
constexpr std::array<const char*, 4> kTypes{"float16", "float32", "float64", "int64"};
constexpr std::array<const char*, 4> kResets{"zero", "v_reset", "subtract", "subtract-late"};
constexpr std::array<const char*, 2> kDiscretizations{"euler", "exponential"};
constexpr std::array<const char*, 2> kSpikeUnits{"unit", "dirac"};

Json tensorJson(const Tensor& tensor) {
  return {{"shape", tensor.shape},
          {"dtype", kTypes[static_cast<std::size_t>(tensor.dtype)]},
          {"unit", tensor.unit},
          {"values", tensor.values}};
}

// What the reader throws at itself; it never leaves this file.
struct Malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <class Names>
std::size_t choice(const Json& value, const Names& names, const char* what) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (value == names[i]) return i;
  throw Malformed(fmt::format("'{}' is {}, which it cannot be", what, value.dump().substr(0, 40)));
}

Tensor readTensor(const Json& json) {
  Tensor tensor;
  tensor.shape = json.at("shape").get<std::vector<std::int64_t>>();
  tensor.values = json.at("values").get<std::vector<double>>();
  tensor.unit = json.at("unit").get<std::string>();
  tensor.dtype = static_cast<DType>(choice(json.at("dtype"), kTypes, "dtype"));
  std::int64_t size = 1;
  for (const std::int64_t extent : tensor.shape) {
    if (extent < 0 || extent > network::kMaxValues) throw Malformed("a tensor's shape is out of range");
    size *= extent;
    if (size > network::kMaxValues) throw Malformed("a tensor's shape is out of range");
  }
  if (size != tensor.size())
    throw Malformed(fmt::format("a tensor's shape says {} values, it has {}", size, tensor.size()));
  return tensor;
}

void readNodes(const Json& json, Network& network) {
  for (const Json& entry : json.at("nodes")) {
    Node node;
    node.name = entry.at("name").get<std::string>();
    node.kind = entry.at("kind").get<std::string>();
    node.origin = entry.at("origin").get<std::string>();
    node.inputShape = entry.at("input_shape").get<std::vector<std::int64_t>>();
    node.outputShape = entry.at("output_shape").get<std::vector<std::int64_t>>();
    for (const auto& [name, tensor] : entry.at("parameters").items())
      node.parameters.emplace(name, readTensor(tensor));
    network.nodes.push_back(std::move(node));
  }
  for (const Json& edge : json.at("edges")) {
    const auto ends = edge.get<std::vector<std::string>>();
    if (ends.size() != 2) throw Malformed("an edge is not [source, target]");
    network.edges.push_back({network.find(ends[0]), network.find(ends[1]), 0});
    if (network.edges.back().source < 0 || network.edges.back().target < 0)
      throw Malformed(
          fmt::format("an edge goes from '{}' to '{}', one of which there is not", ends[0], ends[1]));
  }
}

Network readNetwork(const Json& json, ConventionOptions& options) {
  Network network;
  network.name = json.at("name").get<std::string>();
  const Json& conventions = json.at("conventions");
  options.dt = conventions.at("dt").get<double>();
  options.reset = static_cast<Reset>(choice(conventions.at("reset"), kResets, "reset"));
  options.discretization = static_cast<Discretization>(
      choice(conventions.at("discretization"), kDiscretizations, "discretization"));
  options.spikes = static_cast<SpikeUnit>(choice(conventions.at("spikes"), kSpikeUnits, "spikes"));
  readNodes(json, network);
  return network;
}

std::vector<Assumption> readAssumptions(const Json& json) {
  std::vector<Assumption> assumptions;
  for (const Json& entry : json.at("assumptions"))
    assumptions.push_back({entry.at("what").get<std::string>(), entry.at("value").get<std::string>(),
                           entry.at("why").get<std::string>(), entry.at("how_to_change").get<std::string>(),
                           entry.at("warning").get<bool>()});
  return assumptions;
}

}  // namespace

bool isNetworkText(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string::npos && text.find(kSchema, first) < first + 64 && text[first] == '{';
}

std::string networkToText(const Network& network) {
  const Conventions& conventions = network.conventions;
  Json json{{"schema", kSchema},
            {"name", network.name},
            {"conventions",
             {{"dt", conventions.dt},
              {"reset", kResets[static_cast<std::size_t>(conventions.reset)]},
              {"discretization", kDiscretizations[static_cast<std::size_t>(conventions.discretization)]},
              {"spikes", kSpikeUnits[static_cast<std::size_t>(conventions.spikes)]}}},
            {"assumptions", Json::array()},
            {"nodes", Json::array()},
            {"edges", Json::array()}};
  for (const Assumption& assumption : network.assumptions)
    json["assumptions"].push_back({{"what", assumption.what},
                                   {"value", assumption.value},
                                   {"why", assumption.why},
                                   {"how_to_change", assumption.howToChange},
                                   {"warning", assumption.warning}});
  for (const Node& node : network.nodes) {
    Json entry{{"name", node.name},
               {"kind", node.kind},
               {"origin", node.origin},
               {"input_shape", node.inputShape},
               {"output_shape", node.outputShape},
               {"parameters", Json::object()}};
    for (const auto& [name, tensor] : node.parameters) entry["parameters"][name] = tensorJson(tensor);
    json["nodes"].push_back(std::move(entry));
  }
  for (const Edge& edge : network.edges)
    json["edges"].push_back({network.nodes[static_cast<std::size_t>(edge.source)].name,
                             network.nodes[static_cast<std::size_t>(edge.target)].name});
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Expected<Network> networkFromText(const std::string& text, const std::string& file) {
  std::string message;
  try {
    const Json json = Json::parse(text);
    ConventionOptions options;
    Network network = readNetwork(json, options);
    std::vector<Assumption> assumptions = readAssumptions(json);
    Expected<Network> finished = finishNetwork(std::move(network), options, file);
    if (finished) finished->assumptions = std::move(assumptions);
    return finished;
  } catch (const Json::exception& error) {
    message = error.what();
  } catch (const Malformed& error) {
    message = error.what();
  }
  Diagnostic diagnostic;
  diagnostic.code = "R0704";
  diagnostic.file = file;
  diagnostic.message = "this is no dump of the import stage: " + message;
  diagnostic.remedy = "dump it again with --dump-stages";
  return Error::of(ErrorKind::Format, std::move(diagnostic));
}

}  // namespace rheo
