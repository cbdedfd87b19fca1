// Random trees, as the HDF5 child would hand them back, through our own code behind it: decodeStream,
// parseNir, finishNetwork; what is accepted runs a few steps as a float network. Options: common/Driver.h.
#include <vector>

#include "CheckNetwork.h"
#include "EncodeStream.h"
#include "RunNetwork.h"
#include "TreeGenerator.h"
#include "common/CheckError.h"
#include "common/Driver.h"
#include "common/Guards.h"
#include "hdf5/Stream.h"
#include "nir/Nir.h"

namespace rheo::fuzz {
namespace {

ConventionOptions someConventions(Random& random) {
  ConventionOptions options;
  if (random.oneIn(4)) options.dt = random.oneIn(8) ? -1 : 1e-3;
  for (const ConventionRow& row : conventionRows())
    if (random.oneIn(4)) row.pinIn(options, static_cast<int>(random.below(row.values.size())));
  if (random.oneIn(8))
    options.framework = random.oneIn(4) ? "nonsense" : random.oneIn(2) ? "norse" : "snntorch";
  return options;
}

std::vector<std::string> run(std::uint64_t, Random& random) {
  const std::string file = "fuzzed.nir";
  TreeGenerator generator(random);
  std::string bytes =
      random.oneIn(200) ? encodeReport("/node/\xff", "cannot be\nread") : encodeStream(generator.file());
  if (random.oneIn(5)) generator.damage(bytes);
  auto tree = hdf5::decodeStream(bytes, {}, file);
  if (!tree) return {checkNetwork(tree.error())};
  auto network = nir::parseNir(*std::move(tree), file);
  if (network) network = finishNetwork(*std::move(network), someConventions(random), file);
  return checkAndRun(network, random);
}

}  // namespace
}  // namespace rheo::fuzz

int main(int argc, char** argv) {
  return rheo::fuzz::drive(
      argc, argv,
      {"fuzz_nir",
       20'000,
       rheo::fuzz::run,
       {"accepted", "accepted, run", "R0103", "R0104", "R0105", "R0106", "R0107", "R0108", "R0109", "R0110",
        "R0111",    "R0201",         "R0202", "R0203", "R0204", "R0205", "R0206", "R0207", "R0208", "R0211"},
       20'000});
}
