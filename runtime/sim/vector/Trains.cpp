// The trains of one neuron under many changes, once for each instruction set (this file includes itself).
#include "sim/vector/Trains.h"

#include <algorithm>

#include "models/AllModels.h"
#include "sim/vector/Kernels.h"
#include "sim/vector/Targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/vector/Trains.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "sim/vector/Algebra-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rheo::vector::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using TrainLanes = hn::CappedTag<std::int32_t, kPadding>;

// kVectors vectors of lanes at once: each waits for its own products, so that together they do not.
template <class Model, CurrentOverflow kRule, int kVectors>
HWY_INLINE void runLanes(const TrainCall& call, std::int64_t first) {
  constexpr std::size_t kStates = Model::table().states.size();
  constexpr std::size_t kParameters = Model::table().fixedParameters.size();
  const TrainLanes d;
  const hn::RebindToUnsigned<TrainLanes> du;
  using Int = hn::Vec<TrainLanes>;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  Int parameter[std::max<std::size_t>(1, kParameters)], state[kVectors][kStates], change[kVectors];
  for (std::size_t p = 0; p < kParameters; ++p) parameter[p] = hn::Set(d, call.parameters[p]);
  for (int v = 0; v < kVectors; ++v) {
    for (std::size_t s = 0; s < kStates; ++s) state[v][s] = hn::Zero(d);
    change[v] = hn::LoadU(d, call.change + first + v * lanes);
  }
  VectorAlgebra<TrainLanes, kRule> algebra(d);
  for (std::int64_t word = 0; word * 32 < call.steps; ++word) {
    Int when[kVectors], sent[kVectors];
    for (int v = 0; v < kVectors; ++v) {
      when[v] = hn::BitCast(d, hn::LoadU(du, call.when + word * call.stride + first + v * lanes));
      sent[v] = hn::Zero(d);
    }
    const std::int64_t end = std::min<std::int64_t>(32, call.steps - word * 32);
    for (std::int64_t t = 0; t < end; ++t) {
      const Int bit = hn::Set(d, static_cast<std::int32_t>(std::uint32_t{1} << t));
      const Int intact = hn::Set(d, call.input[word * 32 + t]);
      for (int v = 0; v < kVectors; ++v) {
        const auto changed = hn::Ne(hn::And(when[v], bit), hn::Zero(d));
        const Int input[1] = {hn::Add(intact, hn::IfThenElseZero(changed, change[v]))};
        const auto spike = Model::step(algebra, state[v], input, parameter);
        sent[v] = hn::Or(sent[v], hn::IfThenElseZero(spike, bit));
      }
    }
    for (int v = 0; v < kVectors; ++v)
      hn::StoreU(hn::BitCast(du, sent[v]), du, call.sent + word * call.stride + first + v * lanes);
  }
}

// Differences of a state lie within 25 bits: so many of them add up in 31.
constexpr std::int64_t kStepsPerSum = 32;

template <class Model, CurrentOverflow kRule, int kVectors>
HWY_INLINE void runScenario(const ScenarioCall& call, std::int64_t lane) {
  constexpr std::size_t kStates = Model::table().states.size();
  constexpr std::size_t kParameters = Model::table().fixedParameters.size();
  constexpr bool kSpiking = Model::table().spiking;
  const TrainLanes d;
  const hn::RebindToUnsigned<TrainLanes> du;
  using Int = hn::Vec<TrainLanes>;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  Int parameter[std::max<std::size_t>(1, kParameters)], state[kVectors][kStates];
  for (std::size_t p = 0; p < kParameters; ++p) parameter[p] = hn::Set(d, call.parameters[p]);
  for (int v = 0; v < kVectors; ++v)
    for (std::size_t s = 0; s < kStates; ++s) state[v][s] = hn::Set(d, call.states[s]);
  VectorAlgebra<TrainLanes, kRule> algebra(d);
  Int sent[kVectors], sum[kVectors], distance[kVectors];
  for (int v = 0; v < kVectors; ++v) sent[v] = sum[v] = distance[v] = hn::Zero(d);
  for (std::int64_t t = call.first; t < call.steps; ++t) {
    const Int bit = hn::Set(d, static_cast<std::int32_t>(std::uint32_t{1} << (t % 32)));
    const Int intact = hn::Set(d, call.input[t]);
    for (int v = 0; v < kVectors; ++v) {
      const Int change = hn::LoadU(d, call.change + t * call.lanes + lane + v * lanes);
      const Int input[1] = {hn::Add(intact, change)};
      [[maybe_unused]] const auto spike = Model::step(algebra, state[v], input, parameter);
      if constexpr (kSpiking) {
        sent[v] = hn::Or(sent[v], hn::IfThenElseZero(spike, bit));
      } else if (t >= call.from && t < call.to) {
        Int shown = state[v][0];
        for (std::size_t s = 1; s < kStates; ++s)
          if (call.state == static_cast<int>(s)) shown = state[v][s];
        const Int off = hn::Sub(shown, hn::Set(d, call.intact[t]));
        sum[v] = hn::Add(sum[v], off);
        distance[v] = hn::Add(distance[v], hn::Abs(off));
      }
    }
    const bool last = t + 1 == call.steps;
    if (kSpiking && (t % 32 == 31 || last))
      for (int v = 0; v < kVectors; ++v) {
        hn::StoreU(hn::BitCast(du, sent[v]), du, call.sent + t / 32 * call.lanes + lane + v * lanes);
        sent[v] = hn::Zero(d);
      }
    if (!kSpiking && (t % kStepsPerSum == kStepsPerSum - 1 || last))
      for (int v = 0; v < kVectors; ++v) {
        HWY_ALIGN std::int32_t values[2][kPadding];
        hn::Store(sum[v], d, values[0]);
        hn::Store(distance[v], d, values[1]);
        for (std::int64_t k = 0; k < lanes; ++k) {
          call.sum[lane + v * lanes + k] += values[0][k];
          call.distance[lane + v * lanes + k] += values[1][k];
        }
        sum[v] = distance[v] = hn::Zero(d);
      }
  }
}

template <class Model, CurrentOverflow kRule>
HWY_FLATTEN void runScenarios(const ScenarioCall& call) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(TrainLanes()));
  std::int64_t x = 0;
  for (; x + 4 * lanes <= call.lanes; x += 4 * lanes) runScenario<Model, kRule, 4>(call, x);
  for (; x + 2 * lanes <= call.lanes; x += 2 * lanes) runScenario<Model, kRule, 2>(call, x);
  for (; x < call.lanes; x += lanes) runScenario<Model, kRule, 1>(call, x);
}

template <class Model, CurrentOverflow kRule>
HWY_FLATTEN void runTrains(const TrainCall& call) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(TrainLanes()));
  std::int64_t x = 0;
  for (; x + 4 * lanes <= call.lanes; x += 4 * lanes) runLanes<Model, kRule, 4>(call, x);
  for (; x + 2 * lanes <= call.lanes; x += 2 * lanes) runLanes<Model, kRule, 2>(call, x);
  for (; x < call.lanes; x += lanes) runLanes<Model, kRule, 1>(call, x);
}

template <class Model>
TrainFunction functionOf(CurrentOverflow rule) {
  if constexpr (Model::table().spiking && !Model::table().graded && Model::table().ports.size() == 1)
    return rule == CurrentOverflow::WrapOnce ? &runTrains<Model, CurrentOverflow::WrapOnce>
                                             : &runTrains<Model, CurrentOverflow::WrapTwos>;
  return nullptr;
}

template <class Model>
ScenarioFunction scenariosOf(CurrentOverflow rule) {
  if constexpr (!Model::table().graded && !Model::table().microcode && Model::table().ports.size() == 1)
    return rule == CurrentOverflow::WrapOnce ? &runScenarios<Model, CurrentOverflow::WrapOnce>
                                             : &runScenarios<Model, CurrentOverflow::WrapTwos>;
  return nullptr;
}

ScenarioFunction findScenarios(std::uint8_t opcode, CurrentOverflow rule) {
#define RHEO_MODEL(name) \
  if (opcode == models::name::kTable.opcode) return scenariosOf<name##Model>(rule);
#include "models/Models.def"
#undef RHEO_MODEL
  return nullptr;
}

TrainFunction findTrains(std::uint8_t opcode, CurrentOverflow rule) {
#define RHEO_MODEL(name) \
  if (opcode == models::name::kTable.opcode) return functionOf<name##Model>(rule);
#include "models/Models.def"
#undef RHEO_MODEL
  return nullptr;
}

}  // namespace rheo::vector::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rheo::vector {
HWY_EXPORT(findTrains);
HWY_EXPORT(findScenarios);
ScenarioFunction scenarioFunction(const models::ModelTable& model, CurrentOverflow rule) {
  return HWY_DYNAMIC_DISPATCH(findScenarios)(model.opcode, rule);
}
TrainFunction trainFunction(const models::ModelTable& model, CurrentOverflow rule) {
  return HWY_DYNAMIC_DISPATCH(findTrains)(model.opcode, rule);
}
}  // namespace rheo::vector
#endif
