#include "sim/FitConventions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <tuple>

#include "sim/FloatStep.h"
#include "sim/FloatTasks.h"

namespace rheo {
namespace {

// Where a series is read from in a run.
struct SeriesPlace {
  int node = -1;
  int state = -1;  // -1: what the node hands on
  std::size_t stride = 1;
};

Expected<SeriesPlace> placeOf(const Network& network, const RecordedSeries& series,
                              const FloatInput<float>& input) {
  SeriesPlace place;
  place.node = network.find(series.node);
  const Node* node = place.node < 0 ? nullptr : &network.nodes[place.node];
  const models::ModelTable* model = node ? models::findNodeModel(node->kind).model : nullptr;
  bool known = node && series.state.empty() && (node->spiking() || node->kind == "Output");
  if (model && !series.state.empty()) {
    const auto state = std::find(model->states.begin(), model->states.end(), series.state);
    known = state != model->states.end();
    place.state = static_cast<int>(state - model->states.begin());
    place.stride = model->states.size();
  }
  if (!known)
    return Error::of(ErrorKind::Data, "R0661", series.node,
                     fmt::format("the network has nothing to compare with '{}{}{}'", series.node,
                                 series.state.empty() ? "" : ".", series.state),
                     "give spikes of a population, what an Output receives, or a state such as hidden.v");
  const Trace<float>& values = series.values;
  if (values.batch == input.batch && values.steps == input.steps && values.width == node->outputSize())
    return place;
  return Error::of(
      ErrorKind::Data, "R0660", series.node,
      fmt::format("the recording of '{}' is [{}, {}, {}], a run on this input [{}, {}, {}]", series.node,
                  values.batch, values.steps, values.width, input.batch, input.steps, node->outputSize()),
      "record every step of the same input, [samples, steps, neurons]");
}

// How a run differs from the recording, for one offset.
struct Comparison {
  ConventionFit fit;
  bool open = true;

  void compare(const RecordedSeries& series, int index, std::int64_t sample, std::int64_t step,
               const float* ours, std::size_t stride) {
    const float* recorded = series.values.row(sample, step);
    const std::int64_t width = series.values.width;
    fit.cells += width;
    for (std::int64_t i = 0; i < width; ++i) {
      const float value = ours ? ours[static_cast<std::size_t>(i) * stride] : 0;
      if (value == recorded[i]) continue;
      const float scale = std::max({1.0f, std::abs(value), std::abs(recorded[i])});
      if (std::abs(value - recorded[i]) <= series.tolerance * scale) continue;
      const auto order = std::tuple(sample, step, index);
      if (fit.wrong++ == 0 || order < std::tuple(fit.sample, fit.step, fit.series)) {
        fit.series = index;
        fit.sample = sample;
        fit.step = step;
        fit.neuron = i;
        fit.ours = value;
        fit.recorded = recorded[i];
      }
    }
  }
};

class Search {
 public:
  Search(const Network& network, const FloatInput<float>& input, std::span<const RecordedSeries> recorded,
         const std::vector<SeriesPlace>& places, const FitOptions& options)
      : network_(network),
        input_(input),
        recorded_(recorded),
        places_(places),
        options_(options),
        sets_(conventionSets(network, options)),
        tasks_(static_cast<std::int64_t>(sets_.size()), "sets of conventions", options) {
    for (const double dt : options.timeSteps) maps_.try_emplace(dt, makeFloatMaps<float>(network, dt));
  }

  Expected<FitResult> run() {
    const auto makeWork = [&]() -> FloatTasks::Work {
      return [&, mine = network_](std::int64_t set) mutable {
        tryOut(mine, static_cast<std::size_t>(set));
        return !tasks_.stopped();
      };
    };
    if (Status status = tasks_.run(makeWork); !status) return status.error();
    FitResult result;
    result.tried = static_cast<std::int64_t>(sets_.size());
    for (Kept& kept : kept_) result.fits.push_back(std::move(kept.fit));
    return result;
  }

 private:
  struct Kept {
    ConventionFit fit;
    std::size_t set = 0, offset = 0;
    auto key() const { return std::tuple(fit.wrong, set, offset); }
  };

  void tryOut(Network& network, std::size_t set) {
    setConventions(network, sets_[set]);
    const FloatProgram<float> program = prepareFloat<float>(network, maps_.at(network.conventions.dt));
    FloatState<float> state(program);
    std::vector<Comparison> comparisons;
    for (const int offset : options_.offsets) {
      comparisons.emplace_back();
      comparisons.back().fit.conventions = network.conventions;
      comparisons.back().fit.offset = offset;
    }
    for (std::int64_t sample = 0; sample < input_.batch; ++sample)
      if (!trySample(state, sample, comparisons)) return;
    std::scoped_lock lock(mutex_);
    for (std::size_t i = 0; i < comparisons.size(); ++i)
      if (comparisons[i].open) keep({comparisons[i].fit, set, i});
  }

  // False where no offset can be among the best any more.
  bool trySample(FloatState<float>& state, std::int64_t sample, std::vector<Comparison>& comparisons) {
    state.clear();
    for (Comparison& comparison : comparisons)  // what was recorded before the run's first step
      if (comparison.open)
        for (std::int64_t step = 0; step < std::min<std::int64_t>(comparison.fit.offset, input_.steps);
             ++step)
          for (std::size_t s = 0; s < recorded_.size(); ++s)
            comparison.compare(recorded_[s], static_cast<int>(s), sample, step, nullptr, 1);
    for (std::int64_t time = 0; time < input_.steps; ++time) {
      if (tasks_.stopped()) return false;
      const auto observe = [&](int node) {
        for (std::size_t s = 0; s < recorded_.size(); ++s) {
          if (places_[s].node != node) continue;
          const float* ours =
              places_[s].state < 0 ? state.output(node).data() : state.states(node).data() + places_[s].state;
          for (Comparison& comparison : comparisons) {
            const std::int64_t step = time + comparison.fit.offset;
            if (comparison.open && step >= 0 && step < input_.steps)
              comparison.compare(recorded_[s], static_cast<int>(s), sample, step, ours, places_[s].stride);
          }
        }
      };
      if (!state.step(input_, sample, time, observe)) {
        tasks_.badInput(sample);
        return false;
      }
      const std::int64_t limit = limit_.load();
      bool open = false;
      for (Comparison& comparison : comparisons) {
        comparison.open = comparison.open && comparison.fit.wrong <= limit;
        open |= comparison.open;
      }
      if (!open) return false;
    }
    return true;
  }

  // Every exact fit, or the nearest ones. What is worse than all that are kept already need not be run to its
  // end; equally good ones are, so that the result does not depend on which came first.
  void keep(Kept kept) {
    const auto place = std::upper_bound(kept_.begin(), kept_.end(), kept,
                                        [](const Kept& a, const Kept& b) { return a.key() < b.key(); });
    kept_.insert(place, std::move(kept));
    if (kept_.front().fit.wrong == 0) {
      std::erase_if(kept_, [](const Kept& k) { return k.fit.wrong > 0; });
      limit_ = 0;
    } else if (kept_.size() >= options_.nearest) {
      kept_.resize(options_.nearest);
      limit_ = kept_.back().fit.wrong;
    }
  }

  const Network& network_;
  const FloatInput<float>& input_;
  const std::span<const RecordedSeries> recorded_;
  const std::vector<SeriesPlace>& places_;
  const FitOptions& options_;
  const std::vector<Conventions> sets_;
  std::map<double, FloatMapsOf<float>> maps_;
  FloatTasks tasks_;
  std::atomic<std::int64_t> limit_{std::numeric_limits<std::int64_t>::max()};
  std::mutex mutex_;
  std::vector<Kept> kept_;
};

}  // namespace

std::vector<Conventions> conventionSets(const Network& network, const FitOptions& options) {
  const ConventionUses uses = usesOf(network);
  std::vector<Conventions> sets;
  for (const double dt : options.timeSteps) {
    sets.emplace_back();
    sets.back().dt = dt;
  }
  for (const ConventionRow& row : conventionRows()) {
    std::vector<int> values = row.rounding ? std::vector<int>{0} : row.distinct(uses);
    if (const std::optional<int> pinned = row.pinnedIn(options.pinned)) values = {*pinned};
    std::vector<Conventions> longer;
    for (const Conventions& set : sets)
      for (const int value : values) {
        longer.push_back(set);
        row.setIn(longer.back(), value);
      }
    sets = std::move(longer);
  }
  const auto deviations = [](const Conventions& set) {
    return std::count_if(conventionRows().begin(), conventionRows().end(),
                         [&](const ConventionRow& row) { return row.valueIn(set) != 0; });
  };
  std::stable_sort(sets.begin(), sets.end(),
                   [&](const Conventions& a, const Conventions& b) { return deviations(a) < deviations(b); });
  return sets;
}

Expected<FitResult> fitConventions(const Network& network, const FloatInput<float>& input,
                                   std::span<const RecordedSeries> recorded, const FitOptions& options) {
  if (const Status status = checkFloatInput(network, input); !status) return status.error();
  std::vector<SeriesPlace> places;
  for (const RecordedSeries& series : recorded) {
    const Expected<SeriesPlace> place = placeOf(network, series, input);
    if (!place) return place.error();
    places.push_back(*place);
  }
  return Search(network, input, recorded, places, options).run();
}

}  // namespace rheo
