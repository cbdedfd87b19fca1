// NIR files (https://neuroir.org) become Networks: every version since 0.1, nested graphs included.
#pragma once

#include <string>

#include "hdf5/Tree.h"
#include "network/Network.h"
#include "support/Error.h"

namespace rheo::nir {

using hdf5::Tree;

// The network that the tree of a NIR file describes, as finishNetwork takes it: nested graphs flattened to
// dotted names (SPEC F12), parameters as stored, edges without delays, repairs noted as assumptions. `file`
// names the file in messages; the network's name is its stem. Errors, each with file, place and remedy: R0105
// to R0111.
Expected<Network> parseNir(Tree tree, const std::string& file);

}  // namespace rheo::nir
