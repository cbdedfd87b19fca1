// The faulty chip as a whole, on an engine that knows nothing of faults.
#include "faults/Resimulation.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "faults/Chance.h"
#include "faults/Device.h"

namespace rheo::faults {
namespace {

// Payload of a channel in a step of a sample; 0 after the data's end. SPEC T4.
std::int32_t payloadOf(const InputBatch& batch, const Program& program, std::size_t input,
                       std::int64_t sample, std::int64_t step, std::int32_t channel) {
  if (step >= batch.steps) return 0;
  const auto at =
      static_cast<std::size_t>((sample * batch.steps + step) * program.inputs[input].size + channel);
  const InputBatch::Series& series = batch.inputs[input];
  return series.wide.empty() ? std::int32_t{series.bytes()[at]} : series.wide[at];
}

// The program with its neurons' routes cut. An input of their own delivers instead: a channel for each route
// of each cell, and a last one for a message that goes astray.
std::shared_ptr<const Program> hostRouted(const FlatProgram& flat, Route astray) {
  auto program = std::make_shared<Program>(flat.program());
  InputInfo host;
  host.encoding = image::Encoding::Graded;
  host.routeStart = {0};
  for (std::int32_t cell = 0; cell < std::ssize(flat.cells()); ++cell)
    for (const Route& route : flat.routes(flat.sourceOfCell(cell))) {
      host.routes.push_back(route);
      host.routeStart.push_back(host.routes.size());
    }
  host.routes.push_back(astray);
  host.routeStart.push_back(host.routes.size());
  host.size = static_cast<std::int32_t>(host.routes.size());
  for (Core& core : program->cores) {
    core.routes.clear();
    std::fill(core.routeStart.begin(), core.routeStart.end(), 0);
  }
  program->inputs.push_back(std::move(host));
  return program;
}

// One faulty run under way.
class Run {
 public:
  Run(const FlatProgram& flat, const Fault* fault, std::uint64_t seed, const InputBatch& input,
      std::int64_t sample)
      : flat_(flat), fault_(fault), seed_(seed), input_(input), sample_(sample) {}

  bool throughHost() const {
    if (fault_ == nullptr) return false;
    const Mechanism mechanism = fault_->kind->mechanism;
    return mechanism == Mechanism::Neuron || mechanism == Mechanism::Core ||
           mechanism == Mechanism::Message || mechanism == Mechanism::MessageLoss;
  }

  std::optional<Route> astray() const {
    if (fault_->kind->manner != Manner::Misdelivered) return {};
    return strayRoute(flat_, source());
  }

  Shown go(const Engine& engine) {
    const Program& program = flat_.program();
    const std::unique_ptr<Session> session = engine.open();
    Shown shown;
    shown.spikes.resize(program.populations.size());
    shown.outputs.resize(program.outputs.size());
    disturbInputs();
    const std::int64_t steps = input_.steps + program.lag;
    std::vector<std::vector<std::int32_t>> rows;
    for (const InputInfo& input : engine.program().inputs)
      rows.emplace_back(static_cast<std::size_t>(input.size));
    if (throughHost())
      late_.assign(static_cast<std::size_t>(steps) + 64, std::vector<std::int32_t>(rows.back().size()));
    for (std::int64_t step = 0; step < steps; ++step) {
      for (std::size_t k = 0; k < program.inputs.size(); ++k)
        for (std::int32_t c = 0; c < program.inputs[k].size; ++c)
          rows[k][static_cast<std::size_t>(c)] = payload(k, c, step);
      throughHost() ? stepThroughHost(*session, rows, step) : stepOnce(*session, rows);
      if (fault_ != nullptr) editStates(*session, step);
      record(*session, shown);
    }
    return shown;
  }

 private:
  std::int32_t source() const { return flat_.sourceOfCell(flat_.cellOf(fault_->population, fault_->neuron)); }
  bool hits(const Cell& cell) const {
    return fault_->kind->mechanism == Mechanism::Core
               ? cell.core == fault_->core
               : cell.population == fault_->population && cell.neuron == fault_->neuron;
  }

  static void stepOnce(Session& session, const std::vector<std::vector<std::int32_t>>& rows) {
    const std::vector<std::span<const std::int32_t>> views(rows.begin(), rows.end());
    session.step(views);
  }

  void disturbInputs() {
    if (fault_ == nullptr) return;
    const InputEdit edit = inputEditOf(*fault_, flat_, seed_);
    if (edit.what == InputEdit::What::None) return;
    for (std::size_t k = 0; k < flat_.program().inputs.size(); ++k)
      for (std::int32_t c = 0; c < flat_.program().inputs[k].size; ++c) {
        std::vector<std::int32_t>& train = trains_.emplace_back();
        for (std::int64_t step = 0; step < input_.steps; ++step)
          train.push_back(payloadOf(input_, flat_.program(), k, sample_, step, c));
        disturbTrain(edit, sample_, flat_.channel(k, c), train);
      }
  }

  std::int32_t payload(std::size_t input, std::int32_t channel, std::int64_t step) const {
    const std::int32_t source = flat_.channel(input, channel);
    std::int32_t value = payloadOf(input_, flat_.program(), input, sample_, step, channel);
    if (!trains_.empty() && step < input_.steps)
      value = trains_[static_cast<std::size_t>(source)][static_cast<std::size_t>(step)];
    return lost(source, step) ? 0 : value;
  }
  bool lost(std::int32_t source, std::int64_t step) const {
    return fault_ != nullptr && fault_->kind->mechanism == Mechanism::MessageLoss &&
           messageLost(lossEditOf(*fault_, seed_), sample_, step, source);
  }

  // The step is tried to learn who sends, taken back, and done with what the host makes of the messages.
  void stepThroughHost(Session& session, std::vector<std::vector<std::int32_t>>& rows, std::int64_t step) {
    std::vector<std::int32_t>& host = rows.back();
    std::fill(host.begin(), host.end(), 0);
    const auto saved = session.save();
    const auto states = readStates(session);
    stepOnce(session, rows);
    std::size_t channel = 0;
    std::vector<std::int32_t>& now = late_[static_cast<std::size_t>(step)];
    for (std::int32_t c = 0; c < std::ssize(flat_.cells()); ++c) {
      const Cell& cell = flat_.cells()[static_cast<std::size_t>(c)];
      const std::int32_t sent = session.spikes(cell.population)[static_cast<std::size_t>(cell.neuron)];
      for (std::size_t r = 0; r < flat_.routes(flat_.sourceOfCell(c)).size(); ++r, ++channel)
        host[channel] = delivered(cell, c, sent, r, channel, step);
    }
    for (std::size_t k = 0; k < host.size(); ++k) host[k] += now[k];
    (void)session.restore(saved);
    writeStates(session, states);
    stepOnce(session, rows);
  }

  std::int32_t delivered(const Cell& cell, std::int32_t number, std::int32_t sent, std::size_t route,
                         std::size_t channel, std::int64_t step) {
    if (lost(flat_.sourceOfCell(number), step)) return 0;
    if (fault_->kind->mechanism == Mechanism::MessageLoss || !hits(cell)) return sent;
    switch (fault_->kind->manner) {
      case Manner::Dead:
        return 0;
      case Manner::Firing:
        return 1;
      default:
        break;
    }
    if (step != fault_->step) return sent;
    switch (fault_->kind->manner) {
      case Manner::Lost:
        return 0;
      case Manner::Doubled:
        return 2 * sent;
      case Manner::Late:
        late_[static_cast<std::size_t>(step + static_cast<std::int64_t>(fault_->amount))][channel] += sent;
        return 0;
      case Manner::Misdelivered:
        if (route != 0) return sent;
        if (astray()) late_[static_cast<std::size_t>(step)].back() += sent;
        return 0;
      default:
        return sent;
    }
  }

  using States = std::vector<std::vector<std::vector<std::int32_t>>>;  // [population][state][neuron]
  States readStates(const Session& session) const {
    States states;
    for (std::size_t p = 0; p < flat_.program().populations.size(); ++p) {
      const PopulationInfo& population = flat_.program().populations[p];
      auto& own = states.emplace_back();
      for (std::size_t s = 0; s < population.model->states.size(); ++s) {
        own.emplace_back(static_cast<std::size_t>(population.size));
        session.readState(static_cast<int>(p), static_cast<int>(s), own.back());
      }
    }
    return states;
  }
  static void writeStates(Session& session, const States& states) {
    for (std::size_t p = 0; p < states.size(); ++p)
      for (std::size_t s = 0; s < states[p].size(); ++s)
        session.writeState(static_cast<int>(p), static_cast<int>(s), states[p][s]);
  }

  void editStates(Session& session, std::int64_t step) const {
    const bool dead = fault_->kind->manner == Manner::Dead && throughHost();
    const bool bit = fault_->kind->mechanism == Mechanism::StateBit &&
                     (fault_->kind->bit == BitFault::Flip ? step == fault_->step : step >= fault_->step);
    if (!dead && !bit) return;
    States states = readStates(session);
    for (const Cell& cell : flat_.cells()) {
      if (!hits(cell)) continue;
      auto& own = states[static_cast<std::size_t>(cell.population)];
      const auto n = static_cast<std::size_t>(cell.neuron);
      for (auto& state : own)
        if (dead) state[n] = 0;
      if (bit)
        own[static_cast<std::size_t>(fault_->state)][n] =
            withBit(own[static_cast<std::size_t>(fault_->state)][n], stateBits(*cell.model));
    }
    writeStates(session, states);
  }
  std::int32_t withBit(std::int32_t value, int width) const {
    const std::int64_t range = std::int64_t{1} << width, weight = std::int64_t{1} << fault_->bit;
    std::int64_t bits = ((std::int64_t{value} % range) + range) % range;
    const bool set = bits / weight % 2 != 0;
    const bool wanted = fault_->kind->bit == BitFault::Flip ? !set : fault_->kind->bit == BitFault::Stuck1;
    if (set == wanted) return value;
    bits += wanted ? weight : -weight;
    return static_cast<std::int32_t>(bits >= range / 2 ? bits - range : bits);
  }

  void record(const Session& session, Shown& shown) const {
    const Program& program = flat_.program();
    const bool forced =
        throughHost() && (fault_->kind->manner == Manner::Dead || fault_->kind->manner == Manner::Firing);
    std::vector<std::vector<std::int32_t>> spikes;
    for (std::size_t p = 0; p < program.populations.size(); ++p) {
      const auto sent = session.spikes(static_cast<int>(p));
      spikes.emplace_back(sent.begin(), sent.end());
    }
    for (const Cell& cell : flat_.cells())
      if (forced && cell.model->spiking && hits(cell))
        spikes[static_cast<std::size_t>(cell.population)][static_cast<std::size_t>(cell.neuron)] =
            fault_->kind->manner == Manner::Firing ? 1 : 0;
    for (std::size_t p = 0; p < spikes.size(); ++p)
      shown.spikes[p].insert(shown.spikes[p].end(), spikes[p].begin(), spikes[p].end());
    for (std::size_t o = 0; o < program.outputs.size(); ++o)
      for (const OutputPartInfo& part : program.outputs[o].parts) {
        const auto p = static_cast<std::size_t>(part.population);
        std::vector<std::int32_t> values = spikes[p];
        if (part.state >= 0) session.readState(part.population, part.state, values);
        shown.outputs[o].insert(shown.outputs[o].end(), values.begin(), values.end());
      }
  }

  const FlatProgram& flat_;
  const Fault* fault_;
  std::uint64_t seed_;
  const InputBatch& input_;
  std::int64_t sample_;
  std::vector<std::vector<std::int32_t>>
      trains_;  // [channel over all inputs][step], where inputs are disturbed
  std::vector<std::vector<std::int32_t>> late_;  // [step][channel of the host]: what else it delivers
};

}  // namespace

Resimulation::Resimulation(const Memories& memories, const FlatProgram& flat, const Readout& readout,
                           const Resolver& resolver, std::uint64_t seed, MakeEngine makeEngine)
    : memories_(memories),
      flat_(flat),
      readout_(readout),
      resolver_(resolver),
      seed_(seed),
      makeEngine_(std::move(makeEngine)) {}

Expected<Shown> Resimulation::show(const Fault* fault, const InputBatch& input, std::int64_t sample) const {
  Run run(flat_, fault, seed_, input, sample);
  std::shared_ptr<const Program> program = flat_.shared();
  if (fault != nullptr && fault->kind->mechanism == Mechanism::MemoryBit) {
    const Expected<Image> image = resolver_.faultyImage(*fault);
    if (!image) return image.error();
    Expected<Program> decoded = decode(*image);
    if (!decoded) return Shown{{}, {}, true, decoded.error().diagnostics.front().message};
    program = std::make_shared<Program>(*std::move(decoded));
  } else if (fault != nullptr && fault->kind->mechanism == Mechanism::Device) {
    program = deviceProgram(flat_, memories_, deviceEditOf(*fault, seed_), sample);
  } else if (run.throughHost()) {
    program = hostRouted(flat_, run.astray().value_or(Route{}));
  }
  return run.go(*makeEngine_(program));
}

Outcome Resimulation::compare(const Shown& intact, const Shown& faulty, std::int64_t dataSteps) const {
  Outcome outcome;
  if (faulty.undefined) {
    outcome.damage = Damage::Undefined;
    return outcome;
  }
  const Program& program = flat_.program();
  Difference difference;
  for (std::size_t p = 0; p < program.populations.size(); ++p)
    difference.raster |= !program.populations[p].hidden && intact.spikes[p] != faulty.spikes[p];
  std::vector<std::int64_t> sums, changes, distances;  // of the decision's output
  for (std::size_t o = 0; o < program.outputs.size(); ++o) {
    const std::int64_t width =
        std::ssize(intact.outputs[o]) / std::max<std::int64_t>(1, dataSteps + program.lag);
    std::int64_t value = 0;
    for (const OutputPartInfo& part : program.outputs[o].parts) {
      const PopulationInfo& population = program.populations[static_cast<std::size_t>(part.population)];
      for (std::int32_t n = 0; n < population.size; ++n, ++value) {
        std::int64_t sum = 0, change = 0, distance = 0;
        for (std::int64_t step = population.lag; step < population.lag + dataSteps; ++step) {
          const auto at = static_cast<std::size_t>(step * width + value);
          const std::int64_t before = intact.outputs[o][at], after = faulty.outputs[o][at];
          sum += before, change += after - before, distance += std::abs(after - before);
        }
        difference.output |= distance != 0;
        if (static_cast<std::int32_t>(o) != readout_.decision().output) continue;
        sums.push_back(sum), changes.push_back(change), distances.push_back(distance);
      }
    }
  }
  difference.sums = changes, difference.distances = distances;
  return readout_.judge(difference, sums, readout_.answer(sums), dataSteps);
}

}  // namespace rheo::faults
