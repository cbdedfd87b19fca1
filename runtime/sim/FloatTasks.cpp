#include "sim/FloatTasks.h"

#include <fmt/format.h>

#include <thread>
#include <vector>

namespace rheo {

void FloatTasks::work(const Work& work, bool report) {
  for (std::int64_t task = next_++; task < count_ && !stopped(); task = next_++) {
    if (!work(task)) return;
    ++done_;
    if (report && progress_) progress_(done_.load(), count_);
  }
}

Status FloatTasks::run(const std::function<Work()>& makeWork) {
  std::vector<std::thread> helpers;
  for (int t = 1; t < threads_; ++t) helpers.emplace_back([&] { work(makeWork(), false); });
  work(makeWork(), true);
  for (std::thread& helper : helpers) helper.join();
  if (bad_.load() >= 0)
    return Error::of(ErrorKind::Data, "R0662", "",
                     fmt::format("the input of sample {} holds a value that is not finite", bad_.load()),
                     "remove NaN and infinity from the data");
  if (done_.load() < count_)
    return Error::of(ErrorKind::Undecided, "R0663", "",
                     fmt::format("stopped after {} of {} {}", done_.load(), count_, what_),
                     "run again to the end");
  if (progress_) progress_(count_, count_);
  return ok();
}

}  // namespace rheo
