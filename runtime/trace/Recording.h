// What a run leaves behind: spikes of every population, probed states, outputs, counted overflows. Also
// where two recordings first differ.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "trace/Values.h"

namespace rheo {

// All of a recording is held in memory: a run that would record more is refused before it begins.
inline constexpr std::int64_t kMaxRecordedBytes = std::int64_t{1} << 36;

// [batch, steps, width] values in C order. Spikes are their payload (1 for a plain spike), 0 for none.
template <class T>
struct Trace {
  std::int64_t batch = 0;
  std::int64_t steps = 0;
  std::int64_t width = 0;
  TraceValues<T> values;

  Trace() = default;
  Trace(std::int64_t b, std::int64_t s, std::int64_t w)
      : batch(b), steps(s), width(w), values(static_cast<std::size_t>(b * s * w), T{}) {}
  // As above, but what is not written later is undefined.
  static Trace uncleared(std::int64_t b, std::int64_t s, std::int64_t w) {
    Trace trace;
    trace.batch = b, trace.steps = s, trace.width = w;
    trace.values = TraceValues<T>(static_cast<std::size_t>(b * s * w));
    return trace;
  }
  T* row(std::int64_t sample, std::int64_t step) { return values.data() + (sample * steps + step) * width; }
  const T* row(std::int64_t sample, std::int64_t step) const {
    return values.data() + (sample * steps + step) * width;
  }
};

// Wraps of the current (SPEC N4, N5) and saturations of the potential (N7), per neuron, over all samples.
struct OverflowCount {
  std::vector<std::int64_t> wraps;
  std::vector<std::int64_t> saturations;
};

template <class T>
struct BasicRecording {
  std::map<std::string, Trace<T>> spikes;   // population -> payloads
  std::map<std::string, Trace<T>> states;   // "hidden.v" -> values after the step and its reset (SPEC T6)
  std::map<std::string, Trace<T>> outputs;  // Output node -> what it receives
  std::map<std::string, int> lag;           // population or Output node -> steps behind the float network
  std::map<std::string, OverflowCount> overflows;  // only populations in which something overflowed
};
using Recording = BasicRecording<std::int32_t>;  // of a chip

struct Difference {
  std::string series;  // "hidden.spikes"
  std::int64_t sample = 0, step = 0, neuron = 0;
  double left = 0, right = 0;
};

// Why two recordings cannot be compared in full, one sentence for each series; empty if they can.
template <class T>
std::vector<std::string> comparable(const BasicRecording<T>& left, const BasicRecording<T>& right);

// The first difference in time, then sample, then in the order of names; nullopt if there is none. Series
// that only one side has, and shapes that differ, are not compared: ask `comparable` first.
template <class T>
std::optional<Difference> firstDifference(const BasicRecording<T>& left, const BasicRecording<T>& right);

}  // namespace rheo
