// Steps a Plan: with the kernels of the processor's best instruction set, or with code made for it.
#include "sim/PlanSession.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "fixed/Arithmetic.h"
#include "sim/Pending.h"

namespace rheo {
namespace {

using vector::ActiveView;
using vector::AlignedVector;
using vector::BitList;
using vector::Kernels;
using vector::RowsCall;

// What one source sent in one step.
struct Sent {
  AlignedVector<std::uint32_t> index;
  AlignedVector<std::int32_t> payload;  // empty for sources whose payloads are always 1
  std::size_t count = 0;
  bool unit = true;

  ActiveView view() const { return {index.data(), unit ? nullptr : payload.data(), count}; }
};

// How the spikes of an input differ from those of the step before: stills and held cues repeat most of them.
struct Change {
  AlignedVector<std::uint64_t> bits;  // who sent
  AlignedVector<std::uint32_t> indices;
  BitList came, gone;
  bool smaller = false;  // fewer sources than sent; only then are the lists filled
};

// What a projection brought in the last step, [targets]; its own where a source is an input, else empty.
// Stale after a reset: no change is `smaller` then, so that it is made anew.
struct Kept {
  AlignedVector<std::int32_t> sum;
  bool zero = true;
};

struct PopulationState {
  std::vector<AlignedVector<std::int32_t>> states;  // [state][width]
  // [targets]; `input` is zero between steps, `shifted` between uses.
  AlignedVector<std::int32_t> input, shifted;
  AlignedVector<std::int32_t> arrived;      // `input` of the last step; empty until somebody wants it
  AlignedVector<std::uint64_t> resting;     // a bit for each block of neurons
  AlignedVector<std::int32_t> payloads;     // [width]
  mutable std::vector<std::int32_t> shown;  // payloads as the network counts neurons, when asked for
  AlignedVector<std::int32_t> gone;         // [targets]; zero between uses
  std::vector<Kept> kept;                   // of the linear projections, then of the shifted ones
  std::vector<std::int64_t> wraps, saturations;
  vector::UpdateCall call;
  vector::UpdateFunction update = nullptr;
};

void addSparse(const PlanProjection& projection, const Sent& sent, std::int32_t* sum) {
  for (std::size_t k = 0; k < sent.count; ++k) {
    const std::int32_t payload = sent.unit ? 1 : sent.payload[k];
    for (std::uint64_t s = projection.rowStart[sent.index[k]]; s < projection.rowStart[sent.index[k] + 1];
         ++s) {
      std::int32_t& target = sum[projection.target[s]];
      target = fixed::addProduct(target, projection.weight[s], payload);  // SPEC N19
    }
  }
}

class PlanSession : public Session {
 public:
  PlanSession(std::shared_ptr<const Plan> plan, std::shared_ptr<const PlanCode> code)
      : plan_(std::move(plan)),
        code_(std::move(code)),
        program_(*plan_->program),
        kernels_(vector::kernels()),
        slots_(static_cast<std::size_t>(program_.maxDelay) + 2),
        compared_(program_.inputs.size()) {
    for (const InputInfo& input : program_.inputs) addSource(input.size, true), addChanges(input.size);
    for (const PopulationInfo& population : program_.populations)
      addSource(population.size, population.model->graded);
    populations_.resize(plan_->populations.size());
    for (std::size_t p = 0; p < populations_.size(); ++p) prepare(plan_->populations[p], populations_[p]);
    reset();
  }

  void reset() override {
    forgetSpikes();
    for (PopulationState& population : populations_) {
      for (auto& state : population.states) std::fill(state.begin(), state.end(), 0);
      std::fill(population.payloads.begin(), population.payloads.end(), 0);
      std::fill(population.resting.begin(), population.resting.end(), 0);
      std::fill(population.wraps.begin(), population.wraps.end(), 0);
      std::fill(population.saturations.begin(), population.saturations.end(), 0);
    }
  }

  bool overflowed() const override {
    auto any = [](const std::vector<std::int64_t>& counts) {
      std::int64_t sum = 0;
      for (const std::int64_t count : counts) sum |= count;
      return sum != 0;
    };
    return std::any_of(populations_.begin(), populations_.end(),
                       [&](const PopulationState& p) { return any(p.wraps) || any(p.saturations); });
  }

  void step(std::span<const std::span<const std::int32_t>> inputs) override {
    stepWith(inputs, kernels_.compact, kernels_.mark);
  }
  void stepBytes(std::span<const std::span<const std::uint8_t>> inputs) override {
    stepWith(inputs, kernels_.compactBytes, kernels_.markBytes);
  }

  std::span<const std::int32_t> spikes(int population) const override {
    const std::size_t p = static_cast<std::size_t>(population);
    const PlanPopulation& plan = plan_->populations[p];
    if (plan.places.empty()) return {populations_[p].payloads.data(), static_cast<std::size_t>(plan.size)};
    std::vector<std::int32_t>& shown = populations_[p].shown;
    shown.resize(plan.places.size());
    order(plan, populations_[p].payloads, std::span(shown));
    return shown;
  }

  void readState(int population, int state, std::span<std::int32_t> out) const override {
    const std::size_t p = static_cast<std::size_t>(population);
    order(plan_->populations[p], populations_[p].states[static_cast<std::size_t>(state)], out);
  }

  void writeState(int population, int state, std::span<const std::int32_t> in) override {
    PopulationState& written = populations_[static_cast<std::size_t>(population)];
    const PlanPopulation& plan = plan_->populations[static_cast<std::size_t>(population)];
    for (std::size_t n = 0; n < in.size(); ++n)
      written.states[static_cast<std::size_t>(state)]
                    [static_cast<std::size_t>(plan.place(static_cast<std::int32_t>(n)))] = in[n];
    std::fill(written.resting.begin(), written.resting.end(), 0);
  }

  std::vector<std::uint8_t> save() const override {
    const std::int64_t inputs = countInputs(program_);
    const std::size_t ahead = static_cast<std::size_t>(program_.maxDelay) + 1;
    std::vector<std::int32_t> pending(ahead * static_cast<std::size_t>(inputs));
    for (std::size_t p = 0; p < populations_.size(); ++p)
      for (std::size_t k = 0; k < ahead; ++k) {
        AlignedVector<std::int32_t> sum(populations_[p].input.size()), shifted(sum.size());
        gather(p, static_cast<std::int32_t>(k), sum.data(), shifted.data());
        forEachInput(p, [&](std::int64_t input, std::int32_t target) {
          pending[static_cast<std::size_t>(static_cast<std::int64_t>(k) * inputs + input)] =
              sum[static_cast<std::size_t>(target)];
        });
      }
    return packPending(program_, pending);
  }

  bool keepArrivals() override {
    for (PopulationState& population : populations_) population.arrived.resize(population.input.size());
    return true;
  }
  void arrived(std::span<std::int32_t> out) const override {
    for (std::size_t p = 0; p < populations_.size(); ++p) {
      const std::int32_t* values = populations_[p].arrived.data();
      const PlanPopulation& plan = plan_->populations[p];
      if (!plan.places.empty() || plan.ports != 1)
        forEachInput(p, [&](std::int64_t input, std::int32_t target) {
          out[static_cast<std::size_t>(input)] = values[target];
        });
      else
        forEachSlice(p, [&](std::int64_t first, const CompartmentSlice& slice) {
          std::copy_n(values + slice.firstNeuron, slice.count,
                      out.begin() + static_cast<std::ptrdiff_t>(first) + slice.firstInput);
        });
    }
  }

  // The spikes that led to the restored input are not known, nor needed: it is kept as it is.
  Status restore(std::span<const std::uint8_t> bytes) override {
    Expected<std::vector<std::int32_t>> pending = unpackPending(program_, bytes);
    if (!pending) return std::move(pending).error();
    forgetSpikes();
    const std::int64_t inputs = countInputs(program_);
    restored_.resize(static_cast<std::size_t>(program_.maxDelay) + 1);
    for (std::size_t k = 0; k < restored_.size(); ++k) {
      restored_[k].clear();
      for (std::size_t p = 0; p < populations_.size(); ++p) {
        auto& sum = restored_[k].emplace_back(populations_[p].input.size());
        forEachInput(p, [&](std::int64_t input, std::int32_t target) {
          sum[static_cast<std::size_t>(target)] =
              (*pending)[static_cast<std::size_t>(static_cast<std::int64_t>(k) * inputs + input)];
        });
      }
    }
    return ok();
  }

  OverflowCount overflows(int population) const override {
    const PopulationState& state = populations_[static_cast<std::size_t>(population)];
    const PlanPopulation& plan = plan_->populations[static_cast<std::size_t>(population)];
    OverflowCount counts{std::vector<std::int64_t>(static_cast<std::size_t>(plan.size)), {}};
    counts.saturations = counts.wraps;
    order(plan, state.wraps, std::span(counts.wraps));
    order(plan, state.saturations, std::span(counts.saturations));
    return counts;
  }

 private:
  // `values` by place, `out` as the network counts neurons.
  template <class Values, class Value>
  static void order(const PlanPopulation& plan, const Values& values, std::span<Value> out) {
    if (plan.places.empty()) {
      std::copy_n(values.begin(), out.size(), out.begin());
      return;
    }
    for (std::size_t n = 0; n < out.size(); ++n) out[n] = values[static_cast<std::size_t>(plan.places[n])];
  }

  // SPEC T1, T2. A slot more than the delays need lets a population send before others have received.
  template <class Payload, class Compact, class Mark>
  void stepWith(std::span<const std::span<const Payload>> inputs, Compact compact, Mark mark) {
    for (std::size_t p = 0; p < populations_.size(); ++p) {
      PopulationState& population = populations_[p];
      receive(p, population);
      if (!population.arrived.empty())
        std::copy(population.input.begin(), population.input.end(), population.arrived.begin());
      Sent& sent = sent_[inputs.size() + p][now_];
      population.call.active = sent.index.data();
      population.call.activePayloads = sent.payload.empty() ? nullptr : sent.payload.data();
      sent.unit = sent.payload.empty();
      sent.count = code_ ? code_->update(p, population.call) : population.update(population.call);
    }
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      Sent& sent = sent_[k][now_];
      sent.count = compact(inputs[k].data(), static_cast<std::int32_t>(inputs[k].size()), sent.index.data(),
                           sent.payload.data(), &sent.unit);
      if (!compared_[k]) continue;
      mark(inputs[k].data(), static_cast<std::int32_t>(inputs[k].size()), changes_[k][now_].bits.data());
      compare(k);
    }
    now_ = now_ + 1 == slots_ ? 0 : now_ + 1;
    if (!restored_.empty()) restored_.erase(restored_.begin());
  }

  void forgetSpikes() {
    now_ = 0;
    restored_.clear();
    for (auto& source : sent_)
      for (Sent& sent : source) sent.count = 0, sent.unit = true;
    for (auto& source : changes_)
      for (Change& change : source) {
        std::fill(change.bits.begin(), change.bits.end(), 0);
        change.smaller = false;
      }
  }

  // Lists what came and went since the step before, if that is less than all that was sent.
  void compare(std::size_t input) {
    const std::size_t before = now_ == 0 ? slots_ - 1 : now_ - 1;
    Change& change = changes_[input][now_];
    const Sent& sent = sent_[input][now_];
    change.smaller = sent.unit && sent_[input][before].unit &&
                     kernels_.compare(change.bits.data(), changes_[input][before].bits.data(),
                                      change.bits.size(), sent.count, &change.came, &change.gone);
  }

  // visit(input, target): the inputs of all cores that belong to a population, counted over all cores.
  template <class Visit>
  void forEachInput(std::size_t population, Visit visit) const {
    forEachSlice(population, [&](std::int64_t first, const CompartmentSlice& slice) {
      plan_->populations[population].forEachInput(
          slice, [&](std::int32_t input, std::int32_t target) { visit(first + input, target); });
    });
  }

  // visit(inputs of all cores before the slice's, slice)
  template <class Visit>
  void forEachSlice(std::size_t population, Visit visit) const {
    std::int64_t first = 0;
    for (const Core& core : program_.cores) {
      for (const CompartmentSlice& slice : core.slices)
        if (static_cast<std::size_t>(slice.population) == population) visit(first, slice);
      first += core.inputs;
    }
  }

  void addSource(std::int32_t size, bool graded) {
    auto& source = sent_.emplace_back(slots_);
    for (Sent& sent : source) {
      sent.index.resize(static_cast<std::size_t>(vector::padded(size)));
      if (graded) sent.payload.resize(sent.index.size());
    }
  }

  void addChanges(std::int32_t size) {
    auto& source = changes_.emplace_back(slots_);
    const std::size_t words = (static_cast<std::size_t>(size) + 63) / 64;
    for (Change& change : source) {
      change.bits.resize(words);
      change.indices.resize(2 * 64 * words);
      change.came.index = change.indices.data();
      change.gone.index = change.indices.data() + 64 * words;
    }
  }

  // Lists of synapses have no rows to save.
  bool keeps(const PlanProjection& projection) const {
    return projection.hasRows() && static_cast<std::size_t>(projection.source) < program_.inputs.size();
  }

  void prepare(const PlanPopulation& plan, PopulationState& population) {
    const std::size_t width = static_cast<std::size_t>(plan.width);
    const std::size_t targets = static_cast<std::size_t>(plan.targets());
    population.gone.resize(targets);
    auto addKept = [&](const PlanProjection& projection) {
      Kept& kept = population.kept.emplace_back();
      if (!keeps(projection)) return;
      kept.sum.resize(targets);
      compared_[static_cast<std::size_t>(projection.source)] = true;
    };
    for (const PlanProjection& projection : plan.linear) addKept(projection);
    for (const PlanShifted& unit : plan.shifted)
      for (const PlanProjection& projection : unit.projections) addKept(projection);
    population.states.assign(plan.model->states.size(), AlignedVector<std::int32_t>(width));
    population.input.resize(targets), population.shifted.resize(targets);
    population.payloads.resize(width), population.resting.resize(vector::restWords(plan.size));
    population.wraps.resize(width), population.saturations.resize(width);
    population.update = kernels_.update(plan.model->opcode, program_.profile->currentOverflow);
    vector::UpdateCall& call = population.call;
    call.size = plan.size;
    for (std::size_t k = 0; k < population.states.size(); ++k) call.states[k] = population.states[k].data();
    for (std::size_t k = 0; k < plan.parameters.size(); ++k) {
      call.parameters[k] = plan.parameters[k].values.data();
      call.parameterMask[k] = plan.parameters[k].constant ? 0 : ~std::size_t{0};
    }
    call.input = population.input.data();
    call.resting = population.resting.data();
    call.payloads = population.payloads.data();
    call.wraps = population.wraps.data();
    call.saturations = population.saturations.data();
  }

  // The slot that a source wrote `age` steps before the last finished step.
  std::size_t slotOfAge(std::size_t age) const { return (now_ + slots_ - 1 - age) % slots_; }

  // SPEC T2, W5, W7: adds to `population.input` what arrives in the step under way.
  void receive(std::size_t p, PopulationState& population) {
    const PlanPopulation& plan = plan_->populations[p];
    std::int32_t* sum = population.input.data();
    std::int32_t* shifted = population.shifted.data();
    auto kept = population.kept.begin();
    for (const PlanProjection& projection : plan.linear)
      receive(projection, plan.targets(), *kept++, population.gone.data(), sum);
    for (const PlanShifted& unit : plan.shifted) {
      bool any = false;
      for (const PlanProjection& projection : unit.projections)
        any |= receive(projection, plan.targets(), *kept++, population.gone.data(), shifted);
      if (any) kernels_.addShifted(shifted, unit.shift, plan.targets(), sum);
    }
    addRestored(p, 0, sum);
  }

  // As add(), by the rows that came or went since the last step where these are fewer. Integer sums can be
  // taken back.
  bool receive(const PlanProjection& projection, std::int32_t width, Kept& kept, std::int32_t* gone,
               std::int32_t* sum) {
    if (kept.sum.empty()) return add(projection, 0, width, sum);
    const std::size_t slot = slotOfAge(static_cast<std::size_t>(projection.delay));
    const Sent& sent = sent_[static_cast<std::size_t>(projection.source)][slot];
    const Change& change = changes_[static_cast<std::size_t>(projection.source)][slot];
    if (change.smaller) {
      addRows(projection, width, {change.came.index, nullptr, change.came.count}, kept.sum.data());
      addRows(projection, width, {change.gone.index, nullptr, change.gone.count}, gone);
    } else {
      if (!kept.zero) std::fill(kept.sum.begin(), kept.sum.end(), 0);
      kept.zero = sent.count == 0;
      if (kept.zero) return false;
      addRows(projection, width, sent.view(), kept.sum.data());
    }
    kept.zero = false;
    kernels_.settle(kept.sum.data(), gone, width, sum);
    return true;
  }

  void addRestored(std::size_t p, std::int32_t ahead, std::int32_t* sum) const {
    if (static_cast<std::size_t>(ahead) >= restored_.size()) return;
    const auto& restored = restored_[static_cast<std::size_t>(ahead)][p];
    for (std::size_t i = 0; i < restored.size(); ++i) sum[i] = fixed::addWrapped(sum[i], restored[i]);
  }

  // SPEC T2, W5, W7: adds to `sum` what the spikes sent so far bring to a population `ahead` steps from the
  // step under way. `shifted` is zero before and after.
  void gather(std::size_t p, std::int32_t ahead, std::int32_t* sum, std::int32_t* shifted) const {
    const PlanPopulation& plan = plan_->populations[p];
    for (const PlanProjection& projection : plan.linear) add(projection, ahead, plan.targets(), sum);
    for (const PlanShifted& unit : plan.shifted) {
      bool any = false;
      for (const PlanProjection& projection : unit.projections)
        any |= add(projection, ahead, plan.targets(), shifted);
      if (any) kernels_.addShifted(shifted, unit.shift, plan.targets(), sum);
    }
    addRestored(p, ahead, sum);
  }

  // Whether anything arrives.
  bool add(const PlanProjection& projection, std::int32_t ahead, std::int32_t width,
           std::int32_t* sum) const {
    if (projection.delay < ahead) return false;
    const Sent& sent = sent_[static_cast<std::size_t>(projection.source)]
                            [slotOfAge(static_cast<std::size_t>(projection.delay - ahead))];
    if (sent.count == 0) return false;
    if (projection.storage == WeightStorage::Sparse)
      addSparse(projection, sent, sum);
    else if (projection.storage == WeightStorage::Shared)
      kernels_.addShared({projection.useStart.data(), projection.uses.data(), projection.tileStart.data(),
                          projection.tileOffset.data(), projection.tileWeights.data(), sent.view(), sum});
    else
      addRows(projection, width, sent.view(), sum);
    return true;
  }

  void addRows(const PlanProjection& projection, std::int32_t width, const ActiveView& active,
               std::int32_t* sum) const {
    if (projection.storage == WeightStorage::Dense8)
      addDense(projection, kernels_.addRows8,
               rowsOf(projection, projection.weights8.data(), width, active, sum));
    else
      addDense(projection, kernels_.addRows16,
               rowsOf(projection, projection.weights16.data(), width, active, sum));
  }

  template <class Weight>
  void addDense(const PlanProjection& projection, void (*stock)(const RowsCall<Weight>&),
                const RowsCall<Weight>& call) const {
    if (!code_ || !code_->addRows(projection, call)) stock(call);
  }

  template <class Weight>
  static RowsCall<Weight> rowsOf(const PlanProjection& projection, const Weight* weights, std::int32_t width,
                                 const ActiveView& active, std::int32_t* sum) {
    return {weights, projection.stride, width, projection.rowsPerFlush, projection.shift, active, sum};
  }

  std::shared_ptr<const Plan> plan_;
  std::shared_ptr<const PlanCode> code_;
  const Program& program_;
  const Kernels& kernels_;
  std::size_t slots_;
  std::size_t now_ = 0;                       // the slot of the step under way
  std::vector<std::vector<Sent>> sent_;       // [source][slot]
  std::vector<std::vector<Change>> changes_;  // [input][slot]
  std::vector<bool> compared_;                // [input]: whether a projection keeps what it brought
  std::vector<PopulationState> populations_;
  // [steps ahead][population][targets]: input of spikes from before restore().
  std::vector<std::vector<AlignedVector<std::int32_t>>> restored_;
};

class PlanEngine : public Engine {
 public:
  PlanEngine(std::string name, std::shared_ptr<const Plan> plan, std::shared_ptr<const PlanCode> code)
      : name_(std::move(name)), plan_(std::move(plan)), code_(std::move(code)) {}
  std::string name() const override { return name_; }
  const Program& program() const override { return *plan_->program; }
  std::unique_ptr<Session> open() const override { return std::make_unique<PlanSession>(plan_, code_); }

 private:
  std::string name_;
  std::shared_ptr<const Plan> plan_;
  std::shared_ptr<const PlanCode> code_;
};

}  // namespace

std::unique_ptr<Engine> makePlanEngine(std::string name, std::shared_ptr<const Plan> plan,
                                       std::shared_ptr<const PlanCode> code) {
  return std::make_unique<PlanEngine>(std::move(name), std::move(plan), std::move(code));
}

std::unique_ptr<Engine> makeVector(std::shared_ptr<const Program> program) {
  return makePlanEngine("vector", std::make_shared<const Plan>(makePlan(std::move(program))), nullptr);
}

}  // namespace rheo
