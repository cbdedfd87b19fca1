// Traces become numpy arrays without a copy, numpy arrays become input batches.
#pragma once

#include <pybind11/numpy.h>

#include "Module.h"
#include "sim/Engine.h"
#include "trace/Recording.h"

namespace rheo::python {

// A [batch, steps, width] array that owns the values, a std::vector of any allocator.
template <class Values>
py::array toPython(Values values, std::int64_t batch, std::int64_t steps, std::int64_t width) {
  auto* kept = new Values(std::move(values));
  py::capsule owner(kept, [](void* pointer) { delete static_cast<Values*>(pointer); });
  return py::array_t<typename Values::value_type>({batch, steps, width}, kept->data(), owner);
}

template <class T>
py::array toPython(Trace<T>&& trace) {
  return toPython(std::move(trace.values), trace.batch, trace.steps, trace.width);
}

template <class T>
py::dict toPython(std::map<std::string, Trace<T>>&& traces) {
  py::dict result;
  for (auto& [name, trace] : traces) result[py::str(name)] = toPython(std::move(trace));
  return result;
}

// {spikes, states, outputs, lag, overflows} as plain Python values.
template <class T>
py::dict toPython(BasicRecording<T>&& recording) {
  py::dict result;
  result["spikes"] = toPython(std::move(recording.spikes));
  result["states"] = toPython(std::move(recording.states));
  result["outputs"] = toPython(std::move(recording.outputs));
  result["lag"] = py::cast(recording.lag);
  py::dict overflows;
  for (const auto& [name, count] : recording.overflows) {
    py::dict entry;
    entry["wraps"] = py::array_t<std::int64_t>(count.wraps.size(), count.wraps.data());
    entry["saturations"] = py::array_t<std::int64_t>(count.saturations.size(), count.saturations.data());
    overflows[py::str(name)] = entry;
  }
  result["overflows"] = overflows;
  return result;
}

// One array for each input, all [batch, steps, size], uint8 or int32, C order (the package has checked). The
// batch reads byte arrays where they are: the caller keeps them alive.
InputBatch toBatch(const std::vector<py::array>& arrays);

}  // namespace rheo::python
