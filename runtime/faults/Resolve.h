// From a fault's name to its effect on the decoded program.
#pragma once

#include <memory>
#include <optional>
#include <span>

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
  // The one source without whose messages a changed weight means nothing; -1 where there may be more, where
  // it is no weight, or where it might be undefined.
  std::int32_t sourceOfWeight(const Fault& fault) const;
  // A word with the fault in it. Errors: as above.
  Expected<std::uint64_t> faultyWord(const Fault& fault) const;
  // The image with the fault in it; MemoryBit only.
  Expected<Image> faultyImage(const Fault& fault) const;

 private:
  // A list of synapses as a faulty word meets it: all of it in one place.
  struct Reading {
    std::uint64_t first = 0, end = 0, count = 0;  // words; records
    const ListUse* use = nullptr;
    const SynapseFormat* format = nullptr;
    // Where one axon reads it, for one source, and it is no kernel: what addSynapse() would look up. Else -1.
    std::int32_t source = -1, delay = 0, group = 0;
    bool bounded = false;  // no weight there can break SPEC W8
  };
  Expected<Effect> resolveMemory(const Fault& fault) const;
  bool resolveSynapse(const Fault& fault, std::uint64_t word, Effect& effect) const;
  bool resolveKernelWeight(const ListUse& use, std::uint64_t entry, std::uint64_t channel,
                           std::int32_t before, std::int32_t after, Effect& effect) const;
  bool addChange(const Reading& reading, const Synapse& before, const Synapse& after, Effect& effect) const;
  std::int32_t groupOf(std::int32_t core, std::int32_t axon) const;
  bool addSynapse(std::int32_t core, std::int32_t group, std::span<const std::int32_t> sources,
                  const Synapse& synapse, std::int32_t sign, Effect& effect) const;
  bool settle(Effect& effect) const;
  std::int64_t largestPayload(std::int32_t source) const;
  Effect difference(std::shared_ptr<const Program> other) const;
  void compareParameters(const Program& other, Effect& effect) const;

  const Memories& memories_;
  const FlatProgram& flat_;
  std::uint64_t seed_;
  // What SPEC W8 leaves above the largest input, per input over all cores.
  std::vector<std::int64_t> slack_;
  Reading readingOf(const ListUse& use, std::int64_t leastSlack) const;
  // Of each core, by their first words, and how far any of those up to each reaches.
  std::vector<std::vector<Reading>> readings_;
  std::vector<std::vector<std::uint64_t>> starts_, ends_;
};

// From which a realisation of a random kind draws. SPEC B9
std::uint64_t seedOf(std::uint64_t seed, std::uint64_t instance);
// What a fault of such a kind means, wherever it is simulated; nothing for other kinds.
InputEdit inputEditOf(const Fault& fault, const FlatProgram& flat, std::uint64_t seed);
LossEdit lossEditOf(const Fault& fault, std::uint64_t seed);
DeviceEdit deviceEditOf(const Fault& fault, std::uint64_t seed);
// Where a message of a source goes that goes astray: to the axon behind the one that its first route names,
// of the cores after it the first one where there is none behind. Nowhere without routes or with one axon in
// all. SPEC B8
std::optional<Route> strayRoute(const FlatProgram& flat, std::int32_t source);

}  // namespace rheo::faults
