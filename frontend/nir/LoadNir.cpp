// From a NIR file to a finished Network.
#include "Hdf5Process.h"
#include "Nir.h"

namespace rheo {

Expected<Network> loadNir(const std::string& path, const ConventionOptions& options) {
  Expected<nir::Tree> tree = nir::readHdf5(path);
  if (!tree) return tree.error();
  Expected<Network> network = nir::parseNir(*std::move(tree), path);
  if (!network) return network;
  return finishNetwork(*std::move(network), options, path);
}

}  // namespace rheo
