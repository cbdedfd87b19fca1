// Random and damaged streams through our own code behind the HDF5 child: decodeStream, parseNir,
// finishNetwork.
//
//   fuzz_nir [INPUTS [SEED]]      deterministic; prints how many inputs became networks
#include <cstdlib>

#include "CheckOutcome.h"
#include "TreeGenerator.h"
#include "nir/Nir.h"
#include "nir/Stream.h"

int main(int argc, char** argv) {
  const unsigned long long inputs = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 20000;
  const unsigned long long seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  rheo::fuzz::TreeGenerator generator(seed);
  const std::string file = "fuzzed.nir";
  unsigned long long networks = 0;
  unsigned long long refusedStreams = 0;
  std::string bytes;
  for (unsigned long long i = 0; i < inputs; ++i) {
    // Three of four inputs are fresh trees; the fourth damages the bytes of the tree before it.
    const bool fresh = i % 4 != 3;
    if (fresh) {
      bytes = generator.encode(generator.file());
    } else {
      generator.damage(bytes);
    }
    auto tree = rheo::nir::decodeStream(bytes, {}, file);
    if (!tree) {
      ++refusedStreams;
      rheo::fuzz::checkOutcome(tree.error(), i, seed);
      continue;
    }
    auto network = rheo::nir::parseNir(*std::move(tree), file);
    if (network) network = rheo::finishNetwork(*std::move(network), {}, file);
    rheo::fuzz::checkOutcome(network, i, seed);
    if (network) ++networks;
  }
  std::printf("%llu inputs, seed %llu: %llu networks, %llu streams refused, %llu graphs refused\n", inputs,
              seed, networks, refusedStreams, inputs - networks - refusedStreams);
  // A generator that makes nothing acceptable would test nothing.
  return inputs < 100 || networks * 50 > inputs ? 0 : 1;
}
