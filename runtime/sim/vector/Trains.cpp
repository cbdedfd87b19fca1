// The trains of one neuron under many changes, once for each instruction set (this file includes itself).
#include "sim/vector/Trains.h"

#include <algorithm>

#include "models/AllModels.h"
#include "sim/vector/Kernels.h"

#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

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

template <class Model, CurrentOverflow kRule>
void runTrains(const TrainCall& call) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(TrainLanes()));
  std::int64_t x = 0;
  for (; x + 4 * lanes <= call.lanes; x += 4 * lanes) runLanes<Model, kRule, 4>(call, x);
  for (; x < call.lanes; x += lanes) runLanes<Model, kRule, 1>(call, x);
}

#define RHEO_MODEL(name)                                                                    \
  struct name##Train {                                                                      \
    static constexpr const models::ModelTable& table() { return models::name::kTable; }     \
    template <class A>                                                                      \
    static HWY_INLINE auto step(A& a, typename A::Int* state, const typename A::Int* input, \
                                const typename A::Int* p) {                                 \
      return name::step(a, state, input, p);                                                \
    }                                                                                       \
  };
#include "models/Models.def"
#undef RHEO_MODEL

template <class Model>
TrainFunction functionOf(CurrentOverflow rule) {
  if constexpr (Model::table().spiking && !Model::table().graded && Model::table().ports.size() == 1)
    return rule == CurrentOverflow::WrapOnce ? &runTrains<Model, CurrentOverflow::WrapOnce>
                                             : &runTrains<Model, CurrentOverflow::WrapTwos>;
  return nullptr;
}

TrainFunction findTrains(std::uint8_t opcode, CurrentOverflow rule) {
#define RHEO_MODEL(name) \
  if (opcode == models::name::kTable.opcode) return functionOf<name##Train>(rule);
#include "models/Models.def"
#undef RHEO_MODEL
  return nullptr;
}

}  // namespace rheo::vector::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rheo::vector {
HWY_EXPORT(findTrains);
TrainFunction trainFunction(const models::ModelTable& model, CurrentOverflow rule) {
  return HWY_DYNAMIC_DISPATCH(findTrains)(model.opcode, rule);
}
}  // namespace rheo::vector
#endif
