// Where two recordings first differ.
#include "trace/Recording.h"

#include <algorithm>
#include <tuple>

namespace rheo {
namespace {

template <class T>
bool sameShape(const Trace<T>& left, const Trace<T>& right) {
  return left.batch == right.batch && left.steps == right.steps && left.width == right.width;
}

// Floats differ if their values do; two NaNs are the same answer.
template <class T>
bool same(T left, T right) {
  return left == right || (left != left && right != right);
}

// Every series of a recording under the name that users see.
template <class T, class Visit>
void forEachSeries(const BasicRecording<T>& recording, Visit visit) {
  for (const auto& [name, trace] : recording.spikes) visit(name + ".spikes", trace);
  for (const auto& [name, trace] : recording.states) visit(name, trace);
  for (const auto& [name, trace] : recording.outputs) visit(name + ".output", trace);
}

template <class T>
std::map<std::string, const Trace<T>*> seriesOf(const BasicRecording<T>& recording) {
  std::map<std::string, const Trace<T>*> series;
  forEachSeries(recording, [&](const std::string& name, const Trace<T>& trace) { series[name] = &trace; });
  return series;
}

// The first difference of one series in time, then sample, then neuron.
template <class T>
std::optional<Difference> firstOf(const std::string& name, const Trace<T>& left, const Trace<T>& right) {
  for (std::int64_t step = 0; step < left.steps; ++step)
    for (std::int64_t sample = 0; sample < left.batch; ++sample) {
      const T* a = left.row(sample, step);
      const T* b = right.row(sample, step);
      for (std::int64_t neuron = 0; neuron < left.width; ++neuron)
        if (!same(a[neuron], b[neuron]))
          return Difference{
              name, sample, step, neuron, static_cast<double>(a[neuron]), static_cast<double>(b[neuron])};
    }
  return std::nullopt;
}

}  // namespace

template <class T>
std::vector<std::string> comparable(const BasicRecording<T>& left, const BasicRecording<T>& right) {
  std::vector<std::string> problems;
  const auto leftSeries = seriesOf(left), rightSeries = seriesOf(right);
  for (const auto& [name, trace] : leftSeries) {
    const auto other = rightSeries.find(name);
    if (other == rightSeries.end())
      problems.push_back("only the left recording has '" + name + "'");
    else if (!sameShape(*trace, *other->second))
      problems.push_back("the shapes of '" + name + "' differ");
  }
  for (const auto& [name, trace] : rightSeries)
    if (!leftSeries.count(name)) problems.push_back("only the right recording has '" + name + "'");
  return problems;
}

template <class T>
std::optional<Difference> firstDifference(const BasicRecording<T>& left, const BasicRecording<T>& right) {
  std::optional<Difference> first;
  const auto rightSeries = seriesOf(right);
  for (const auto& [name, trace] : seriesOf(left)) {
    const auto other = rightSeries.find(name);
    if (other == rightSeries.end() || !sameShape(*trace, *other->second)) continue;
    const auto found = firstOf(name, *trace, *other->second);
    if (found && (!first || std::tie(found->step, found->sample) < std::tie(first->step, first->sample)))
      first = found;
  }
  return first;
}

template std::vector<std::string> comparable(const BasicRecording<std::int32_t>&,
                                             const BasicRecording<std::int32_t>&);
template std::vector<std::string> comparable(const BasicRecording<float>&, const BasicRecording<float>&);
template std::vector<std::string> comparable(const BasicRecording<double>&, const BasicRecording<double>&);
template std::optional<Difference> firstDifference(const BasicRecording<std::int32_t>&,
                                                   const BasicRecording<std::int32_t>&);
template std::optional<Difference> firstDifference(const BasicRecording<float>&,
                                                   const BasicRecording<float>&);
template std::optional<Difference> firstDifference(const BasicRecording<double>&,
                                                   const BasicRecording<double>&);

}  // namespace rheo
