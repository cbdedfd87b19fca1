// Tasks shared among threads, each of which has a worker of its own: samples of a batch, blocks of faults.
// What comes out depends on the tasks alone, not on the number of threads.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/Error.h"

namespace rheo {

// How long work is shared among threads, told and stopped.
struct RunControl {
  int threads = 0;                                                      // 0: all cores
  std::function<void(std::int64_t done, std::int64_t total)> progress;  // called from the calling thread
  const std::atomic<bool>* cancel = nullptr;

  bool cancelled() const { return cancel != nullptr && cancel->load(std::memory_order_relaxed); }
};

// How many threads so many tasks take; wanted 0: all cores.
int threadsFor(int wanted, std::int64_t tasks);

// For each task: check(task), then work(*worker, task), both a Status; worker = makeWorker() on each thread.
// Errors: that of the first task with one, R0604 with the name of what was cancelled. Work that is long looks
// at the control itself and may end early once it is cancelled.
template <class MakeWorker, class Check, class Work>
Status overThreads(std::int64_t count, const RunControl& control, const std::string& what,
                   MakeWorker makeWorker, Check check, Work work) {
  const int threads = threadsFor(control.threads, count);
  std::atomic<std::int64_t> next{0}, done{0};
  std::atomic<bool> stopped{false};
  std::mutex mutex;
  std::optional<std::pair<std::int64_t, Error>> failure;
  const auto fail = [&](std::int64_t task, Error error) {
    const std::lock_guard lock(mutex);
    if (!failure || task < failure->first) failure.emplace(task, std::move(error));
    stopped = true;
  };
  const auto loop = [&](bool reports) {
    auto worker = makeWorker();
    for (std::int64_t task = next++; task < count; task = next++) {
      // Before looking at `stopped`: then every task before a bad one is checked, and the first is named.
      if (Status status = check(task); !status) fail(task, std::move(status).error());
      if (control.cancelled()) stopped = true;
      if (stopped) break;
      if (Status status = work(*worker, task); !status) fail(task, std::move(status).error());
      if (stopped || control.cancelled()) {
        stopped = true;
        break;
      }
      ++done;
      if (reports && control.progress) control.progress(done, count);
    }
  };
  if (threads == 1) {
    loop(true);
  } else {
    // A task can take less than the waking of a thread: progress is looked at now and then.
    constexpr std::chrono::milliseconds kGlance{20};
    std::vector<std::future<void>> pool;
    for (int t = 0; t < threads; ++t) pool.push_back(std::async(std::launch::async, loop, false));
    std::int64_t reported = 0;
    const auto report = [&] {
      if (control.progress && reported != done) control.progress(reported = done, count);
    };
    for (auto& thread : pool)
      while (thread.wait_for(kGlance) != std::future_status::ready) report();
    for (auto& thread : pool) thread.get();
    report();
  }
  if (failure) return std::move(failure->second);
  if (stopped)
    return Error::of(ErrorKind::Undecided, "R0604", "", "the " + what + " was cancelled", "start it again");
  return ok();
}

}  // namespace rheo
