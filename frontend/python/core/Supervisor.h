// Long work on a thread of its own, while the calling Python thread reports progress and watches for Ctrl-C.
#pragma once

#include <pybind11/pybind11.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <utility>

namespace rheo::python {

namespace py = pybind11;

// What the work may use: it tells its progress and stops soon after `cancel` became true.
struct Watch {
  std::atomic<bool> cancel{false};
  std::atomic<std::int64_t> done{0}, total{0};

  std::function<void(std::int64_t, std::int64_t)> progress() {
    return [this](std::int64_t d, std::int64_t t) {
      total = t;
      done = d;
    };
  }
};

// Whether an interrupted call waits until its work saw `cancel`. Work that is left behind has to own
// everything it uses; it ends by itself, at the latest before the interpreter does.
enum class OnInterrupt { Wait, LeaveBehind };

// Keeps work that was left behind, and has the interpreter wait for it before it exits.
void leaveBehind(std::shared_ptr<void> future);

// Called with the GIL, which is released but for moments; the work runs without it. `progress` is None or a
// Python callable (done, total). What a signal handler or `progress` raises is raised here, and the result is
// lost.
template <class Work>
auto supervised(const py::object& progress, Work work, OnInterrupt onInterrupt = OnInterrupt::Wait) {
  constexpr std::chrono::milliseconds kGlance{40};
  struct State {
    Watch watch;
    Work work;
  };
  using Result = decltype(work(std::declval<Watch&>()));
  const auto state = std::shared_ptr<State>(new State{{}, std::move(work)});
  const auto result = std::make_shared<std::future<Result>>();
  std::exception_ptr raised;
  {
    py::gil_scoped_release release;
    *result = std::async(std::launch::async, [state] { return state->work(state->watch); });
    std::int64_t reported = -1;
    const auto glance = [&] {
      py::gil_scoped_acquire acquire;
      try {
        if (PyErr_CheckSignals() != 0) throw py::error_already_set();
        const std::int64_t done = state->watch.done, total = state->watch.total;
        if (!progress.is_none() && total > 0 && done != reported) progress(reported = done, total);
      } catch (...) {
        raised = std::current_exception();
        state->watch.cancel = true;
      }
    };
    while (result->wait_for(kGlance) != std::future_status::ready && !raised) glance();
    if (!raised) glance();  // the last figures, and a signal that came while the work ended
    if (raised && onInterrupt == OnInterrupt::Wait) result->wait();
  }
  if (raised) {
    if (onInterrupt == OnInterrupt::LeaveBehind) leaveBehind(result);
    std::rethrow_exception(raised);
  }
  return result->get();
}

}  // namespace rheo::python
