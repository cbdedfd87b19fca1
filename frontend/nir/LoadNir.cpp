// From a NIR file to a finished Network.
#include "Nir.h"
#include "hdf5/Hdf5Process.h"

namespace rheo {

Expected<Network> loadNir(const std::string& path, const ConventionOptions& options) {
  Expected<hdf5::Tree> tree = hdf5::readHdf5(path);
  if (!tree) return tree.error();
  Expected<Network> network = nir::parseNir(*std::move(tree), path);
  if (!network) return network;
  return finishNetwork(*std::move(network), options, path);
}

}  // namespace rheo
