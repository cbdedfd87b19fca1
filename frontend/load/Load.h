// Network files: which format one has is told by its content, never by its name.
#pragma once

#include <string>

#include "hdf5/Tree.h"
#include "network/Network.h"
#include "support/Error.h"

namespace rheo {

// Reads, parses and finishes a NIR or .net file. Errors: R0101 to R0104 (the file), those of
// nir::parseNir or netx::parseNetx (its content), and those of finishNetwork.
Expected<Network> loadNetwork(const std::string& path, const ConventionOptions& options);

// The second half of it: the network of a file that has been read.
Expected<Network> parseNetwork(hdf5::Tree tree, const std::string& path, const ConventionOptions& options);

}  // namespace rheo
