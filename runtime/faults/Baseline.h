// The undisturbed run of one sample with everything that a fault could meet: what arrives, the states, what
// is sent, step by step.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "faults/FlatProgram.h"
#include "sim/Engine.h"

namespace rheo::faults {

class Baseline {
 public:
  // Quick: what arrives, states and spikes are asked of the vector engine, where nothing has to be known that
  // it does not keep (shifted sums). Else neuron by neuron, as the rules say it.
  enum class Way : std::uint8_t { Quick, Plain };
  explicit Baseline(Way way = Way::Quick) : way_(way) {}

  // `input` is the batch, `sample` the one of it to run; steps + lag steps, the last ones without input.
  // Expects data that checkInput() accepted. SPEC T1 to T6, like the golden model.
  void run(const FlatProgram& flat, const InputBatch& input, std::int64_t sample);

  std::int64_t steps() const { return steps_; }          // with the lag
  std::int64_t dataSteps() const { return dataSteps_; }  // without
  std::int64_t sample() const { return sample_; }
  // What a source sends in a step; channels first.
  std::int32_t sent(std::int64_t step, std::int32_t source) const {
    return sent_[at(step, sources_, source)];
  }
  std::int32_t arriving(std::int64_t step, std::int32_t input) const {
    return arriving_[at(step, inputs_, input)];
  }
  // In which steps a source sends anything, as vector::TrainCall has them.
  std::span<const std::uint32_t> train(std::int32_t source) const {
    return std::span(trains_).subspan(static_cast<std::size_t>(source * words_),
                                      static_cast<std::size_t>(words_));
  }
  // The first step in which it does; steps() where there is none.
  std::int64_t firstSent(std::int32_t source) const {
    const auto words = train(source);
    for (std::size_t w = 0; w < words.size(); ++w)
      if (words[w] != 0) return static_cast<std::int64_t>(w) * 32 + __builtin_ctz(words[w]);
    return steps_;
  }
  // What arrives at all inputs.
  const std::int32_t* arrivingIn(std::int64_t step) const { return &arriving_[at(step, inputs_, 0)]; }
  std::int64_t inputs() const { return inputs_; }
  // The states of a cell after a step: as many as the largest model of the program has, the others 0.
  const std::int32_t* states(std::int64_t step, std::int32_t cell) const {
    return &states_[at(step, cells_, cell) * stride_];
  }
  std::size_t stateCount() const { return stride_; }
  // Of a shifted sum, what it held when it was shifted to arrive in this step.
  std::int32_t sum(std::int64_t step, std::int64_t place) const { return sums_[at(step, width_, place)]; }

  // Bytes that a sample of so many steps takes.
  static std::uint64_t bytes(const FlatProgram& flat, std::int64_t steps);

 private:
  static std::size_t at(std::int64_t step, std::int64_t width, std::int64_t index) {
    return static_cast<std::size_t>(step * width + index);
  }
  void runPlainly(const FlatProgram& flat, const InputBatch& input);
  bool runQuickly(const FlatProgram& flat, const InputBatch& input);
  void deliver(const FlatProgram& flat, std::int64_t step);
  void sendInputs(const InputBatch& input, const FlatProgram& flat, std::int64_t step);
  void readStates(const FlatProgram& flat, std::int64_t step);
  void noteTrains();
  void findRuns(const FlatProgram& flat);

  Way way_;
  std::shared_ptr<const Program> opened_;  // whose session this is; kept, so that no other has its address
  std::unique_ptr<Session> session_;
  std::int64_t steps_ = 0, dataSteps_ = 0, sample_ = 0;
  std::int64_t sources_ = 0, inputs_ = 0, cells_ = 0, width_ = 0, words_ = 0;
  std::size_t stride_ = 0;  // of states
  std::vector<std::int32_t> sent_, arriving_, states_, sums_;
  std::vector<std::uint32_t> trains_;  // [sources][words]
  std::vector<std::int32_t> values_;   // of one state
  // Neighbouring neurons of a population whose cells are neighbours, too.
  struct Run {
    std::int32_t population, neuron, cell, count;
  };
  std::vector<Run> runs_;  // of `opened_`
};

}  // namespace rheo::faults
