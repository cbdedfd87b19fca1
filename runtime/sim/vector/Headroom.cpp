// Neurons side by side, watched for how close they come to their thresholds, once for each instruction set
// (this file includes itself).
#include "sim/vector/Headroom.h"

#include <algorithm>

#include "models/AllModels.h"
#include "sim/vector/Kernels.h"
#include "sim/vector/Targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/vector/Headroom.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "sim/vector/Algebra-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rheo::vector::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using WatchLanes = hn::CappedTag<std::int32_t, kPadding>;
using WatchFloats = hn::CappedTag<float, kPadding>;

// Computes as the others do, and notes what decides. Only what step.h itself calls is seen.
template <CurrentOverflow kRule>
class WatchingAlgebra : public VectorAlgebra<WatchLanes, kRule> {
 public:
  using Base = VectorAlgebra<WatchLanes, kRule>;
  using Int = typename Base::Int;
  using Spike = typename Base::Spike;
  explicit WatchingAlgebra(WatchLanes tag) : Base(tag) {}

  Int room = hn::Set(WatchLanes(), fixed::kPeriod);  // the least that a compared value may be off
  Int largest = hn::Zero(WatchLanes());

  HWY_INLINE Int align(Int input) {
    const Int aligned = Base::align(input);
    largest = hn::Max(largest, hn::Abs(aligned));
    return aligned;
  }
  HWY_INLINE Int wrapCurrent(Int x) {
    largest = hn::Max(largest, hn::Abs(x));
    return Base::wrapCurrent(x);
  }
  HWY_INLINE Spike fire(Int v, Int threshold) {
    const Int below = hn::Sub(threshold, v);  // not negative: no spike, and so far none
    const Int above = hn::Not(below);         // v - threshold - 1
    const Spike fires = Base::fire(v, threshold);
    room = hn::Min(room, hn::IfThenElse(fires, above, below));
    return fires;
  }
};

template <class Model, CurrentOverflow kRule>
HWY_FLATTEN void watchNeurons(const WatchCall& call) {
  constexpr std::size_t kStates = Model::table().states.size();
  constexpr std::size_t kParameters = Model::table().fixedParameters.size();
  const WatchLanes d;
  const WatchFloats df;
  using Int = hn::Vec<WatchLanes>;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const std::int64_t width = padded(static_cast<std::int32_t>(call.count));
  for (std::int64_t n = 0; n < width; n += lanes) {
    Int parameter[std::max<std::size_t>(1, kParameters)], state[kStates];
    for (std::size_t p = 0; p < kParameters; ++p)
      parameter[p] = hn::LoadU(d, call.parameters + static_cast<std::int64_t>(p) * width + n);
    for (std::size_t s = 0; s < kStates; ++s) state[s] = hn::Zero(d);
    const auto slack = hn::LoadU(df, call.slack + n);
    const std::int64_t count = std::clamp<std::int64_t>(call.count - n, 0, lanes);
    HWY_ALIGN std::int32_t last[kPadding] = {};  // where less than a vector is left
    Int largest = hn::Zero(d);
    for (std::int64_t t = 0; t < call.steps; ++t) {
      WatchingAlgebra<kRule> algebra(d);
      const std::int32_t* arriving = call.input + t * call.inputStride + n;
      if (count < lanes) {
        std::copy_n(arriving, count, last);
        arriving = last;
      }
      const Int input[1] = {hn::LoadU(d, arriving)};
      const auto spike = Model::step(algebra, state, input, parameter);
      largest = hn::Max(largest, algebra.largest);
      const auto room = hn::Sub(hn::ConvertTo(df, algebra.room), slack);
      const auto none = hn::Lt(room, hn::Set(df, 1.0f));
      const auto sensitivity = hn::IfThenElse(none, hn::Set(df, kAnything), hn::Div(hn::Set(df, 1.0f), room));
      const auto fires = hn::RebindMask(df, spike);
      hn::StoreU(hn::IfThenElse(fires, hn::Neg(sensitivity), sensitivity), df,
                 call.sensitivity + t * width + n);
    }
    hn::StoreU(hn::ConvertTo(df, largest), df, call.largest + n);
  }
}

void weigh(const WeighCall& call) {
  const WatchFloats df;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(df));
  const std::int64_t width = padded(static_cast<std::int32_t>(call.count));
  for (std::int64_t n = 0; n < width; n += lanes) {
    const auto least = hn::LoadU(df, call.least + n), tail = hn::LoadU(df, call.tail + n);
    // The largest sensitivity from each step on.
    auto later = hn::Zero(df);
    hn::StoreU(later, df, call.latest + call.steps * width + n);
    for (std::int64_t t = call.steps; t-- > 0;) {
      later = hn::Max(later, hn::Abs(hn::LoadU(df, call.sensitivity + t * width + n)));
      hn::StoreU(later, df, call.latest + t * width + n);
    }
    for (std::int64_t a = 0; a < call.steps; ++a) {
      auto weight = least;
      auto lasts = hn::Eq(least, least);
      const std::int64_t end = std::min(call.steps, a + call.window);
      for (std::int64_t t = a; t < end; ++t) {
        const auto sensitivity = hn::LoadU(df, call.sensitivity + t * width + n);
        const auto gain = hn::LoadU(df, call.gain + (t - a) * width + n);
        weight = hn::Max(weight, hn::IfThenElseZero(lasts, hn::Mul(hn::Abs(sensitivity), gain)));
        if (!call.clears) continue;
        lasts = hn::And(lasts, hn::Ge(sensitivity, hn::Zero(df)));
        if (hn::AllFalse(df, lasts)) break;
      }
      const auto behind = hn::Mul(tail, hn::LoadU(df, call.latest + end * width + n));
      weight = hn::Max(weight, hn::IfThenElseZero(lasts, behind));
      hn::StoreU(weight, df, call.weight + a * width + n);
    }
  }
}

void addWeighted(const std::int32_t* change, const float* weight, std::int64_t count, float* sum) {
  const WatchLanes d;
  const WatchFloats df;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t n = 0;
  for (; n + lanes <= count; n += lanes) {
    const auto size = hn::ConvertTo(df, hn::Abs(hn::LoadU(d, change + n)));
    hn::StoreU(hn::MulAdd(size, hn::LoadU(df, weight + n), hn::LoadU(df, sum + n)), df, sum + n);
  }
  for (; n < count; ++n) sum[n] += static_cast<float>(change[n] < 0 ? -change[n] : change[n]) * weight[n];
}

std::int64_t findAtLeast(const float* sum, std::int64_t count, float limit, std::int32_t* found) {
  const WatchFloats df;
  const WatchLanes d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(df));
  std::int64_t n = 0, size = 0;
  for (; n + lanes <= count; n += lanes) {
    const auto mask = hn::Not(hn::Lt(hn::LoadU(df, sum + n), hn::Set(df, limit)));
    if (hn::AllFalse(df, mask)) continue;
    const auto index = hn::Iota(d, static_cast<std::int32_t>(n));
    size += static_cast<std::int64_t>(hn::CompressStore(index, hn::RebindMask(d, mask), d, found + size));
  }
  for (; n < count; ++n)
    if (!(sum[n] < limit)) found[size++] = static_cast<std::int32_t>(n);
  return size;
}

template <class Model>
WatchFunction watcherOf(CurrentOverflow rule) {
  if constexpr (Model::table().spiking && !Model::table().graded && !Model::table().microcode &&
                Model::table().ports.size() == 1)
    return rule == CurrentOverflow::WrapOnce ? &watchNeurons<Model, CurrentOverflow::WrapOnce>
                                             : &watchNeurons<Model, CurrentOverflow::WrapTwos>;
  return nullptr;
}

WatchFunction findWatcher(std::uint8_t opcode, CurrentOverflow rule) {
#define RHEO_MODEL(name) \
  if (opcode == models::name::kTable.opcode) return watcherOf<name##Model>(rule);
#include "models/Models.def"
#undef RHEO_MODEL
  return nullptr;
}

const HeadroomKernels* kernelsOfHeadroom() {
  static constexpr HeadroomKernels kKernels{&weigh, &addWeighted, &findAtLeast};
  return &kKernels;
}

}  // namespace rheo::vector::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rheo::vector {
HWY_EXPORT(findWatcher);
HWY_EXPORT(kernelsOfHeadroom);
WatchFunction watchFunction(const models::ModelTable& model, CurrentOverflow rule) {
  return HWY_DYNAMIC_DISPATCH(findWatcher)(model.opcode, rule);
}
const HeadroomKernels& headroomKernels() { return *HWY_DYNAMIC_DISPATCH(kernelsOfHeadroom)(); }
}  // namespace rheo::vector
#endif
