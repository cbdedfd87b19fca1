// What must hold for whatever a reader returns: a usable network, or diagnostics that can be shown.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "network/Network.h"

namespace rheo::fuzz {

[[noreturn]] inline void broken(const char* rule, unsigned long long input, unsigned long long seed) {
  std::fprintf(stderr, "broken: %s (input %llu, seed %llu)\n", rule, input, seed);
  std::abort();
}

inline void checkOutcome(const Expected<Network>& outcome, unsigned long long input,
                         unsigned long long seed) {
  const auto require = [&](bool holds, const char* rule) {
    if (!holds) broken(rule, input, seed);
  };
  // Text that is not UTF-8 would make the JSON report throw.
  const auto shows = [](const std::string& text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::ignore) ==
           nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  };
  if (!outcome) {
    require(!outcome.error().diagnostics.empty(), "an error has a diagnostic");
    for (const Diagnostic& diagnostic : outcome.error().diagnostics) {
      require(diagnostic.code.size() == 5 && diagnostic.code[0] == 'R', "a diagnostic has a code");
      require(!diagnostic.message.empty() && !diagnostic.remedy.empty(),
              "a diagnostic has message and remedy");
      require(!diagnostic.file.empty(), "a diagnostic names the file");
      require(shows(diagnostic.message) && shows(diagnostic.where) && shows(diagnostic.remedy),
              "a diagnostic is UTF-8");
    }
    return;
  }
  const int count = static_cast<int>(outcome->nodes.size());
  for (const Edge& edge : outcome->edges) {
    require(edge.source >= 0 && edge.source < count && edge.target >= 0 && edge.target < count,
            "an edge joins two nodes");
  }
  for (const Node& node : outcome->nodes) {
    require(!node.inputShape.empty() && !node.outputShape.empty(), "a node has shapes");
    require(shows(node.name), "a name is UTF-8");
    for (const auto& [name, tensor] : node.parameters) {
      std::int64_t size = 1;
      for (const std::int64_t extent : tensor.shape) size *= extent;
      require(size == tensor.size(), "a tensor has as many values as its shape says");
    }
  }
  require(updateOrder(*outcome).size() == outcome->nodes.size(), "every node is updated");
}

}  // namespace rheo::fuzz
