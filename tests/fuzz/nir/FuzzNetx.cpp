// Random trees of .net files, as the HDF5 child would hand them back, through our own code behind it:
// decodeStream, parseNetx, finishNetwork; what is accepted runs a few steps as a float network. Options:
// common/Driver.h.
#include <vector>

#include "CheckNetwork.h"
#include "EncodeStream.h"
#include "RunNetwork.h"
#include "TreeGenerator.h"
#include "common/CheckError.h"
#include "common/Driver.h"
#include "common/Guards.h"
#include "hdf5/Stream.h"
#include "netx/Netx.h"

namespace rheo::fuzz {
namespace {

std::vector<std::string> run(std::uint64_t, Random& random) {
  const std::string file = "fuzzed.net";
  TreeGenerator generator(random);
  std::string bytes = encodeStream(generator.netxFile());
  if (random.oneIn(20)) generator.damage(bytes);
  auto tree = hdf5::decodeStream(bytes, {}, file);
  if (!tree) return {checkNetwork(tree.error())};
  auto network = netx::parseNetx(*std::move(tree), file);
  ConventionOptions options;
  if (random.oneIn(8)) options.spikes = static_cast<SpikeUnit>(random.below(2));
  if (random.oneIn(8)) options.dt = 1e-3;
  if (network) network = finishNetwork(*std::move(network), options, file);
  return checkAndRun(network, random);
}

}  // namespace
}  // namespace rheo::fuzz

int main(int argc, char** argv) {
  return rheo::fuzz::drive(argc, argv,
                           {"fuzz_netx",
                            20'000,
                            rheo::fuzz::run,
                            {"accepted", "accepted, run", "R0104", "R0105", "R0108", "R0112", "R0113"},
                            20'000});
}
