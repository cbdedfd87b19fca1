// From how close neurons came to their thresholds to what they do not notice.
#include "faults/Headroom.h"

namespace rheo::faults {
namespace {

constexpr std::int64_t kMostFloats = 1 << 24;  // of each of three arrays; beyond, nothing goes unnoticed

}  // namespace

void weighChanges(const CascadePlan& plan, const CellGroup& group, const Baseline& run,
                  vector::AlignedVector<float>& weights) {
  weights.clear();
  const std::int64_t steps = run.steps();
  if (group.watch == nullptr || steps != plan.steps() || steps * group.width > kMostFloats) return;
  const auto width = static_cast<std::size_t>(group.width);
  const auto rows = static_cast<std::size_t>(steps);
  vector::AlignedVector<float> sensitivity(rows * width), latest((rows + 1) * width), least(width);
  group.watch({steps, group.count, run.arrivingIn(0) + group.firstInput, run.inputs(),
               group.parameters.data(), group.slack.data(), sensitivity.data(), least.data()});
  for (std::size_t n = 0; n < width; ++n)
    least[n] = least[n] <= kFarFromWrapping ? group.least[n] : vector::kAnything;
  weights.resize(rows * width);
  vector::WeighCall call;
  call.steps = steps, call.count = group.count;
  call.window = static_cast<std::int64_t>(group.gain.size() / width);
  call.sensitivity = sensitivity.data(), call.gain = group.gain.data(), call.tail = group.tail.data();
  call.least = least.data(), call.clears = group.clears;
  call.latest = latest.data(), call.weight = weights.data();
  vector::headroomKernels().weigh(call);
}

}  // namespace rheo::faults
