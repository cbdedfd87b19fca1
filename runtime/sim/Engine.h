// What every engine offers: an Engine is a program made ready to run (immutable, shared by threads), a
// Session is the state of one sample. run() drives a batch over threads. All engines give the same bits.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "chip/Program.h"
#include "sim/OverThreads.h"
#include "support/Error.h"
#include "trace/Recording.h"

namespace rheo {

// The state of one sample between steps. SPEC T1 to T6.
class Session {
 public:
  virtual ~Session() = default;
  virtual void reset() = 0;
  // One step. `inputs[k]` holds one payload for each channel of Program::inputs[k] (0 = no spike).
  virtual void step(std::span<const std::span<const std::int32_t>> inputs) = 0;
  // As step(), from payloads that fit bytes; engines that read bytes directly override it.
  virtual void stepBytes(std::span<const std::span<const std::uint8_t>> inputs) {
    std::vector<std::vector<std::int32_t>> wide;
    for (const auto& input : inputs) wide.emplace_back(input.begin(), input.end());
    const std::vector<std::span<const std::int32_t>> views(wide.begin(), wide.end());
    step(views);
  }
  // After a step: payloads of the spikes sent in it, by population index.
  virtual std::span<const std::int32_t> spikes(int population) const = 0;
  // After a step: a state of every neuron of a population (index into the model's states).
  virtual void readState(int population, int state, std::span<std::int32_t> out) const = 0;
  virtual void writeState(int population, int state, std::span<const std::int32_t> in) = 0;
  // From the next step on, what arrives is kept for arrived(). False from engines that cannot.
  virtual bool keepArrivals() { return false; }
  // After a step: what arrived in it at the inputs of all cores, in the order of Program::cores.
  virtual void arrived(std::span<std::int32_t> out) const {}
  // Spikes under way, as bytes that fit every engine of the same program (sim/Pending.h): save() and
  // restore() with all states continue bit for bit, also in another engine.
  virtual std::vector<std::uint8_t> save() const = 0;
  virtual Status restore(std::span<const std::uint8_t> bytes) = 0;
  // Overflows since reset(), per neuron.
  virtual OverflowCount overflows(int population) const = 0;
  // False only if overflows() is all zeros for every population.
  virtual bool overflowed() const { return true; }
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string name() const = 0;  // "golden", "vector", "jit"
  virtual const Program& program() const = 0;
  virtual std::unique_ptr<Session> open() const = 0;
};

std::unique_ptr<Engine> makeGolden(std::shared_ptr<const Program> program);
std::unique_ptr<Engine> makeVector(std::shared_ptr<const Program> program);

struct RunOptions : RunControl {
  std::vector<std::string> probes;  // "hidden.v"
  bool recordAllSpikes = true;      // false: outputs only
  bool recordHidden = false;        // also populations made by the compiler
};

// A batch of input: per input of the program, [batch, steps, size] payloads. Byte storage because spikes
// are small; graded inputs beyond 255 use `wide`.
struct InputBatch {
  std::int64_t batch = 0, steps = 0;
  struct Series {
    std::vector<std::uint8_t> narrow;  // at most one of the three is not empty
    std::vector<std::int32_t> wide;
    std::span<const std::uint8_t> borrowed;  // as `narrow`; the caller keeps the bytes alive

    std::span<const std::uint8_t> bytes() const {
      return borrowed.empty() ? std::span<const std::uint8_t>(narrow) : borrowed;
    }
  };
  std::vector<Series> inputs;  // in the order of Program::inputs
};

// Errors: R0601 where the data have other inputs or widths than the program, R0602 for payloads that it does
// not take (of one sample: run() looks just before the sample runs, when it has to come into the cache
// anyway).
Status checkInput(const Program& program, const InputBatch& batch);
Status checkSample(const Program& program, const InputBatch& batch, std::int64_t sample);

// Checks the data against the program (width R0601, encoding R0602, probes R0603, size of the recording
// R0664; cancelled R0604), runs steps + lag steps of every sample, input zero in the extra ones. SPEC T4.
Expected<Recording> run(const Engine& engine, const InputBatch& input, const RunOptions& options);

}  // namespace rheo
