// NIR files (https://neuroir.org) become Networks: every version since 0.1, nested graphs included.
#pragma once

#include <string>

#include "hdf5/Tree.h"
#include "network/Network.h"
#include "support/Error.h"

namespace rheo {

// Reads, parses and finishes the NIR file at `path`. Errors, each with file, place and remedy: R0101 to R0104
// (the file), R0105 to R0111 (its content), and those of finishNetwork.
Expected<Network> loadNir(const std::string& path, const ConventionOptions& options);

namespace nir {

using hdf5::Tree;

// The network that the tree of a NIR file describes, as finishNetwork takes it: nested graphs flattened to
// dotted names (SPEC F12), parameters as stored, edges without delays, repairs noted as assumptions. `file`
// names the file in messages; the network's name is its stem.
Expected<Network> parseNir(Tree tree, const std::string& file);

}  // namespace nir
}  // namespace rheo
