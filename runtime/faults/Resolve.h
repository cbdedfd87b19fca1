// From a fault's name to its effect on the decoded program.
#pragma once

#include <memory>

#include "faults/Effect.h"
#include "faults/Fault.h"
#include "faults/Memories.h"
#include "support/Error.h"

namespace rheo::faults {

class Resolver {
 public:
  // `seed` is the campaign's: random kinds draw from it and from their instance.
  Resolver(const Memories& memories, const FlatProgram& flat, std::uint64_t seed);

  // Errors: R0803 where the place lies outside the image (a word beyond its memory).
  Expected<Effect> resolve(const Fault& fault) const;
  // Fetches what resolve() will ask for, where many faults are resolved one after the other.
  void prefetch(const Fault& fault) const;
  // A word with the fault in it. Errors: as above.
  Expected<std::uint64_t> faultyWord(const Fault& fault) const;
  // The image with the fault in it; MemoryBit only.
  Expected<Image> faultyImage(const Fault& fault) const;

 private:
  Expected<Effect> resolveMemory(const Fault& fault) const;
  bool resolveSynapse(const Fault& fault, std::uint64_t word, Effect& effect) const;
  bool resolveKernelWeight(const ListUse& use, std::uint64_t entry, std::uint64_t channel,
                           std::int32_t before, std::int32_t after, Effect& effect) const;
  bool addChange(std::int32_t core, std::int32_t axon, const Synapse& before, const Synapse& after,
                 Effect& effect) const;
  bool addSynapse(std::int32_t core, std::int32_t axon, const Synapse& synapse, std::int32_t sign,
                  Effect& effect) const;
  bool settle(Effect& effect) const;
  std::int64_t largestPayload(std::int32_t source) const;
  Effect difference(std::shared_ptr<const Program> other) const;

  const Memories& memories_;
  const FlatProgram& flat_;
  std::uint64_t seed_;
  // What SPEC W8 leaves above the largest input, per input over all cores.
  std::vector<std::int64_t> slack_;
  // Lists of each core, by their first word, and how far any of the lists up to each reaches.
  std::vector<std::vector<std::uint32_t>> listsByWord_;
  std::vector<std::vector<std::uint64_t>> startsByWord_, endsByWord_;
};

// From which a realisation of a random kind draws.
std::uint64_t seedOf(std::uint64_t seed, std::uint64_t instance);
// What a fault of such a kind means, wherever it is simulated; nothing for other kinds.
InputEdit inputEditOf(const Fault& fault, const FlatProgram& flat, std::uint64_t seed);
LossEdit lossEditOf(const Fault& fault, std::uint64_t seed);
DeviceEdit deviceEditOf(const Fault& fault, std::uint64_t seed);
// Where a message of a source goes that goes astray: to the axon behind the one that its first route names.
Route strayRoute(const FlatProgram& flat, std::int32_t source);

}  // namespace rheo::faults
