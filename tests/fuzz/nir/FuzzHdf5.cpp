// Mutated HDF5 files through the whole reader: child process, decoder, parser. The parent must live and
// answer; what kills the child is libhdf5's own, unless a sanitizer finds the fault in our child's code.
// Options: common/Driver.h.
#include <fstream>
#include <string>
#include <vector>

#include "CheckNetwork.h"
#include "MutateFile.h"
#include "Originals.h"
#include "TemporaryFile.h"
#include "WhyChildDied.h"
#include "common/Driver.h"
#include "common/Guards.h"
#include "hdf5/Hdf5Process.h"
#include "load/Load.h"

namespace rheo::fuzz {
namespace {

Expected<Network> load(const std::string& path) {
  Expected<hdf5::Tree> tree = hdf5::readHdf5(path, {}, kChildLimits);
  return tree ? parseNetwork(*std::move(tree), path, {}) : std::move(tree).error();
}

std::vector<std::string> run(std::uint64_t, Random& random) {
  static const std::vector<std::string> originals = originalFiles();
  static const TemporaryFile file;
  // The trained example, the last one, is much larger than the others.
  std::string bytes = originals[random.oneIn(50) ? originals.size() - 1 : random.below(originals.size() - 1)];
  mutateFile(bytes, random);
  std::ofstream(file.path(), std::ios::binary) << bytes;
  const auto network = load(file.path());
  std::vector<std::string> words{checkNetwork(network)};
  if (words[0] == "R0104") {
    words.push_back("R0104, " + whyChildDied(file.path()));
    require(words[1].find("rheo-hdf5-reader") == std::string::npos, "no fault lies in the child's own code");
  }
  return words;
}

}  // namespace
}  // namespace rheo::fuzz

int main(int argc, char** argv) {
  // A reader that is missing (R0102) is an internal error, which checkNetwork does not take for an answer.
  return rheo::fuzz::drive(
      argc, argv,
      {"fuzz_hdf5", 200, rheo::fuzz::run, {"accepted", "R0103", "R0104", "R0105", "R0108"}, 2000});
}
