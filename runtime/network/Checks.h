// The parts of finishNetwork, one per file. Each appends what it finds to `report` and goes on, so that a
// user sees every fault of a network at once.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "network/Network.h"

namespace rheo::network {

// Limits that keep a hostile or mistaken file from exhausting memory or time.
inline constexpr std::int64_t kMaxNodes = 4096;
inline constexpr std::int64_t kMaxEdges = 16384;
inline constexpr std::int64_t kMaxValues = std::int64_t{1} << 27;   // of one network's parameters
inline constexpr std::int64_t kMaxNeurons = std::int64_t{1} << 24;  // values that one node hands on

// Collects diagnostics about one file.
class Report {
 public:
  explicit Report(std::string file) : file_(std::move(file)) {}
  Diagnostic& add(std::string code, std::string where, std::string message, std::string remedy);
  bool failed() const { return !diagnostics_.empty(); }
  std::size_t count() const { return diagnostics_.size(); }
  Error take() { return Error{ErrorKind::Format, std::move(diagnostics_)}; }

 private:
  std::string file_;
  std::vector<Diagnostic> diagnostics_;
};

// "[38, 12]".
std::string shapeText(std::span<const std::int64_t> shape);
// Product of a shape; -1 where a dimension is not positive or the product exceeds kMaxNeurons.
std::int64_t boundedSize(std::span<const std::int64_t> shape);
// Equal once dimensions of 1 are left out: some exporters add a batch dimension to Input and Output.
bool sameShape(std::span<const std::int64_t> a, std::span<const std::int64_t> b);
// The kinds of node that the float rules (SPEC F*) give a meaning.
std::vector<std::string_view> supportedKinds();
// Time constants and other numbers as a person writes them: "0.0001".
std::string numberText(double value);

// Node names, kinds, parameters (known, present, finite, in range), counts. SPEC F2, F7 to F10, F15 to F18,
// F23, F24.
void checkNodes(Network& network, Report& report);
// Edges: ends that exist, nothing into an Input or out of an Output. Sorts them; drops repeated ones
// with an assumption.
void checkEdges(Network& network, Report& report);
// Infers inputShape and outputShape of every node, checks that shapes agree along every edge, and
// broadcasts neuron parameters to the node's shape. SPEC F4, F7 to F10, F15 to F18, F23, F24.
void inferShapes(Network& network, Report& report);
// Decides the conventions, with an assumption for each. SPEC F1, F3, F5, F11, F19 to F22, F25.
void decideConventions(Network& network, const ConventionOptions& options, Report& report);
// What assumptions that follow from the conventions are called; the others bear the titles of their rows.
inline constexpr const char* kDtAssumption = "dt";
inline constexpr const char* kCoarseStep = "coarse step";
inline constexpr const char* kRecurrentEdges = "recurrent edges";
inline constexpr const char* kDelays = "delays";
inline constexpr const char* kReading = "reading";      // of parameters, by a framework
inline constexpr const char* kUnread = "not readable";  // for a framework
// Whether it says what a convention is, or follows from one.
bool isAboutConventions(const Assumption& assumption);
bool followsFromConventions(const Assumption& assumption);
// Whether it says how a framework's own reader takes the file.
bool isAboutFramework(const Assumption& assumption);
// Reports a cycle in which nothing has state. SPEC F5.
void refuseStatelessCycles(const Network& network, Report& report);
// The edges that close a cycle, and whether each edge is a hop. SPEC F5.
std::vector<int> closingEdges(const Network& network);
std::vector<bool> hops(const Network& network);
// Says which edges close a cycle, where that alone delays them.
void tellClosingEdges(Network& network);

}  // namespace rheo::network
