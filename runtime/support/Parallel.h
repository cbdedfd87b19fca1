// Independent work shared among threads. Each index writes to places of its own, so that the result does not
// depend on the number of threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace rheo {

// Shares of work that pay for a thread, where each weight, or each neuron, is looked at once.
inline constexpr std::int64_t kWeightsPerThread = 1 << 18;
inline constexpr std::int64_t kNeuronsPerThread = 1 << 13;

// That this process may run on: `taskset` and its kin leave fewer than the machine has.
int availableProcessors();

// As many as there are available processors, but none for less than `share` of the work each; `wanted` where
// positive.
inline int threadsWorth(std::int64_t work, std::int64_t share, int wanted = 0) {
  if (wanted > 0) return wanted;
  if (work < 2 * share) return 1;
  return static_cast<int>(std::clamp<std::int64_t>(work / share, 1, availableProcessors()));
}

// Calls body(i) for each i below `count`, in ascending order on each thread; the caller's thread is one of
// them. What a body throws is thrown again, behind all threads' ends. Not a template, so that code without
// exceptions can call it.
void inParallel(int threads, std::size_t count, const std::function<void(std::size_t)>& body);

}  // namespace rheo
