// Mutated HDF5 files through the whole reader: child process, decoder, parser. The parent must live and
// answer.
//
//   fuzz_hdf5 [FILES [SEED [FILE...]]]      without FILE: the trained example of the repository
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "CheckOutcome.h"
#include "nir/Hdf5Process.h"
#include "nir/Nir.h"

namespace {

std::string readAll(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// A few bytes changed, most of them in the metadata near the start, where the library does the most with
// them.
void mutate(std::string& bytes, std::mt19937_64& random) {
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  for (std::size_t i = 1 + below(6); i > 0; --i) {
    const std::size_t reach = below(4) == 0 ? bytes.size() : std::min<std::size_t>(bytes.size(), 8192);
    const std::size_t at = below(reach);
    switch (below(6)) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        break;
      case 1:
        bytes[at] = static_cast<char>(below(256));
        break;
      case 2:
        bytes[at] = static_cast<char>(0xff);
        break;
      case 3: {
        const std::size_t length = std::min<std::size_t>(8, bytes.size() - at);
        const std::string copied = bytes.substr(below(bytes.size() - length + 1), length);
        bytes.replace(at, length, copied);
        break;
      }
      case 4:
        bytes[at] = static_cast<char>(bytes[at] + 1);
        break;
      default:
        if (below(10) == 0) bytes.resize(std::max<std::size_t>(1, at));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const unsigned long long files = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 200;
  const unsigned long long seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  std::vector<std::string> originals;
  for (int i = 3; i < argc; ++i) originals.push_back(readAll(argv[i]));
  if (originals.empty()) originals.push_back(readAll(RHEO_SOURCE_DIR "/examples/reaching/reaching.nir"));
  std::mt19937_64 random(seed);
  const auto path =
      std::filesystem::temp_directory_path() / ("rheo_fuzz_hdf5_" + std::to_string(getpid()) + ".nir");
  std::map<std::string, unsigned long long> codes;
  const auto start = std::chrono::steady_clock::now();
  for (unsigned long long i = 0; i < files; ++i) {
    std::string bytes = originals[random() % originals.size()];
    if (bytes.empty()) rheo::fuzz::broken("an original file can be read", i, seed);
    mutate(bytes, random);
    std::ofstream(path, std::ios::binary) << bytes;
    const auto network = rheo::loadNir(path.string(), {});
    rheo::fuzz::checkOutcome(network, i, seed);
    ++codes[network ? "network" : network.error().diagnostics[0].code];
  }
  std::filesystem::remove(path);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("%llu files, seed %llu, %.1f s:", files, seed, seconds.count());
  for (const auto& [code, count] : codes) std::printf(" %s %llu", code.c_str(), count);
  std::printf("\n");
  return codes.contains("R0102") ? 1 : 0;
}
