// The vector engine's side of demo_throughput.py: reads a two-layer network and its spikes from a file, then
// obeys one-line commands on standard input, so that its runs can alternate with another simulator's.
//
// File, little-endian int32: inputs, hidden, outputs, steps, samples, decay_v and threshold of the hidden
// neurons, decay_v of the readout; int16 weights [hidden, inputs] and [outputs, hidden]; uint8 spikes
// [samples, steps, inputs]; uint8 labels [samples].
// Commands: "check N" compares N samples with golden; "run THREADS" runs all samples and
// prints seconds, correct answers and seconds of processor time; "quit".
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <string>

#include "models/AllModels.h"
#include "sim/Engine.h"
#include "sim/vector/Kernels.h"

namespace rheo {
namespace {

struct Header {
  std::int32_t inputs, hidden, outputs, steps, samples, decayHidden, threshold, decayReadout;
};

struct Case {
  Header header;
  std::vector<std::int16_t> first, second;
  InputBatch input;
  std::vector<std::uint8_t> labels;
};

template <class T>
void readInto(std::istream& file, std::vector<T>& values, std::int64_t count) {
  values.resize(static_cast<std::size_t>(count));
  file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(T)));
}

bool readCase(const char* path, Case& out) {
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(&out.header), sizeof out.header);
  if (!file) return false;
  const Header& h = out.header;
  readInto(file, out.first, std::int64_t{h.hidden} * h.inputs);
  readInto(file, out.second, std::int64_t{h.outputs} * h.hidden);
  out.input.batch = h.samples;
  out.input.steps = h.steps;
  readInto(file, out.input.inputs.emplace_back().narrow, std::int64_t{h.samples} * h.steps * h.inputs);
  readInto(file, out.labels, h.samples);
  return static_cast<bool>(file);
}

// One axon for each source, with a synapse for every target.
void connect(Core& core, const std::vector<std::int16_t>& weights, int sources, int targets, int first) {
  const auto group = static_cast<std::int32_t>(core.groups.size());
  core.groups.push_back({0, ""});
  for (int s = 0; s < sources; ++s) {
    core.axons.push_back({group, core.synapses.size(), static_cast<std::uint64_t>(targets)});
    for (int t = 0; t < targets; ++t)
      core.synapses.push_back({first + t, weights[static_cast<std::size_t>(t * sources + s)], 0});
  }
}

std::shared_ptr<const Program> makeProgram(const Case& c) {
  const Header& h = c.header;
  auto program = std::make_shared<Program>();
  program->profile = &kLavaProfile;
  const models::ModelTable* lif = models::findModel("lif");
  const models::ModelTable* li = models::findModel("li");
  program->populations = {{"hidden", lif, h.hidden, {h.hidden}, 1, false},
                          {"readout", li, h.outputs, {h.outputs}, 2, false}};
  program->lag = 2;
  Core& core = program->cores.emplace_back();
  core.compartments = h.hidden + h.outputs;
  core.slices = {{0, 0, h.hidden, 0}, {1, 0, h.outputs, h.hidden}};
  core.parameters.assign(models::kMaxParameters,
                         std::vector<std::int32_t>(static_cast<std::size_t>(core.compartments)));
  for (int i = 0; i < core.compartments; ++i) {  // lif: decay_v, bias, threshold, ...; li: decay_v, bias
    core.parameters[0][static_cast<std::size_t>(i)] = i < h.hidden ? h.decayHidden : h.decayReadout;
    core.parameters[2][static_cast<std::size_t>(i)] = h.threshold;
  }
  connect(core, c.first, h.inputs, h.hidden, 0);
  connect(core, c.second, h.hidden, h.outputs, h.hidden);
  for (int i = 0; i <= core.compartments; ++i)
    core.routeStart.push_back(static_cast<std::uint64_t>(std::min(i, h.hidden)));
  for (int i = 0; i < h.hidden; ++i) core.routes.push_back({0, h.inputs + i});
  InputInfo& input = program->inputs.emplace_back();
  input.name = "input";
  input.shape = {h.inputs};
  input.size = h.inputs;
  for (int i = 0; i <= h.inputs; ++i) input.routeStart.push_back(static_cast<std::uint64_t>(i));
  for (int i = 0; i < h.inputs; ++i) input.routes.push_back({0, i});
  program->outputs = {{"output", {h.outputs}, {{1, 0}}}};
  return program;
}

void check(const Case& c, const Engine& golden, const Engine& fast, std::int64_t samples) {
  InputBatch part{std::min<std::int64_t>(samples, c.input.batch), c.input.steps, {{}}};
  const auto& all = c.input.inputs.front().narrow;
  part.inputs.front().narrow.assign(all.begin(), all.begin() + part.batch * part.steps * c.header.inputs);
  RunOptions options;
  options.probes = {"hidden.v", "readout.v"};
  const auto left = run(golden, part, options);
  const auto right = run(fast, part, options);
  if (!left || !right) {
    fmt::print("error\n");
    return;
  }
  std::int64_t spikes = 0;
  for (const std::int32_t payload : left->spikes.at("hidden").values) spikes += payload != 0;
  fmt::print("{} {} {}\n", firstDifference(*left, *right) ? "different" : "equal", part.batch, spikes);
}

// The class is the largest sum of the readout's membrane potential.
std::int64_t countCorrect(const Case& c, const Recording& recording) {
  const Trace<std::int32_t>& trace = recording.outputs.at("output");
  std::int64_t correct = 0;
  for (std::int64_t sample = 0; sample < trace.batch; ++sample) {
    std::vector<std::int64_t> sums(static_cast<std::size_t>(trace.width));
    for (std::int64_t step = 0; step < trace.steps; ++step)
      for (std::int64_t i = 0; i < trace.width; ++i)
        sums[static_cast<std::size_t>(i)] += trace.row(sample, step)[i];
    const auto best = std::max_element(sums.begin(), sums.end()) - sums.begin();
    correct += best == c.labels[static_cast<std::size_t>(sample)];
  }
  return correct;
}

void time(const Case& c, const Engine& engine, int threads) {
  RunOptions options;
  options.recordAllSpikes = false;
  options.threads = threads;
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t startOfWork = std::clock();
  const auto recording = run(engine, c.input, options);
  const std::int64_t correct = recording ? countCorrect(c, *recording) : -1;
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const double work = static_cast<double>(std::clock() - startOfWork) / CLOCKS_PER_SEC;
  fmt::print("{} {} {}\n", seconds.count(), correct, work);
}

int serve(const char* path) {
  Case c;
  if (!readCase(path, c)) {
    fmt::print(stderr, "{}: not a case written by demo_throughput.py\n", path);
    return 3;
  }
  const auto program = makeProgram(c);
  const auto golden = makeGolden(program), fast = makeVector(program);
  fmt::print("{}\n", vector::kernels().target);
  std::fflush(stdout);
  std::string command;
  while (std::cin >> command && command != "quit") {
    int number = 0;
    std::cin >> number;
    if (command == "check") check(c, *golden, *fast, number);
    if (command == "run") time(c, *fast, number);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace rheo

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: throughput_engine CASE\n");
    return 2;
  }
  return rheo::serve(argv[1]);
}
