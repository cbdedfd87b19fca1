// The golden model: executes a decoded image core by core, axon by axon, in plain integers. Simple on
// purpose: every faster engine is compared with it.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "sim/Engine.h"
#include "sim/ModelStep.h"
#include "sim/Pending.h"

namespace rheo {
namespace {

using Algebra = fixed::IntegerAlgebra;

// The axons of a core that contribute to one group and delay.
struct Part {
  std::int32_t group = 0;
  std::int32_t delay = 0;
  std::vector<std::size_t> axons;
};
using CoreParts = std::vector<Part>;

CoreParts partsOf(const Core& core) {
  std::map<std::pair<std::int32_t, std::int32_t>, std::vector<std::size_t>> axons;
  // The delays of a list, which several axons may share.
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::set<std::int32_t>> delays;
  for (std::size_t a = 0; a < core.axons.size(); ++a) {
    const Axon& axon = core.axons[a];
    const auto [entry, isNew] = delays.try_emplace({axon.firstSynapse, axon.synapseCount});
    for (std::uint64_t s = axon.firstSynapse; isNew && s < axon.firstSynapse + axon.synapseCount; ++s)
      entry->second.insert(core.synapses[s].delay);
    for (const std::int32_t delay : entry->second) axons[{axon.group, delay}].push_back(a);
  }
  CoreParts parts;
  for (auto& [key, list] : axons) parts.push_back({key.first, key.second, std::move(list)});
  return parts;
}

// What one core holds during a run.
struct CoreState {
  std::array<std::vector<std::int32_t>, models::kMaxStates> states;  // [compartment]
  std::vector<std::int32_t> spikes;                                  // [compartment]: payloads
  std::vector<std::vector<std::int32_t>> arriving;                   // [step mod (maxDelay + 1)][input]
  // [axon], of the step's messages. SPEC W8 does not bound those of an axon whose weights are all 0: 64 bits.
  std::vector<std::int64_t> payloads;
  std::vector<std::int32_t> sums;                // [input], of one group and delay
  std::vector<std::int64_t> wraps, saturations;  // [compartment]
};

class GoldenSession final : public Session {
 public:
  GoldenSession(std::shared_ptr<const Program> program, std::shared_ptr<const std::vector<CoreParts>> parts)
      : program_(std::move(program)), parts_(std::move(parts)), ring_(program_->maxDelay + 1) {
    for (const PopulationInfo& population : program_->populations)
      spikes_.emplace_back(static_cast<std::size_t>(population.size));
    cores_.resize(program_->cores.size());
    reset();
  }

  void reset() override {
    now_ = 0;
    for (std::size_t k = 0; k < cores_.size(); ++k) {
      const Core& core = program_->cores[k];
      CoreState& state = cores_[k];
      const auto compartments = static_cast<std::size_t>(core.compartments);
      const auto inputs = static_cast<std::size_t>(core.inputs);
      for (auto& values : state.states) values.assign(compartments, 0);  // SPEC T3
      state.spikes.assign(compartments, 0);
      state.arriving.assign(static_cast<std::size_t>(ring_), std::vector<std::int32_t>(inputs, 0));
      state.payloads.assign(core.axons.size(), 0);
      state.sums.assign(inputs, 0);
      state.wraps.assign(compartments, 0);
      state.saturations.assign(compartments, 0);
    }
    for (auto& spikes : spikes_) std::fill(spikes.begin(), spikes.end(), 0);
  }

  // SPEC T1.
  void step(std::span<const std::span<const std::int32_t>> inputs) override {
    for (std::size_t k = 0; k < cores_.size(); ++k) update(program_->cores[k], cores_[k]);
    for (std::size_t i = 0; i < program_->inputs.size(); ++i) {
      const InputInfo& input = program_->inputs[i];
      for (std::size_t channel = 0; channel < inputs[i].size(); ++channel)
        send(input.routes, input.routeStart, channel, inputs[i][channel]);
    }
    for (std::size_t k = 0; k < cores_.size(); ++k)
      for (std::size_t c = 0; c < cores_[k].spikes.size(); ++c)
        send(program_->cores[k].routes, program_->cores[k].routeStart, c, cores_[k].spikes[c]);
    for (std::size_t k = 0; k < cores_.size(); ++k) deliver(program_->cores[k], (*parts_)[k], cores_[k]);
    ++now_;
  }

  std::span<const std::int32_t> spikes(int population) const override {
    return spikes_[static_cast<std::size_t>(population)];
  }

  void readState(int population, int state, std::span<std::int32_t> out) const override {
    forEachSlice(population, [&](std::size_t k, const CompartmentSlice& slice) {
      const std::int32_t* from =
          cores_[k].states[static_cast<std::size_t>(state)].data() + slice.firstCompartment;
      std::copy_n(from, slice.count, out.data() + slice.firstNeuron);
    });
  }

  void writeState(int population, int state, std::span<const std::int32_t> in) override {
    forEachSlice(population, [&](std::size_t k, const CompartmentSlice& slice) {
      std::copy_n(in.data() + slice.firstNeuron, slice.count,
                  cores_[k].states[static_cast<std::size_t>(state)].data() + slice.firstCompartment);
    });
  }

  std::vector<std::uint8_t> save() const override {
    std::vector<std::int32_t> pending;
    for (std::int64_t ahead = 0; ahead < ring_; ++ahead)
      for (const CoreState& core : cores_) {
        const auto& row = core.arriving[static_cast<std::size_t>((now_ + ahead) % ring_)];
        pending.insert(pending.end(), row.begin(), row.end());
      }
    return packPending(*program_, pending);
  }

  Status restore(std::span<const std::uint8_t> bytes) override {
    Expected<std::vector<std::int32_t>> pending = unpackPending(*program_, bytes);
    if (!pending) return std::move(pending).error();
    auto from = pending->begin();
    for (std::int64_t ahead = 0; ahead < ring_; ++ahead)
      for (CoreState& core : cores_) {
        auto& row = core.arriving[static_cast<std::size_t>((now_ + ahead) % ring_)];
        std::copy_n(from, row.size(), row.begin());
        from += static_cast<std::ptrdiff_t>(row.size());
      }
    return ok();
  }

  OverflowCount overflows(int population) const override {
    OverflowCount count;
    const auto size =
        static_cast<std::size_t>(program_->populations[static_cast<std::size_t>(population)].size);
    count.wraps.resize(size);
    count.saturations.resize(size);
    forEachSlice(population, [&](std::size_t k, const CompartmentSlice& slice) {
      std::copy_n(cores_[k].wraps.begin() + slice.firstCompartment, slice.count,
                  count.wraps.begin() + slice.firstNeuron);
      std::copy_n(cores_[k].saturations.begin() + slice.firstCompartment, slice.count,
                  count.saturations.begin() + slice.firstNeuron);
    });
    return count;
  }

 private:
  template <class Visit>
  void forEachSlice(int population, Visit visit) const {
    for (std::size_t k = 0; k < cores_.size(); ++k)
      for (const CompartmentSlice& slice : program_->cores[k].slices)
        if (slice.population == population) visit(k, slice);
  }

  // Phase 1 and 2: every neuron takes the input that arrives now.
  void update(const Core& core, CoreState& state) {
    std::vector<std::int32_t>& arriving = state.arriving[static_cast<std::size_t>(now_ % ring_)];
    for (const CompartmentSlice& slice : core.slices) {
      const models::ModelTable& model =
          *program_->populations[static_cast<std::size_t>(slice.population)].model;
      const StepFunction step = stepOf(model);
      for (std::int32_t i = 0; i < slice.count; ++i) {
        const auto c = static_cast<std::size_t>(slice.firstCompartment + i);
        std::array<std::int32_t, models::kMaxStates> values{};
        std::array<std::int32_t, models::kMaxParameters> parameters{};
        for (std::size_t s = 0; s < model.states.size(); ++s) values[s] = state.states[s][c];
        for (std::size_t p = 0; p < model.fixedParameters.size(); ++p) parameters[p] = core.parameters[p][c];
        const std::int32_t* input = arriving.data() + slice.firstInput + model.inputsOf(i);
        Algebra algebra{program_->profile->currentOverflow};
        const std::int32_t sent = step(algebra, values.data(), input, parameters.data());
        for (std::size_t s = 0; s < model.states.size(); ++s) state.states[s][c] = values[s];
        state.wraps[c] += algebra.wraps;
        state.saturations[c] += algebra.saturations;
        state.spikes[c] = sent;
        spikes_[static_cast<std::size_t>(slice.population)][static_cast<std::size_t>(slice.firstNeuron + i)] =
            sent;
      }
    }
    std::fill(arriving.begin(), arriving.end(), 0);  // free for the step after the longest delay
  }

  // Phase 3: a source's payload reaches the axons on its routes.
  void send(const std::vector<Route>& routes, const std::vector<std::uint64_t>& start, std::size_t source,
            std::int32_t payload) {
    if (payload == 0) return;
    for (std::uint64_t r = start[source]; r < start[source + 1]; ++r)
      cores_[static_cast<std::size_t>(routes[r].core)].payloads[static_cast<std::size_t>(routes[r].axon)] +=
          payload;
  }

  // What the step's spikes will contribute, group by group and delay by delay. SPEC T2, W5, W7.
  void deliver(const Core& core, const CoreParts& parts, CoreState& state) {
    for (const Part& part : parts) {
      if (!accumulate(core, part, state)) continue;
      const std::int32_t exponent = core.groups[static_cast<std::size_t>(part.group)].exponent;
      std::vector<std::int32_t>& row =
          state.arriving[static_cast<std::size_t>((now_ + 1 + part.delay) % ring_)];
      for (std::size_t c = 0; c < row.size(); ++c)
        row[c] = fixed::addWrapped(row[c], fixed::shiftSum(state.sums[c], exponent));
    }
    std::fill(state.payloads.begin(), state.payloads.end(), 0);
  }

  // Sums of one group and delay; false if no spike contributes.
  bool accumulate(const Core& core, const Part& part, CoreState& state) {
    bool any = false;
    for (const std::size_t a : part.axons) {
      const Axon& axon = core.axons[a];
      if (state.payloads[a] == 0) continue;
      if (!any) std::fill(state.sums.begin(), state.sums.end(), 0);
      any = true;
      for (std::uint64_t s = axon.firstSynapse; s < axon.firstSynapse + axon.synapseCount; ++s) {
        const Synapse& synapse = core.synapses[s];
        if (synapse.delay != part.delay) continue;
        std::int32_t& sum = state.sums[static_cast<std::size_t>(axon.base + synapse.input)];
        sum = fixed::addProduct(sum, synapse.weight, fixed::wrap32(state.payloads[a]));  // SPEC N19
      }
    }
    return any;
  }

  std::shared_ptr<const Program> program_;
  std::shared_ptr<const std::vector<CoreParts>> parts_;
  std::int64_t ring_;  // steps that a spike can be under way
  std::int64_t now_ = 0;
  std::vector<CoreState> cores_;
  std::vector<std::vector<std::int32_t>> spikes_;  // [population][neuron]
};

class GoldenEngine final : public Engine {
 public:
  explicit GoldenEngine(std::shared_ptr<const Program> program) : program_(std::move(program)) {
    auto parts = std::make_shared<std::vector<CoreParts>>();
    for (const Core& core : program_->cores) parts->push_back(partsOf(core));
    parts_ = std::move(parts);
  }
  std::string name() const override { return "golden"; }
  const Program& program() const override { return *program_; }
  std::unique_ptr<Session> open() const override { return std::make_unique<GoldenSession>(program_, parts_); }

 private:
  std::shared_ptr<const Program> program_;
  std::shared_ptr<const std::vector<CoreParts>> parts_;
};

}  // namespace

std::unique_ptr<Engine> makeGolden(std::shared_ptr<const Program> program) {
  return std::make_unique<GoldenEngine>(std::move(program));
}

}  // namespace rheo
