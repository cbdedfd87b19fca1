// Independent work shared among threads. Each index writes to places of its own, so that the result does not
// depend on the number of threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace rheo {

// As many as the machine has cores, but none for less than `share` of the work each; `wanted` where positive.
inline int threadsWorth(std::int64_t work, std::int64_t share, int wanted = 0) {
  if (wanted > 0) return wanted;
  const auto cores = static_cast<std::int64_t>(std::max(1u, std::thread::hardware_concurrency()));
  return static_cast<int>(std::clamp<std::int64_t>(work / share, 1, cores));
}

// Calls body(i) for each i below `count`, in ascending order on each thread; the caller's thread is one of
// them. What a body throws is thrown again, behind all threads' ends.
template <class Body>
void inParallel(int threads, std::size_t count, const Body& body) {
  std::atomic<std::size_t> next{0};
  std::exception_ptr thrown;
  std::mutex mutex;
  const auto work = [&] {
    try {
      for (std::size_t i = next++; i < count; i = next++) body(i);
    } catch (...) {
      next = count;
      const std::lock_guard lock(mutex);
      thrown = std::current_exception();
    }
  };
  std::vector<std::thread> helpers;
  try {
    while (static_cast<int>(helpers.size()) + 1 < threads && helpers.size() + 1 < count)
      helpers.emplace_back(work);
  } catch (const std::exception&) {  // a system without threads to spare: the caller does what is left
  }
  work();
  for (std::thread& helper : helpers) helper.join();
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace rheo
