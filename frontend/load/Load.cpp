// One reading of the file, then the parser whose format it is.
#include "load/Load.h"

#include "hdf5/Hdf5Process.h"
#include "netx/Netx.h"
#include "nir/Nir.h"

namespace rheo {

Expected<Network> loadNetwork(const std::string& path, const ConventionOptions& options) {
  Expected<hdf5::Tree> tree = hdf5::readHdf5(path);
  if (!tree) return std::move(tree).error();
  return parseNetwork(*std::move(tree), path, options);
}

Expected<Network> parseNetwork(hdf5::Tree tree, const std::string& path, const ConventionOptions& options) {
  Expected<Network> network =
      netx::isNetx(tree) ? netx::parseNetx(std::move(tree), path) : nir::parseNir(std::move(tree), path);
  if (!network) return network;
  return finishNetwork(*std::move(network), options, path);
}

}  // namespace rheo
