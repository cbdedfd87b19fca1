// A few threads that wait for loops, and the word that all work is to stop. A loop's iterations write to
// places of their own, so that the result does not depend on the number of threads.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace rheo::partition {

class Workers {
 public:
  explicit Workers(int threads, const std::atomic<bool>* cancel = nullptr) : cancel_(cancel) {
    for (int worker = 1; worker < threads; ++worker) threads_.emplace_back([this, worker] { serve(worker); });
  }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  ~Workers() {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
      ++loop_;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  // Long work looks often, and returns what it has.
  bool cancelled() const { return cancel_ && cancel_->load(std::memory_order_relaxed); }

  int count() const { return static_cast<int>(threads_.size()) + 1; }

  // Calls body(begin, end, worker) for ranges that together are [0, count).
  void run(std::size_t count, const std::function<void(std::size_t, std::size_t, int)>& body) {
    if (threads_.empty() || count < 2) {
      if (count > 0) body(0, count, 0);
      return;
    }
    {
      std::lock_guard lock(mutex_);
      body_ = &body;
      count_ = count;
      busy_ = threads_.size();
      ++loop_;
    }
    wake_.notify_all();
    share(0);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
  }

 private:
  void share(int worker) const {
    const std::size_t begin = count_ * worker / count(), end = count_ * (worker + 1) / count();
    if (begin < end) (*body_)(begin, end, worker);
  }
  void serve(int worker) {
    std::uint64_t seen = 0;
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return loop_ != seen; });
        seen = loop_;
        if (stop_) return;
      }
      share(worker);
      std::lock_guard lock(mutex_);
      if (--busy_ == 0) done_.notify_one();
    }
  }

  const std::atomic<bool>* cancel_;
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::uint64_t loop_ = 0;
  std::size_t count_ = 0, busy_ = 0;
  bool stop_ = false;
  const std::function<void(std::size_t, std::size_t, int)>* body_ = nullptr;
  std::vector<std::thread> threads_;  // last: they use the rest
};

}  // namespace rheo::partition
