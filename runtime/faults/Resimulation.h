// The outcome of a fault by running the faulty chip from the first step to the last: the long way, which
// knows nothing of effects and differences. Words are flipped in the image and decoded again, messages pass
// through the host, states are written between steps. What differential simulation is checked against, and
// what `rheobase replay` shows. SPEC B1.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "faults/Readout.h"
#include "faults/Resolve.h"

namespace rheo::faults {

using MakeEngine = std::function<std::unique_ptr<Engine>(std::shared_ptr<const Program>)>;

// What a run showed: everything that its user sees.
struct Shown {
  std::vector<std::vector<std::int32_t>> spikes;  // [population][step * size + neuron]
  std::vector<std::vector<std::int32_t>>
      outputs;  // [output][step * size + value], before the lag is taken out
  bool undefined = false;
  std::string why;
};

class Resimulation {
 public:
  Resimulation(const Memories& memories, const FlatProgram& flat, const Readout& readout,
               const Resolver& resolver, std::uint64_t seed, MakeEngine makeEngine);

  // Without a fault where it is null.
  Expected<Shown> show(const Fault* fault, const InputBatch& input, std::int64_t sample) const;
  // The faulty run compared with the intact one.
  Outcome compare(const Shown& intact, const Shown& faulty, std::int64_t dataSteps) const;

 private:
  const Memories& memories_;
  const FlatProgram& flat_;
  const Readout& readout_;
  const Resolver& resolver_;
  std::uint64_t seed_;
  MakeEngine makeEngine_;
};

}  // namespace rheo::faults
