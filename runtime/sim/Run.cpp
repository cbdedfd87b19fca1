// A batch over threads: checks the data, steps every sample through a session, fills the recording.
#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <numeric>
#include <optional>
#include <set>
#include <string_view>
#include <type_traits>

#include "sim/Engine.h"
#include "support/Parallel.h"
#include "support/Text.h"

namespace rheo {
namespace {

Error runError(const char* code, std::string where, std::string message, std::string remedy,
               ErrorKind kind = ErrorKind::Data) {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.where = std::move(where);
  diagnostic.message = std::move(message);
  diagnostic.remedy = std::move(remedy);
  return Error::of(kind, std::move(diagnostic));
}

// Smallest and largest payload that an encoding admits.
std::pair<std::int64_t, std::int64_t> payloadRange(const InputInfo& input) {
  switch (input.encoding) {
    case image::Encoding::Binary:
      return {0, 1};
    case image::Encoding::Counts:
      return {0, input.maxPayload};
    case image::Encoding::Graded:
      break;
  }
  return {-std::int64_t{input.maxPayload}, input.maxPayload};
}

// `values` are those of one sample, [steps, channels].
template <class T>
Status checkPayloads(const InputInfo& input, std::int64_t sample, std::span<const T> values) {
  const auto [least, most] = payloadRange(input);
  T low = 0, high = 0;  // 0 is always allowed
  for (const T value : values) {
    if constexpr (std::is_signed_v<T>) low = std::min(low, value);
    high = std::max(high, value);
  }
  if (low >= least && high <= most) return ok();
  const auto bad = std::find_if(values.begin(), values.end(), [least = least, most = most](T value) {
    return value < least || value > most;
  });
  const std::int64_t value = *bad, index = bad - values.begin();
  Error error = runError("R0602", fmt::format("input '{}'", input.name),
                         fmt::format("value {} in sample {}, step {}, channel {}; {} to {} are allowed",
                                     value, sample, index / input.size, index % input.size, least, most),
                         input.encoding == image::Encoding::Binary
                             ? "give 0 or 1, or compile the network with an input of counts"
                             : "scale the data, or compile the network with a larger payload");
  error.diagnostics.front().value = static_cast<double>(value);
  error.diagnostics.front().limit = static_cast<double>(value < least ? least : most);
  return error;
}

struct Probe {
  int population;
  int state;
  Trace<std::int32_t>* trace;
};

struct OutputSink {
  const OutputInfo* info;
  Trace<std::int32_t>* trace;
};

// Where the rows of a sample go.
struct Sinks {
  std::vector<Probe> spikes;  // state unused
  std::vector<Probe> states;
  std::vector<OutputSink> outputs;
};

Expected<Probe> findProbe(const Program& program, const std::string& probe) {
  std::vector<std::string> known;
  for (std::size_t p = 0; p < program.populations.size(); ++p) {
    const PopulationInfo& population = program.populations[p];
    for (std::size_t s = 0; s < population.model->states.size(); ++s) {
      known.push_back(population.name + "." + std::string(population.model->states[s]));
      if (known.back() == probe) return Probe{static_cast<int>(p), static_cast<int>(s), nullptr};
    }
  }
  return runError("R0603", probe, fmt::format("there is no state '{}' to record", probe),
                  didYouMean(probe, known), ErrorKind::Usage);
}

std::int64_t widthOf(const Program& program, const OutputInfo& output) {
  std::int64_t width = 0;
  for (const OutputPartInfo& part : output.parts)
    width += program.populations[static_cast<std::size_t>(part.population)].size;
  return width;
}

// Values of one step that are recorded.
std::int64_t recordedWidth(const Program& program, const RunOptions& options,
                           const std::vector<Probe>& states) {
  std::int64_t width = 0;
  for (const PopulationInfo& population : program.populations)
    if (options.recordAllSpikes && population.model->spiking && (!population.hidden || options.recordHidden))
      width += population.size;
  for (const Probe& probe : states)
    width += program.populations[static_cast<std::size_t>(probe.population)].size;
  for (const OutputInfo& output : program.outputs) width += widthOf(program, output);
  return width;
}

// Steps, samples and the image together decide: its lag alone can be a million steps.
Status checkSize(std::int64_t batch, std::int64_t steps, std::int64_t width) {
  const double bytes = static_cast<double>(batch) * static_cast<double>(steps) * static_cast<double>(width) *
                       sizeof(std::int32_t);
  if (bytes <= static_cast<double>(kMaxRecordedBytes)) return ok();
  return runError("R0664", "", fmt::format("the recording would take {:.1f} GiB", bytes / (1 << 30)),
                  "run fewer samples at a time, or record fewer states", ErrorKind::Usage);
}

Expected<Sinks> makeSinks(const Program& program, std::int64_t batch, std::int64_t steps,
                          const RunOptions& options, Recording& recording) {
  Sinks sinks;
  std::set<std::string> seen;
  for (const std::string& name : options.probes) {
    Expected<Probe> probe = findProbe(program, name);
    if (!probe) return std::move(probe).error();
    if (seen.insert(name).second) sinks.states.push_back(*probe);
  }
  if (Status status = checkSize(batch, steps, recordedWidth(program, options, sinks.states)); !status)
    return std::move(status).error();
  for (std::size_t p = 0; p < program.populations.size(); ++p) {
    const PopulationInfo& population = program.populations[p];
    if (population.hidden && !options.recordHidden) continue;
    recording.lag[population.name] = population.lag;
    if (!options.recordAllSpikes || !population.model->spiking) continue;
    Trace<std::int32_t>& trace = recording.spikes[population.name];
    trace = Trace<std::int32_t>::uncleared(batch, steps, population.size);
    sinks.spikes.push_back({static_cast<int>(p), -1, &trace});
  }
  for (Probe& probe : sinks.states) {
    const PopulationInfo& population = program.populations[static_cast<std::size_t>(probe.population)];
    const std::string_view state = population.model->states[static_cast<std::size_t>(probe.state)];
    Trace<std::int32_t>& trace = recording.states[fmt::format("{}.{}", population.name, state)];
    trace = Trace<std::int32_t>::uncleared(batch, steps, population.size);
    probe.trace = &trace;
  }
  for (const OutputInfo& output : program.outputs) {
    int lag = 0;
    for (const OutputPartInfo& part : output.parts)
      lag = std::max(lag, program.populations[static_cast<std::size_t>(part.population)].lag);
    recording.lag[output.name] = lag;
    Trace<std::int32_t>& trace = recording.outputs[output.name];
    trace = Trace<std::int32_t>::uncleared(batch, steps, widthOf(program, output));
    sinks.outputs.push_back({&output, &trace});
  }
  return sinks;
}

void recordStep(const Program& program, const Session& session, const Sinks& sinks, std::int64_t sample,
                std::int64_t step) {
  for (const Probe& sink : sinks.spikes) {
    const std::span<const std::int32_t> spikes = session.spikes(sink.population);
    std::copy(spikes.begin(), spikes.end(), sink.trace->row(sample, step));
  }
  for (const Probe& sink : sinks.states)
    session.readState(sink.population, sink.state,
                      {sink.trace->row(sample, step), static_cast<std::size_t>(sink.trace->width)});
  for (const OutputSink& sink : sinks.outputs) {
    std::int32_t* row = sink.trace->row(sample, step);
    for (const OutputPartInfo& part : sink.info->parts) {
      const auto size =
          static_cast<std::size_t>(program.populations[static_cast<std::size_t>(part.population)].size);
      if (part.state >= 0) {
        session.readState(part.population, part.state, {row, size});
      } else {
        const std::span<const std::int32_t> spikes = session.spikes(part.population);
        std::copy(spikes.begin(), spikes.end(), row);
      }
      row += size;
    }
  }
}

// The rows of one step, given to the session as they are stored where every input is stored in bytes.
class StepFeeder {
 public:
  StepFeeder(const Program& program, const InputBatch& input) : program_(program), input_(input) {
    for (std::size_t k = 0; k < program.inputs.size(); ++k) {
      bytes_ = bytes_ && input.inputs[k].wide.empty();
      zeros_.emplace_back(static_cast<std::size_t>(program.inputs[k].size));
      rows_.emplace_back(static_cast<std::size_t>(program.inputs[k].size));
    }
    spans_.assign(rows_.begin(), rows_.end());
    byteSpans_.resize(rows_.size());
  }

  void step(Session& session, std::int64_t sample, std::int64_t step) {
    const bool quiet = step >= input_.steps;  // SPEC T4
    for (std::size_t k = 0; k < rows_.size(); ++k) {
      const std::int64_t at = (sample * input_.steps + step) * program_.inputs[k].size;
      const InputBatch::Series& series = input_.inputs[k];
      if (bytes_) {
        byteSpans_[k] = quiet ? std::span<const std::uint8_t>(zeros_[k])
                              : series.bytes().subspan(static_cast<std::size_t>(at), zeros_[k].size());
      } else if (quiet) {
        std::fill(rows_[k].begin(), rows_[k].end(), 0);
      } else if (!series.wide.empty()) {
        std::copy_n(series.wide.begin() + at, rows_[k].size(), rows_[k].begin());
      } else {
        std::copy_n(series.bytes().begin() + at, rows_[k].size(), rows_[k].begin());
      }
    }
    if (bytes_)
      session.stepBytes(byteSpans_);
    else
      session.step(spans_);
  }

 private:
  const Program& program_;
  const InputBatch& input_;
  bool bytes_ = true;
  std::vector<std::vector<std::uint8_t>> zeros_;
  std::vector<std::vector<std::int32_t>> rows_;
  std::vector<std::span<const std::int32_t>> spans_;
  std::vector<std::span<const std::uint8_t>> byteSpans_;
};

// One sample from its first step to the last lag step. False if cancelled.
bool runSample(const Program& program, Session& session, StepFeeder& feeder, const InputBatch& input,
               const Sinks& sinks, std::int64_t sample, const std::atomic<bool>* cancel) {
  session.reset();
  for (std::int64_t step = 0; step < input.steps + program.lag; ++step) {
    if (cancel && cancel->load(std::memory_order_relaxed)) return false;
    feeder.step(session, sample, step);
    recordStep(program, session, sinks, sample, step);
  }
  return true;
}

// Overflows of all samples and threads. Sums of integers: the order of threads changes nothing.
class OverflowSum {
 public:
  explicit OverflowSum(const Program& program) : program_(program), counts_(program.populations.size()) {
    for (std::size_t p = 0; p < counts_.size(); ++p) {
      counts_[p].wraps.resize(static_cast<std::size_t>(program.populations[p].size));
      counts_[p].saturations.resize(static_cast<std::size_t>(program.populations[p].size));
    }
  }

  void add(const Session& session) {
    if (!session.overflowed()) return;
    const std::lock_guard lock(mutex_);
    for (std::size_t p = 0; p < counts_.size(); ++p) {
      const OverflowCount count = session.overflows(static_cast<int>(p));
      for (std::size_t i = 0; i < count.wraps.size(); ++i) counts_[p].wraps[i] += count.wraps[i];
      for (std::size_t i = 0; i < count.saturations.size(); ++i)
        counts_[p].saturations[i] += count.saturations[i];
    }
  }

  void store(Recording& recording) {
    auto any = [](const std::vector<std::int64_t>& values) {
      return std::any_of(values.begin(), values.end(), [](std::int64_t value) { return value != 0; });
    };
    for (std::size_t p = 0; p < counts_.size(); ++p)
      if (any(counts_[p].wraps) || any(counts_[p].saturations))
        recording.overflows[program_.populations[p].name] = std::move(counts_[p]);
  }

 private:
  const Program& program_;
  std::vector<OverflowCount> counts_;
  std::mutex mutex_;
};

struct SampleRunner {
  SampleRunner(const Engine& engine, const InputBatch& input)
      : session(engine.open()), feeder(engine.program(), input) {}
  std::unique_ptr<Session> session;
  StepFeeder feeder;
};

Status runSamples(const Engine& engine, const InputBatch& input, const Sinks& sinks,
                  const RunOptions& options, OverflowSum& overflows) {
  return overThreads(
      input.batch, options, "run", [&] { return std::make_unique<SampleRunner>(engine, input); },
      [&](std::int64_t sample) { return checkSample(engine.program(), input, sample); },
      [&](SampleRunner& runner, std::int64_t sample) {
        if (runSample(engine.program(), *runner.session, runner.feeder, input, sinks, sample, options.cancel))
          overflows.add(*runner.session);
        return ok();
      });
}

}  // namespace

// Just before the sample runs, when it has to come into the cache anyway.
Status checkSample(const Program& program, const InputBatch& batch, std::int64_t sample) {
  for (std::size_t k = 0; k < batch.inputs.size(); ++k) {
    const InputInfo& input = program.inputs[k];
    const InputBatch::Series& series = batch.inputs[k];
    const auto count = static_cast<std::size_t>(batch.steps * input.size);
    const std::size_t first = static_cast<std::size_t>(sample) * count;
    Status status = series.wide.empty()
                        ? checkPayloads(input, sample, series.bytes().subspan(first, count))
                        : checkPayloads(input, sample, std::span(series.wide).subspan(first, count));
    if (!status) return status;
  }
  return ok();
}

Status checkInput(const Program& program, const InputBatch& batch) {
  if (batch.batch < 0 || batch.steps < 0 || batch.inputs.size() != program.inputs.size())
    return runError(
        "R0601", "",
        fmt::format("the image has {} inputs, the data has {}", program.inputs.size(), batch.inputs.size()),
        "give one array for each input");
  for (std::size_t k = 0; k < batch.inputs.size(); ++k) {
    const InputInfo& input = program.inputs[k];
    const InputBatch::Series& series = batch.inputs[k];
    const std::size_t expected = static_cast<std::size_t>(batch.batch * batch.steps * input.size);
    const std::size_t given = series.bytes().size() + series.wide.size();
    if (given != expected || (!series.bytes().empty() && !series.wide.empty()))
      return runError("R0601", fmt::format("input '{}'", input.name),
                      fmt::format("{} values given; {} samples of {} steps of {} channels need {}", given,
                                  batch.batch, batch.steps, input.size, expected),
                      "give x as [steps, channels] or [samples, steps, channels] in the input's shape");
  }
  return ok();
}

int threadsFor(int wanted, std::int64_t tasks) {
  if (wanted <= 0) wanted = availableProcessors();
  return static_cast<int>(std::clamp<std::int64_t>(wanted, 1, std::max<std::int64_t>(1, tasks)));
}

Expected<Recording> run(const Engine& engine, const InputBatch& input, const RunOptions& options) {
  const Program& program = engine.program();
  if (Status status = checkInput(program, input); !status) return std::move(status).error();
  Recording recording;
  Expected<Sinks> sinks = makeSinks(program, input.batch, input.steps + program.lag, options, recording);
  if (!sinks) return std::move(sinks).error();
  OverflowSum overflows(program);
  if (Status status = runSamples(engine, input, *sinks, options, overflows); !status)
    return std::move(status).error();
  overflows.store(recording);
  return recording;
}

}  // namespace rheo
