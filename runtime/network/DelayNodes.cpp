// Delays of nodes. SPEC F23.
#include "network/DelayNodes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "network/Checks.h"

namespace rheo {
namespace {

// A delay counts as a multiple of dt within this many steps, so that float32 in a file does not.
constexpr double kWholeStep = 1e-3;

double stepsOf(double seconds, double dt) { return std::round(seconds / dt); }

}  // namespace

std::vector<std::int32_t> delaySteps(const Node& node, double dt) {
  std::vector<std::int32_t> steps;
  for (const double seconds : node.parameters.at("delay").values)
    steps.push_back(static_cast<std::int32_t>(stepsOf(seconds, dt)));
  return steps;
}

namespace network {
namespace {

// What all Delay nodes come to.
struct Waiting {
  double least = std::numeric_limits<double>::infinity(), most = -1;  // steps
  double off = 0;  // steps between a delay and the next multiple of dt, at most
  double values = 0;
  std::string longest, furthestOff;  // the nodes with those
  std::vector<std::string> nodes;
};

bool refuseNegative(const Node& node, Report& report) {
  const std::vector<double>& seconds = node.parameters.at("delay").values;
  const auto least = std::min_element(seconds.begin(), seconds.end());
  if (*least >= 0) return false;
  Diagnostic& d = report.add("R0204", node.name,
                             fmt::format("parameter 'delay' is {} at flat index {}; it cannot be negative",
                                         numberText(*least), least - seconds.begin()),
                             "a value cannot arrive before it is sent; correct the file");
  d.value = *least;
  d.limit = 0;
  return true;
}

void add(const Node& node, double dt, Waiting& waiting) {
  double most = 0;
  for (const double seconds : node.parameters.at("delay").values) {
    const double steps = stepsOf(seconds, dt), off = std::abs(seconds / dt - steps);
    waiting.least = std::min(waiting.least, steps);
    most = std::max(most, steps);
    if (off > waiting.off) waiting.off = off, waiting.furthestOff = node.name;
  }
  if (most > waiting.most) waiting.most = most, waiting.longest = node.name;
  waiting.values += (most + 1) * static_cast<double>(node.outputSize());
  waiting.nodes.push_back("'" + node.name + "'");
}

}  // namespace

void countDelays(Network& network, Report& report) {
  const double dt = network.conventions.dt;
  Waiting waiting;
  for (const Node& node : network.nodes)
    if (node.kind == "Delay" && !refuseNegative(node, report)) add(node, dt, waiting);
  if (report.failed() || waiting.nodes.empty()) return;
  if (!(waiting.values <= static_cast<double>(kMostWaiting))) {
    Diagnostic& d = report.add(
        "R0209", waiting.longest,
        fmt::format("with dt = {} s the longest delay is {} steps, and {} values wait; at most {} do",
                    numberText(dt), waiting.most, waiting.values, kMostWaiting),
        "delays are seconds: correct them, or give a longer --dt");
    d.value = waiting.values;
    d.limit = static_cast<double>(kMostWaiting);
    return;
  }
  const bool same = waiting.least == waiting.most;
  network.assumptions.push_back(
      {kDelays,
       same
           ? fmt::format("{} step{} in {}", waiting.most, waiting.most == 1 ? "" : "s",
                         fmt::join(waiting.nodes, ", "))
           : fmt::format("{} to {} steps in {}", waiting.least, waiting.most, fmt::join(waiting.nodes, ", ")),
       waiting.off == 0
           ? "all are multiples of dt (SPEC F23)"
           : fmt::format("delay / dt is rounded: by {:.2g} of a step at most, in '{}' (SPEC F23)",
                         waiting.off, waiting.furthestOff),
       "--dt SECONDS, of which every delay is a multiple", waiting.off > kWholeStep});
}

}  // namespace network
}  // namespace rheo
