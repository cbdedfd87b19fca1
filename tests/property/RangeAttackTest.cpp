// Tries to break the range proofs: inputs chosen step by step to push one state of one neuron up or down,
// with resets used as a lever and random restarts. No neuron may ever leave its proven interval. SPEC P1, P2.
// RHEO_NEURON_STEPS=n sets how many steps of neurons each test takes, RHEO_SEED=n replays one trial.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "algorithms/RangeProof.h"
#include "fixed/IntegerAlgebra.h"

namespace rheo {
namespace integer_steps {
#include "models/AllSteps.inc"
}
namespace {

constexpr std::int64_t kShare = 4'000'000;

std::int64_t wantedSteps() {
  const char* text = std::getenv("RHEO_NEURON_STEPS");
  return text ? std::strtoll(text, nullptr, 10) : kShare;
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(most - least + 1));
  }
  bool chance(int percent) { return between(1, 100) <= percent; }
  // Any order of magnitude up to `most`.
  std::int64_t upTo(std::int64_t most) {
    return between(0, std::max<std::int64_t>(1, most >> between(0, std::bit_width(std::uint64_t(most)) - 1)));
  }
  template <class Items>
  const auto& pick(const Items& items) {
    return items[static_cast<std::size_t>(between(0, static_cast<std::int64_t>(std::size(items)) - 1))];
  }

 private:
  std::mt19937_64 engine_;
};

// Trials one after another until enough steps were taken.
template <class Trial>
void attack(Trial trial) {
  const char* replay = std::getenv("RHEO_SEED");
  const std::int64_t wanted = replay ? 1 : wantedSteps();
  std::uint64_t seed = replay ? std::strtoull(replay, nullptr, 10) : 1;
  std::int64_t steps = 0;
  for (; steps < wanted; ++seed) {
    SCOPED_TRACE(fmt::format("replay with RHEO_SEED={}", seed));
    Random random(seed);
    trial(random, steps);
    if (testing::Test::HasFatalFailure()) return;
  }
  std::printf("%lld neuron-steps in %llu trials\n", static_cast<long long>(steps),
              static_cast<unsigned long long>(seed - 1));
}

void randomRegisters(Random& random, FixedPopulation& population) {
  const bool slow = random.chance(30);
  const std::int64_t neurons = random.chance(50) ? population.size : 1;
  const auto fill = [&](const char* field, auto value) {
    std::vector<std::int32_t>& values = population.registers[field];
    for (std::int64_t n = 0; n < neurons; ++n) values.push_back(static_cast<std::int32_t>(value()));
  };
  const auto edge = [&](std::int64_t usual, std::int64_t least, std::int64_t most) {
    return random.chance(5) ? (random.chance(50) ? least : most) : usual;
  };
  fill("du", [&] { return edge(slow ? random.upTo(200) : random.between(100, 4095), 0, 4095); });
  fill("dv", [&] { return edge(slow ? random.upTo(100) : random.between(20, 4096), 0, 4096); });
  fill("vth", [&] { return edge(random.upTo(slow ? 60000 : 3000), 0, 131071); });
  const std::int64_t bias = random.chance(30) ? 4095 : 0;
  fill("bias_mantissa", [&] { return random.between(-bias, bias); });
  population.registers["bias_exponent"] = {static_cast<std::int32_t>(random.between(-8, 7))};
  population.registers["reset_mode"] = {static_cast<std::int32_t>(random.between(0, 2))};
  fill("reset_value", [&] { return edge(random.between(-500, 500), -131072, 131071); });
}

// SPEC I9: small constants, or now and then any that the table admits.
void randomConstants(Random& random, FixedPopulation& population) {
  for (const models::FixedParameter& parameter : population.model->fixedParameters) {
    const bool small = random.chance(85);
    const std::int64_t most = small ? std::min(parameter.maximum, 6000) : parameter.maximum;
    const std::int64_t least =
        small ? std::clamp<std::int64_t>(parameter.minimum, -600, most) : parameter.minimum;
    population.registers[std::string(parameter.name)] = {
        static_cast<std::int32_t>(random.between(least, most))};
  }
}

// One neuron as the integers of step.h run it.
struct Neuron {
  const models::ModelTable* model = nullptr;
  std::vector<std::int32_t> parameters;
  std::int32_t state[models::kMaxStates] = {};
  std::int64_t overflows = 0;

  // The payload that it sends; `input` of each port.
  std::int32_t step(const Profile& profile, const std::int32_t* input) {
    fixed::IntegerAlgebra algebra{profile.currentOverflow};
    const std::int32_t sent = dispatch(algebra, input);
    overflows += algebra.wraps + algebra.saturations;
    return sent;
  }
  std::int32_t step(const Profile& profile, std::int32_t input) { return step(profile, &input); }
  std::int32_t potential() const { return state[model->states.size() - 1]; }

 private:
  std::int32_t dispatch(fixed::IntegerAlgebra& algebra, const std::int32_t* input) {
#define RHEO_MODEL(folder) \
  if (model->name == #folder) return integer_steps::folder::step(algebra, state, input, parameters.data());
#include "models/Models.def"
#undef RHEO_MODEL
    return 0;
  }
};

// Whether a neuron that has just taken step number `step` from rest is where its proof says.
void expectInside(const Neuron& neuron, const NeuronRange& range, const Profile& profile, std::int32_t sent,
                  std::int64_t step) {
  for (std::size_t s = 0; s < neuron.model->states.size(); ++s) {
    ASSERT_GE(neuron.state[s], range.states[s].lo)
        << neuron.model->name << " state " << s << " step " << step;
    ASSERT_LE(neuron.state[s], range.states[s].hi)
        << neuron.model->name << " state " << s << " step " << step;
  }
  ASSERT_TRUE(sent == 0 || (range.mayFire && sent >= range.payload.lo && sent <= range.payload.hi))
      << neuron.model->name << " sends " << sent << " in step " << step;
  if (neuron.overflows == 0) return;
  ASSERT_FALSE(range.proven()) << neuron.model->name << " overflows in step " << step;
  FewIntervals input = range.input;
  ASSERT_GE(step, safeSteps(*neuron.model, neuron.parameters, {&input, 1}, profile)) << neuron.model->name;
}

// What the drive does for a while.
enum class Move { Push, Pull, Creep, Rest, Any };

// A whole interval of inputs is open to the adversary.
class NeuronAttack {
 public:
  explicit NeuronAttack(Random& random)
      : random_(random), profile_(random.pick(kProfiles)), up_(random.chance(50)) {
    FixedPopulation population;
    do population.model = &random.pick(models::allModels());
    while (population.model->microcode);
    population.size = 1;
    randomRegisters(random, population);
    fresh_ = {population.model, population.stepParameters(0)};
    input_ = {-random.upTo(fixed::kInputBound / 2), random.upTo(fixed::kInputBound / 2)};
    if (random.chance(20)) (random.chance(50) ? input_.lo : input_.hi) = 0;
    range_ = proveNeuron(*fresh_.model, fresh_.parameters, {input_}, profile_);
    seen_.resize(fresh_.model->states.size());
  }

  void run(std::int64_t steps) {
    Neuron neuron = fresh_;
    Move move = Move::Push;
    for (std::int64_t step = 0; step < steps; ++step) {
      if (random_.chance(4)) move = static_cast<Move>(random_.between(0, 4));
      const std::int32_t sent = neuron.step(profile_, choose(move, neuron));
      ASSERT_NO_FATAL_FAILURE(expectInside(neuron, range_, profile_, sent, step));
      for (std::size_t s = 0; s < seen_.size(); ++s)
        seen_[s] = hull(seen_[s], {neuron.state[s], neuron.state[s]});
    }
  }

  bool proven() const { return range_.proven(); }
  // Whether the drive came to within a bit of every end.
  bool tight() const {
    for (std::size_t s = 0; s < seen_.size(); ++s)
      if (range_.states[s].lo < 2 * seen_[s].lo - 128 || range_.states[s].hi > 2 * seen_[s].hi + 128)
        return false;
    return true;
  }

 private:
  std::int32_t choose(Move move, const Neuron& neuron) {
    switch (move) {
      case Move::Push:
        return static_cast<std::int32_t>(up_ ? input_.hi : input_.lo);
      case Move::Pull:
        return static_cast<std::int32_t>(up_ ? input_.lo : input_.hi);
      case Move::Rest:
        return 0;
      case Move::Any:
        return static_cast<std::int32_t>(random_.between(input_.lo, input_.hi));
      case Move::Creep:
        return creep(neuron);
    }
    return 0;
  }

  // The largest input at which the neuron stays silent, by bisection: as close to its threshold as can be.
  std::int32_t creep(const Neuron& neuron) const {
    std::int64_t silent = input_.lo, loud = input_.hi;
    while (silent < loud) {
      const std::int64_t middle = loud - (loud - silent) / 2;
      Neuron trial = neuron;
      if (trial.step(profile_, static_cast<std::int32_t>(middle)))
        loud = middle - 1;
      else
        silent = middle;
    }
    return static_cast<std::int32_t>(silent);
  }

  Random& random_;
  const Profile& profile_;
  bool up_;
  Neuron fresh_;
  Interval input_;
  NeuronRange range_;
  std::vector<Interval> seen_;
};

TEST(RangeAttack, p1_no_drive_breaks_the_proof_of_a_neuron) {
  int proven = 0, tight = 0;
  attack([&](Random& random, std::int64_t& steps) {
    NeuronAttack trial(random);
    for (int restart = 0; restart < 4; ++restart, steps += 500) ASSERT_NO_FATAL_FAILURE(trial.run(500));
    proven += trial.proven();
    tight += trial.proven() && trial.tight();
  });
  std::printf("%d proven, %d of them with every end reached to a bit\n", proven, tight);
  if (std::getenv("RHEO_SEED")) return;
  EXPECT_GT(proven, 200);
  EXPECT_GT(tight, proven / 2) << "the drive does not reach what was proven: no attack";
}

std::int64_t shifted(std::int64_t x, int exponent) {
  return exponent >= 0 ? x * (std::int64_t{1} << exponent) : x >> -exponent;
}

// A network whose ports alone are open to the adversary.
class NetworkAttack {
 public:
  NetworkAttack(Random& random, bool programs)
      : random_(random), profile_(random.pick(kProfiles)), programs_(programs) {
    makeNet();
    ranges_ = proveRanges(net_, profile_);
    for (const FixedPopulation& population : net_.populations) {
      std::vector<Neuron>& neurons = fresh_.emplace_back();
      for (std::int64_t n = 0; n < population.size; ++n)
        neurons.push_back({population.model, population.stepParameters(n)});
      neurons_ += population.size;
    }
  }

  std::int64_t neurons() const { return neurons_; }
  bool allProven() const {
    return std::all_of(ranges_.begin(), ranges_.end(), [](const PopulationRange& r) { return r.proven; });
  }
  std::int64_t spikes() const { return spikes_; }

  // From rest, against a neuron drawn anew.
  void run(std::int64_t steps) {
    aim();
    state_ = fresh_;
    sent_.clear();
    for (const FixedPopulation& population : net_.populations)
      sent_.emplace_back(static_cast<std::size_t>(population.size), 0);
    Move move = Move::Push;
    for (std::int64_t step = 0; step < steps; ++step) {
      if (random_.chance(5)) move = static_cast<Move>(random_.between(0, 4));
      ASSERT_NO_FATAL_FAILURE(advance(choose(move), step));
    }
  }

 private:
  using Rows = std::vector<std::vector<std::int64_t>>;

  void makeNet() {
    for (std::int64_t i = random_.between(1, 2); i > 0; --i) {
      InputPort port{fmt::format("in{}", i), random_.between(1, 12), {}, 0, 1};
      if (random_.chance(20)) port.maxPayload = static_cast<std::int32_t>(random_.between(1, 4));
      if (random_.chance(20)) port.minPayload = -port.maxPayload;
      net_.inputs.push_back(port);
    }
    const int count = static_cast<int>(random_.between(1, 4));
    for (int i = 0; i < count; ++i) {
      FixedPopulation population;
      population.name = fmt::format("p{}", i);
      do population.model = &random_.pick(models::allModels());
      while ((population.model->microcode && !programs_) || (i + 1 < count && !population.model->spiking));
      population.size = random_.between(1, 12);
      if (population.model->microcode)
        randomConstants(random_, population);
      else
        randomRegisters(random_, population);
      net_.populations.push_back(std::move(population));
      for (int source = -static_cast<int>(net_.inputs.size()); source <= i; ++source) {
        const bool usual = source == i - 1 || (i == 0 && source == -1);
        if (source == i && !net_.populations.back().model->spiking) continue;
        if (usual || random_.chance(25)) project(source, i);
      }
    }
  }

  // Sources below 0 are input ports.
  void project(int source, int target) {
    FixedProjection projection;
    projection.name = fmt::format("{}->{}", source, target);
    projection.source = {source < 0, source < 0 ? -1 - source : source};
    projection.target = target;
    const std::int64_t columns = source < 0 ? net_.inputs[static_cast<std::size_t>(-1 - source)].size
                                            : net_.populations[static_cast<std::size_t>(source)].size;
    projection.weights =
        Connections<std::int32_t>(net_.populations[static_cast<std::size_t>(target)].inputs(), columns);
    projection.exponent = static_cast<int>(random_.between(-8, 3));
    for (std::int32_t& weight : projection.weights.values)
      weight = static_cast<std::int32_t>(random_.chance(20) ? 0 : random_.between(-128, 127) * 2);
    net_.projections.push_back(std::move(projection));
  }

  // Which way each input channel moves the neuron aimed at, through one, two or three hops.
  void aim() {
    const bool up = random_.chance(50);
    wish_.clear();
    for (const InputPort& port : net_.inputs) wish_.emplace_back(static_cast<std::size_t>(port.size), 0.0);
    std::vector<std::vector<double>> wanted;
    for (const FixedPopulation& population : net_.populations)
      wanted.emplace_back(static_cast<std::size_t>(population.size), 0.0);
    const auto target = static_cast<std::size_t>(random_.between(0, std::int64_t(wanted.size()) - 1));
    wanted[target][static_cast<std::size_t>(random_.between(0, std::int64_t(wanted[target].size()) - 1))] =
        up ? 1 : -1;
    for (double hop = 1; hop > 0.1; hop /= 2) {
      auto before = wanted;
      for (auto& row : before) std::fill(row.begin(), row.end(), 0.0);
      for (const FixedProjection& p : net_.projections) {
        std::vector<double>& out = p.source.input ? wish_[static_cast<std::size_t>(p.source.index)]
                                                  : before[static_cast<std::size_t>(p.source.index)];
        for (std::int64_t row = 0; row < p.weights.wiring.targets(); ++row)
          p.weights.wiring.sourcesOf(row, [&](std::int64_t column, std::int64_t index) {
            out[static_cast<std::size_t>(column)] +=
                hop * wanted[static_cast<std::size_t>(p.target)][static_cast<std::size_t>(row / portsOf(p))] *
                std::ldexp(p.weights.value(index), p.exponent);
          });
      }
      wanted = std::move(before);
    }
  }

  Rows choose(Move move) {
    Rows rows;
    for (std::size_t k = 0; k < net_.inputs.size(); ++k) {
      const InputPort& port = net_.inputs[k];
      std::vector<std::int64_t>& row = rows.emplace_back();
      for (std::int64_t i = 0; i < port.size; ++i) {
        const bool wanted = (wish_[k][static_cast<std::size_t>(i)] > 0) != (move == Move::Pull);
        std::int64_t payload = wanted ? port.maxPayload : port.minPayload;
        if (move == Move::Any || random_.chance(move == Move::Creep ? 40 : 2))
          payload = random_.between(port.minPayload, port.maxPayload);
        row.push_back(move == Move::Rest ? 0 : payload);
      }
    }
    return rows;
  }

  std::int64_t portsOf(const FixedProjection& projection) const {
    return net_.populations[static_cast<std::size_t>(projection.target)].model->portCount();
  }

  void advance(const Rows& inputs, std::int64_t step) {
    Rows sums;
    for (const FixedPopulation& population : net_.populations)
      sums.emplace_back(static_cast<std::size_t>(population.inputs()), 0);
    for (const FixedProjection& p : net_.projections) {
      const auto& sources = p.source.input ? inputs[static_cast<std::size_t>(p.source.index)]
                                           : sent_[static_cast<std::size_t>(p.source.index)];
      const bool perWeight = profile_.weightExponent == WeightExponent::PerWeight;  // SPEC W6, else W5
      for (std::int64_t row = 0; row < p.weights.wiring.targets(); ++row) {
        std::int64_t sum = 0;
        p.weights.wiring.sourcesOf(row, [&](std::int64_t column, std::int64_t index) {
          const std::int64_t weight = p.weights.value(index);
          sum +=
              sources[static_cast<std::size_t>(column)] * (perWeight ? shifted(weight, p.exponent) : weight);
        });
        sums[static_cast<std::size_t>(p.target)][static_cast<std::size_t>(row)] +=
            perWeight ? sum : shifted(fixed::wrap32(sum), p.exponent);  // SPEC N19
      }
    }
    for (std::size_t p = 0; p < state_.size(); ++p)
      for (std::size_t n = 0; n < state_[p].size(); ++n) {
        Neuron& neuron = state_[p][n];
        std::int32_t given[models::kMaxPorts];
        const std::size_t ports = neuron.model->ports.size();
        for (std::size_t port = 0; port < ports; ++port)
          given[port] = fixed::wrap32(sums[p][n * ports + port]);
        const std::int32_t sent = neuron.step(profile_, given);
        sent_[p][n] = sent;
        spikes_ += sent != 0;
        ASSERT_NO_FATAL_FAILURE(expectInside(neuron, ranges_[p].neurons[n], profile_, sent, step))
            << "neuron " << n << " of " << net_.populations[p].name;
      }
  }

  Random& random_;
  const Profile& profile_;
  bool programs_;  // with payloads and ports, beside what chips have as fixed functions
  FixedNet net_;
  std::vector<PopulationRange> ranges_;
  std::vector<std::vector<Neuron>> fresh_, state_;
  Rows sent_;
  std::vector<std::vector<double>> wish_;  // per channel: whether a spike pushes the neuron aimed at
  std::int64_t neurons_ = 0, spikes_ = 0;
};

// Networks proven throughout, and what was sent in all.
struct Attacked {
  int proven = 0;
  std::int64_t sent = 0;
};

Attacked attackNetworks(bool programs) {
  Attacked all;
  attack([&](Random& random, std::int64_t& steps) {
    NetworkAttack trial(random, programs);
    for (int restart = 0; restart < 6; ++restart, steps += 150 * trial.neurons())
      ASSERT_NO_FATAL_FAILURE(trial.run(150));
    all.proven += trial.allProven();
    all.sent += trial.spikes();
  });
  std::printf("%d networks proven throughout, %lld messages\n", all.proven, static_cast<long long>(all.sent));
  return all;
}

TEST(RangeAttack, p1_p2_no_input_breaks_the_proofs_of_a_network) {
  const Attacked all = attackNetworks(false);
  if (std::getenv("RHEO_SEED")) return;
  EXPECT_GT(all.proven, 20);
  EXPECT_GT(all.sent, 100000);
}

TEST(RangeAttack, p1_t1_n18_no_input_breaks_the_proofs_of_programs_with_payloads_and_ports) {
  const Attacked all = attackNetworks(true);
  if (std::getenv("RHEO_SEED")) return;
  EXPECT_GT(all.proven, 5);
  EXPECT_GT(all.sent, 100000);
}

}  // namespace
}  // namespace rheo
