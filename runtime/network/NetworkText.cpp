// Networks to JSON and back, number for number.
#include "network/NetworkText.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "network/Checks.h"
#include "support/JsonText.h"

namespace rheo {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSchema = "rheobase.network-stage/2";
constexpr const char* kAnySchema = "rheobase.network-stage/";
constexpr std::array<const char*, 4> kTypes{"float16", "float32", "float64", "int64"};

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

// A value of the dump and the way to it, which messages name: "nodes[3].parameters.tau.shape".
class Entry {
 public:
  Entry(const Json& json, std::string path) : json_(json), path_(std::move(path)) {}

  [[noreturn]] void fail(const std::string& message) const {
    throw Malformed(path_.empty() ? message : fmt::format("'{}' {}", path_, message));
  }

  Entry operator[](const std::string& key) const {
    need(json_.is_object(), "an object");
    const auto found = json_.find(key);
    const std::string path = path_.empty() ? key : path_ + "." + key;
    if (found == json_.end()) throw Malformed(fmt::format("'{}' is missing", path));
    return {*found, path};
  }
  std::vector<Entry> list() const {
    need(json_.is_array(), "a list");
    std::vector<Entry> entries;
    for (std::size_t i = 0; i < json_.size(); ++i)
      entries.emplace_back(json_[i], fmt::format("{}[{}]", path_, i));
    return entries;
  }
  std::vector<std::pair<std::string, Entry>> members() const {
    need(json_.is_object(), "an object");
    std::vector<std::pair<std::string, Entry>> entries;
    for (const auto& [key, value] : json_.items()) entries.emplace_back(key, Entry(value, path_ + "." + key));
    return entries;
  }

  std::string text() const {
    need(json_.is_string(), "a text");
    return json_.get<std::string>();
  }
  bool flag() const {
    need(json_.is_boolean(), "true or false");
    return json_.get<bool>();
  }
  double number() const {
    need(json_.is_number(), "a number");
    return json_.get<double>();
  }
  std::int64_t integer() const {
    need(json_.is_number_integer() && !(json_.is_number_unsigned() && json_.get<std::uint64_t>() >> 63),
         "a whole number");
    return json_.get<std::int64_t>();
  }
  std::vector<double> numbers() const {
    std::vector<double> values;
    for (const Entry& entry : list()) values.push_back(entry.number());
    return values;
  }
  std::vector<std::int64_t> integers() const {
    std::vector<std::int64_t> values;
    for (const Entry& entry : list()) values.push_back(entry.integer());
    return values;
  }
  template <class Choice, class Names>
  Choice oneOf(const Names& names) const {
    for (std::size_t i = 0; i < names.size(); ++i)
      if (json_ == names[i]) return static_cast<Choice>(i);
    fail(fmt::format("is {}, but can be: {}", json_.dump(-1, ' ', true).substr(0, 40),
                     fmt::join(names, ", ")));
  }

 private:
  void need(bool is, const char* what) const {
    if (!is) fail(fmt::format("is not {}", what));
  }

  const Json& json_;
  std::string path_;
};

Tensor readTensor(const Entry& entry) {
  Tensor tensor;
  tensor.shape = entry["shape"].integers();
  tensor.values = entry["values"].numbers();
  tensor.unit = entry["unit"].text();
  tensor.dtype = entry["dtype"].oneOf<DType>(kTypes);
  std::int64_t size = 1;
  for (const std::int64_t extent : tensor.shape) {
    if (extent < 0 || extent > network::kMaxValues) entry["shape"].fail("is out of range");
    size *= extent;
    if (size > network::kMaxValues) entry["shape"].fail("is out of range");
  }
  if (size != tensor.size())
    entry["shape"].fail(fmt::format("says {} values, there are {}", size, tensor.size()));
  return tensor;
}

void readNodes(const Entry& root, Network& network) {
  for (const Entry& entry : root["nodes"].list()) {
    Node node;
    node.name = entry["name"].text();
    node.kind = entry["kind"].text();
    node.origin = entry["origin"].text();
    node.inputShape = entry["input_shape"].integers();
    node.outputShape = entry["output_shape"].integers();
    for (const auto& [name, tensor] : entry["parameters"].members())
      node.parameters.emplace(name, readTensor(tensor));
    network.nodes.push_back(std::move(node));
  }
  for (const Entry& edge : root["edges"].list()) {
    const std::vector<Entry> ends = edge.list();
    if (ends.size() != 2) edge.fail("is not [source, target]");
    const auto find = [&](const Entry& end) {
      const int node = network.find(end.text());
      if (node < 0) end.fail(fmt::format("names a node that is not there: '{}'", end.text()));
      return node;
    };
    network.edges.push_back({find(ends[0]), find(ends[1]), 0});
  }
}

Network readNetwork(const Entry& root, ConventionOptions& options) {
  Network network;
  network.name = root["name"].text();
  const Entry conventions = root["conventions"];
  options.dt = conventions["dt"].number();
  for (const ConventionRow& row : conventionRows())
    row.pinIn(options, conventions[std::string(row.name)].oneOf<int>(row.values));
  readNodes(root, network);
  return network;
}

std::vector<Assumption> readAssumptions(const Entry& root) {
  std::vector<Assumption> assumptions;
  for (const Entry& entry : root["assumptions"].list())
    assumptions.push_back({entry["what"].text(), entry["value"].text(), entry["why"].text(),
                           entry["how_to_change"].text(), entry["warning"].flag()});
  return assumptions;
}

// What a dump tells, but for conventions that were edited after it was told.
std::vector<Assumption> merged(const std::vector<Assumption>& told, const std::vector<Assumption>& derived) {
  const auto among = [](const std::vector<Assumption>& list, const Assumption& a, bool withValue) {
    return std::any_of(list.begin(), list.end(), [&](const Assumption& other) {
      return other.what == a.what && (!withValue || other.value == a.value);
    });
  };
  std::vector<Assumption> result;
  for (const Assumption& a : told)
    if (!network::isAboutConventions(a) || among(derived, a, true)) result.push_back(a);
  for (const Assumption& a : derived) {
    if (!network::isAboutConventions(a) || among(told, a, true)) continue;
    // Every convention is given here, of use or not: only those of which something was told are of use.
    if (among(told, a, false) || network::followsFromConventions(a)) result.push_back(a);
  }
  return result;
}

}  // namespace

bool isNetworkText(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string::npos && text.find(kAnySchema, first) < first + 64 && text[first] == '{';
}

std::string networkToText(const Network& network) {
  const Conventions& conventions = network.conventions;
  Json json{{"schema", kSchema},
            {"name", network.name},
            {"conventions", {{"dt", conventions.dt}}},
            {"assumptions", Json::array()},
            {"nodes", Json::array()},
            {"edges", Json::array()}};
  for (const ConventionRow& row : conventionRows())
    json["conventions"][std::string(row.name)] = row.text(conventions);
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
  return jsonText(json);
}

Expected<Network> networkFromText(const std::string& text, const std::string& file) {
  Diagnostic diagnostic;
  diagnostic.code = "R0704";
  diagnostic.file = file;
  Json json;
  if (const std::optional<JsonFault> fault = parseJson(text, json)) {
    diagnostic.message = fault->message;
    diagnostic.where = fault->place;
    diagnostic.remedy = fault->remedy;
    return Error::of(ErrorKind::Format, std::move(diagnostic));
  }
  try {
    const Entry root(json, "");
    if (root["schema"].text() != kSchema)
      root["schema"].fail(fmt::format("is '{}', this version reads '{}'", root["schema"].text(), kSchema));
    ConventionOptions options;
    Network network = readNetwork(root, options);
    const std::vector<Assumption> told = readAssumptions(root);
    Expected<Network> finished = finishNetwork(std::move(network), options, file);
    if (finished) finished->assumptions = merged(told, finished->assumptions);
    return finished;
  } catch (const Malformed& error) {
    diagnostic.message = fmt::format("this is no dump of the import stage: {}", error.what());
    diagnostic.remedy = "mend it, or dump it again with --dump-stages";
    return Error::of(ErrorKind::Format, std::move(diagnostic));
  }
}

}  // namespace rheo
