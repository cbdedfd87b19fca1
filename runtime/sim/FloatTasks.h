// Runs of the float network spread over threads, counted, and stopped by a bad input or by the user.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "sim/Engine.h"
#include "support/Error.h"

namespace rheo {

class FloatTasks {
 public:
  // Does one task; false where it was stopped before its end.
  using Work = std::function<bool(std::int64_t task)>;

  // `what` names the tasks in the plural. Options as of RunOptions.
  template <class Options>
  FloatTasks(std::int64_t count, std::string what, const Options& options)
      : count_(count),
        what_(std::move(what)),
        threads_(threadsFor(options.threads, count)),
        progress_(options.progress),
        cancel_(options.cancel) {}

  // Does every task; `makeWork` is called once on each thread. Progress is told by the calling thread.
  // Errors: R0662 after badInput(), R0663 where the user stopped it.
  Status run(const std::function<Work()>& makeWork);

  // Asked by tasks that are long.
  bool stopped() const { return bad_.load() >= 0 || (cancel_ && cancel_->load()); }
  // The input of a sample is not finite: nothing goes on.
  void badInput(std::int64_t sample) { bad_ = sample; }

 private:
  void work(const Work& work, bool report);

  const std::int64_t count_;
  const std::string what_;
  const int threads_;
  const std::function<void(std::int64_t done, std::int64_t total)> progress_;
  const std::atomic<bool>* const cancel_;
  std::atomic<std::int64_t> next_{0}, done_{0}, bad_{-1};
};

}  // namespace rheo
