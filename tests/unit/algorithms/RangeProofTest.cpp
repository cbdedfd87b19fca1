// Range proofs against the integers: sound under random adversarial drive, and not much wider than what is
// seen.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "algorithms/RangeProof.h"
#include "fixed/IntegerAlgebra.h"

namespace rheo {

namespace integer_steps {
#include "models/AllSteps.inc"
}

namespace {

using fixed::IntegerAlgebra;

bool overflowed(const IntegerAlgebra& algebra) { return algebra.wraps + algebra.saturations > 0; }

// The payload that is sent. SPEC N18
std::int32_t stepInteger(const models::ModelTable& table, IntegerAlgebra& algebra, std::int32_t* state,
                         const std::int32_t* input, const std::int32_t* parameters) {
#define RHEO_MODEL(folder) \
  if (table.name == #folder) return integer_steps::folder::step(algebra, state, input, parameters);
#include "models/Models.def"
#undef RHEO_MODEL
  return 0;
}

// Of a program, whose constants mean many things: small numbers, or any that the table admits.
std::vector<std::int32_t> randomConstants(const models::ModelTable& model, std::mt19937& random, bool small) {
  std::vector<std::int32_t> values;
  for (const models::FixedParameter& parameter : model.fixedParameters) {
    const std::int64_t most = small ? std::min(parameter.maximum, 4000) : parameter.maximum;
    values.push_back(static_cast<std::int32_t>(std::uniform_int_distribution<std::int64_t>(
        std::min<std::int64_t>(parameter.minimum, most), most)(random)));
  }
  return values;
}

std::vector<std::int32_t> randomParameters(const models::ModelTable& model, std::mt19937& random, bool slow) {
  if (model.microcode) return randomConstants(model, random, !slow);
  FixedPopulation population;
  population.model = &model;
  population.size = 1;
  const auto pick = [&](int least, int most) {
    return std::uniform_int_distribution<int>(least, most)(random);
  };
  population.registers["du"] = {slow ? pick(1, 200) : pick(100, 4095)};
  population.registers["dv"] = {slow ? pick(0, 100) : pick(20, 4096)};
  population.registers["vth"] = {pick(1, slow ? 60000 : 3000)};
  population.registers["bias_mantissa"] = {pick(0, 3) == 0 ? pick(-4096, 4095) : 0};
  population.registers["bias_exponent"] = {pick(0, 3)};
  population.registers["reset_mode"] = {pick(0, 2)};
  population.registers["reset_value"] = {pick(-500, 0)};
  return population.stepParameters(0);
}

// Drives that look for the ends: random, always the largest, always the smallest, swings of random length.
std::int32_t drive(int kind, int step, Interval input, std::mt19937& random) {
  const int phase = kind == 3 ? (step / 50) % 2 : kind == 4 ? (step / 700) % 2 : 0;
  if (kind == 1 || (kind >= 3 && phase == 0)) return static_cast<std::int32_t>(input.hi);
  if (kind == 2 || kind >= 3) return static_cast<std::int32_t>(input.lo);
  return static_cast<std::int32_t>(std::uniform_int_distribution<std::int64_t>(input.lo, input.hi)(random));
}

int bits(std::int64_t lo, std::int64_t hi) {
  return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(std::max(std::abs(lo), std::abs(hi)))));
}

TEST(RangeProof, p1_no_drive_leaves_the_proven_ranges) {
  std::mt19937 random(7);
  int proven = 0, wide = 0;
  for (int trial = 0; trial < 900; ++trial) {
    const models::ModelTable& model = models::allModels()[trial % models::allModels().size()];
    const Profile& profile = kProfiles[trial % 2];
    const auto parameters = randomParameters(model, random, trial % 3 == 0);
    const std::int64_t reach = std::int64_t{1} << std::uniform_int_distribution<int>(2, 17)(random);
    const Interval input{-std::uniform_int_distribution<std::int64_t>(0, reach)(random),
                         std::uniform_int_distribution<std::int64_t>(0, reach)(random)};
    FewIntervals inputs(model.ports.size());
    inputs.fill(input);
    const NeuronRange range = proveNeuron(model, parameters, inputs, profile);
    const std::int64_t safe = range.proven() ? 0 : safeSteps(model, parameters, {&inputs, 1}, profile);
    FewIntervals seen(model.states.size());
    for (int kind = 0; kind < 5; ++kind) {
      std::int32_t state[models::kMaxStates] = {};
      for (int step = 0; step < 3000; ++step) {
        IntegerAlgebra algebra{profile.currentOverflow};
        std::int32_t given[models::kMaxPorts];
        for (std::int32_t& sum : given) sum = drive(kind, step, input, random);
        const std::int32_t sent = stepInteger(model, algebra, state, given, parameters.data());
        ASSERT_TRUE(sent == 0 || (range.mayFire && sent >= range.payload.lo && sent <= range.payload.hi))
            << model.name << " trial " << trial;
        ASSERT_TRUE(!overflowed(algebra) || (!range.proven() && step >= safe))
            << model.name << " trial " << trial << " step " << step << " safe " << safe;
        for (std::size_t s = 0; s < seen.size(); ++s) {
          ASSERT_GE(state[s], range.states[s].lo) << model.name << " trial " << trial << " state " << s;
          ASSERT_LE(state[s], range.states[s].hi) << model.name << " trial " << trial << " state " << s;
          seen[s] = hull(seen[s], {state[s], state[s]});
        }
      }
    }
    if (!range.proven() || model.microcode) continue;
    ++proven;
    for (std::size_t s = 0; s < seen.size(); ++s)
      wide += bits(range.states[s].lo, range.states[s].hi) > bits(seen[s].lo, seen[s].hi) + 2;
  }
  EXPECT_GT(proven, 100) << "too few trials were about proofs";
  EXPECT_EQ(wide, 0) << "ranges more than 2 bits wider than what was seen";
}

FixedNet chain() {
  FixedNet net;
  net.inputs.push_back({"in", 2, {2}, 0, 1});
  for (const char* name : {"a", "b"}) {
    FixedPopulation lif{name, models::findModel("lif"), 2, {2}, 0, false, {}, {}};
    lif.registers = {{"dv", {512}}, {"vth", {100}}, {"reset_mode", {0}}};
    net.populations.push_back(lif);
  }
  FixedProjection first{"w1", {true, 0}, 0, 0, 0, 8, 0, SignMode::Mixed, Connections<std::int32_t>(2, 2)};
  first.weights.values = {200, -40, 10, -40};  // neuron 1 reaches 10 * 64 / (512 / 4096) < 100 * 64
  FixedProjection second{"w2", {false, 0}, 1, 0, 0, 8, 0, SignMode::Mixed, Connections<std::int32_t>(2, 2)};
  second.weights.values = {150, 250, -20, -250};
  net.projections = {first, second};
  return net;
}

TEST(RangeProof, p2_weights_of_silent_neurons_drop_out) {
  const auto ranges = proveRanges(chain(), kLavaProfile);
  EXPECT_EQ(ranges[0].silent, 1);
  EXPECT_TRUE(ranges[0].neurons[0].mayFire);
  EXPECT_FALSE(ranges[0].neurons[1].mayFire);
  EXPECT_EQ(ranges[1].neurons[0].input[0], (Interval{0, 150}));
  EXPECT_EQ(ranges[1].neurons[1].input[0], (Interval{-20, 0}));
  EXPECT_TRUE(ranges[1].proven);
}

// Layers one behind the other, listed from the last to the first where `backwards`; in that of number `weak`
// one neuron stays silent.
FixedNet layered(int layers, int weak, bool backwards) {
  FixedNet net = chain();
  const FixedPopulation population = net.populations[0];
  const FixedProjection input = net.projections[0];
  net.populations.clear();
  net.projections.clear();
  const auto at = [&](int layer) { return backwards ? layers - 1 - layer : layer; };
  for (int i = 0; i < layers; ++i) {
    FixedPopulation& added = net.populations.emplace_back(population);
    added.name = fmt::format("p{}", at(i));  // its layer
  }
  for (int layer = 0; layer < layers; ++layer) {
    FixedProjection& added = net.projections.emplace_back(input);
    added.name = fmt::format("w{}", layer);
    if (layer > 0) added.source = {false, at(layer - 1)};
    added.target = at(layer);
    added.weights.values = {200 - layer, 30, 150, 20 + layer};
    if (layer == weak) added.weights.values = {200 - layer, 30, 1, 1};
  }
  return net;
}

// Files list their nodes by name: a layer may stand before those that drive it.
TEST(RangeProof, p2_the_order_of_populations_does_not_matter) {
  constexpr int kLayers = 12;
  for (const int weak : {-1, 0, 5})
    for (const int threads : {1, 2}) {
      const auto forwards = proveRanges(layered(kLayers, weak, false), kLavaProfile, threads);
      const auto backwards = proveRanges(layered(kLayers, weak, true), kLavaProfile, threads);
      for (std::size_t layer = 0; layer < kLayers; ++layer) {
        const PopulationRange &there = forwards[layer], &here = backwards[kLayers - 1 - layer];
        EXPECT_EQ(there.name, here.name);
        EXPECT_EQ(there.states, here.states) << "layer " << layer << ", weak " << weak;
        EXPECT_EQ(there.silent, here.silent) << "layer " << layer << ", weak " << weak;
        EXPECT_EQ(there.silent, static_cast<int>(layer) == weak ? 1 : 0);
        for (std::size_t n = 0; n < 2; ++n) EXPECT_EQ(there.neurons[n].input, here.neurons[n].input);
      }
    }
}

TEST(RangeProof, p1_recurrence_counts_once_a_neuron_can_fire) {
  FixedNet net = chain();
  FixedProjection loop{"rec", {false, 1}, 0, 1, 0, 8, 0, SignMode::Mixed, Connections<std::int32_t>(2, 2)};
  loop.weights.values = {0, 0, 120, 0};  // neuron b0 wakes neuron a1
  net.projections.push_back(loop);
  const auto ranges = proveRanges(net, kLavaProfile);
  EXPECT_EQ(ranges[0].silent, 0);
  EXPECT_EQ(ranges[1].neurons[0].input[0], (Interval{0, 400}));
}

TEST(RangeProof, p1_w7_parts_of_different_delays_wrap_and_floor_one_by_one) {
  FixedNet net;
  net.inputs.push_back({"in", 1, {1}, 0, 1});
  FixedPopulation loud{"loud", models::findModel("graded_vec"), 2, {2}, 0, false, {}, {}};
  loud.registers = {{"threshold", {0}}};
  FixedPopulation sum{"sum", models::findModel("graded_vec"), 1, {1}, 0, false, {}, {}};
  sum.registers = {{"threshold", {0}}};
  net.populations = {loud, sum};
  FixedProjection loop{"loop", {false, 0}, 0, 1, 0, 8, 0, SignMode::Mixed, Connections<std::int32_t>(2, 2)};
  loop.weights.values = {254, 0, 0, 254};  // payloads that grow until they may be anything
  FixedProjection start{"start", {true, 0}, 0, 0, 0, 8, 0, SignMode::Mixed, Connections<std::int32_t>(2, 1)};
  start.weights.values = {2, 2};
  FixedProjection parts{
      "parts", {false, 0}, 1, 0, 0, 8, -4, SignMode::Mixed, Connections<std::int32_t>(1, 2)};
  parts.weights.values = {2, 2};
  parts.weights.delays = {0, 1};
  net.projections = {loop, start, parts};
  const auto ranges = proveRanges(net, kLavaProfile);
  EXPECT_EQ(ranges[1].neurons[0].input[0].hi, 2 * (kMost32 >> 4));
  EXPECT_EQ(ranges[1].neurons[0].input[0].lo, 2 * (kLeast32 >> 4));
}

TEST(RangeProof, p1_t1_every_port_has_an_interval_of_its_own) {
  FixedNet net;
  net.inputs.push_back({"in", 2, {2}, -3, 3});
  FixedPopulation product{"p", models::findModel("prod_neuron"), 2, {2}, 0, false, {}, {}};
  product.registers = {{"threshold", {0}}, {"exponent", {0}}};
  FixedPopulation lif{"l", models::findModel("lif"), 1, {1}, 0, false, {}, {}};
  lif.registers = {{"dv", {512}}, {"vth", {100}}, {"reset_mode", {0}}};
  net.populations = {product, lif};
  FixedProjection first{"w1", {true, 0}, 0, 0, 0, 8, 0, SignMode::Mixed, Connections<std::int32_t>(4, 2)};
  first.weights.values = {2, 4, 10, 0, -2, 0, 0, 0};  // ports of neuron 0, then of neuron 1
  FixedProjection second{"w2", {false, 0}, 1, 0, 0, 8, 0, SignMode::Mixed, Connections<std::int32_t>(1, 2)};
  second.weights.values = {2, 100};
  net.projections = {first, second};
  const auto ranges = proveRanges(net, kLavaProfile);
  EXPECT_EQ(ranges[0].neurons[0].input, (FewIntervals{{-18, 18}, {-30, 30}}));
  EXPECT_EQ(ranges[0].neurons[1].input, (FewIntervals{{-6, 6}, {0, 0}}));
  EXPECT_EQ(ranges[0].neurons[0].payload, (Interval{-540, 540}));
  EXPECT_FALSE(ranges[0].neurons[1].mayFire);  // its second port never receives anything
  EXPECT_EQ(ranges[1].neurons[0].input, (FewIntervals{{-1080, 1080}}));
}

TEST(RangeProof, w5_negative_exponents_floor_the_sum) {
  FixedNet net = chain();
  net.projections[1].exponent = -3;
  net.projections[1].weights.values = {5, 0, -5, 0};
  const auto lava = proveRanges(net, kLavaProfile);
  EXPECT_EQ(lava[1].neurons[0].input[0], (Interval{0, 0}));
  EXPECT_EQ(lava[1].neurons[1].input[0], (Interval{-1, 0}));
}

TEST(RangeProof, n7_leak_free_inhibition_says_when_it_can_saturate) {
  const auto* model = models::findModel("integrate_and_fire");
  FixedPopulation population{"if", model, 1, {1}, 0, false, {{"vth", {100}}}, {}};
  const NeuronRange range = proveNeuron(*model, population.stepParameters(0), {{-128, 10}}, kLavaProfile);
  EXPECT_TRUE(range.maySaturate);
  EXPECT_FALSE(range.mayWrap);
  FewIntervals input{{-128, 10}};
  EXPECT_EQ(safeSteps(*model, population.stepParameters(0), {&input, 1}, kLavaProfile),
            fixed::kStateMax / (128 * 64));
  EXPECT_EQ(range.bitsMissing, 0) << "no width is enough";
}

// The potential sinks evenly from the first steps on, while the current grows for a thousand.
TEST(RangeProof, n4_n7_an_even_sinking_does_not_hide_a_growing_current) {
  const auto* model = models::findModel("cuba_lif");
  FixedPopulation population{"cuba", model, 1, {1}, 0, false, {}, {}};
  population.registers = {{"du", {5}}, {"dv", {0}}, {"vth", {231}}, {"bias_mantissa", {-2201}}};
  const NeuronRange range = proveNeuron(*model, population.stepParameters(0), {{0, 2985}}, kLavaProfile);
  ASSERT_TRUE(range.mayWrap);
  IntegerAlgebra algebra{CurrentOverflow::WrapOnce};
  std::int32_t state[models::kMaxStates] = {};
  std::int64_t step = 0;
  const auto parameters = population.stepParameters(0);
  const std::int32_t given = 2985;
  for (; !overflowed(algebra); ++step) stepInteger(*model, algebra, state, &given, parameters.data());
  FewIntervals input{{0, 2985}};
  EXPECT_LT(safeSteps(*model, parameters, {&input, 1}, kLavaProfile), step);
}

// Neurons of every model that receive different sums: the fewest steps of all are those of one of them.
TEST(RangeProof, p1_safe_steps_of_many_are_those_of_the_first_to_overflow) {
  std::mt19937 random(5);
  const auto upTo = [&](std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(0, most)(random);
  };
  int many = 0, alike = 0;
  for (int trial = 0; trial < 150; ++trial) {
    const models::ModelTable& model = models::allModels()[trial % models::allModels().size()];
    const Profile& profile = kProfiles[trial % 2];
    const auto parameters = randomParameters(model, random, trial % 3 == 0);
    const std::int64_t reach = std::int64_t{1} << upTo(16);
    std::vector<FewIntervals> inputs(1 + upTo(20), FewIntervals(model.ports.size()));
    for (FewIntervals& input : inputs)
      for (Interval& sum : input) sum = {-reach - upTo(reach / 8), trial % 5 == 0 ? reach : upTo(reach)};
    std::int64_t fewest = std::numeric_limits<std::int64_t>::max(), most = 0;
    for (FewIntervals input : inputs) {
      const std::int64_t steps = safeSteps(model, parameters, {&input, 1}, profile);
      fewest = std::min(fewest, steps);
      most = std::max(most, steps);
    }
    ++(fewest < most ? many : alike);
    EXPECT_EQ(safeSteps(model, parameters, inputs, profile), fewest) << model.name << " trial " << trial;
  }
  EXPECT_GT(many, 15);
  EXPECT_GT(alike, 15);
}

// Any two numbers of two intervals make a result within the interval that the two make.
TEST(RangeProof, p1_n19_n30_n34_intervals_hold_what_primitives_make_of_their_numbers) {
  std::mt19937 random(11);
  const auto pick = [&](std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random);
  };
  const auto interval = [&](std::int64_t reach) {
    const std::int64_t a = pick(-reach, reach - 1), b = pick(-reach, reach - 1);
    return Interval{std::min(a, b), std::max(a, b)};
  };
  for (int trial = 0; trial < 20000; ++trial) {
    const Interval x = interval(std::int64_t{1} << pick(1, 31)), y = interval(std::int64_t{1} << pick(1, 31));
    const Interval share = interval(fixed::kTurnOne);
    const int bits = static_cast<int>(pick(1, 31));
    IntervalAlgebra algebra(CurrentOverflow::WrapOnce, true);
    const Interval product = algebra.multiply(x, y), shifted = algebra.productShifted(x, y, bits),
                   turned = algebra.turnShare(x, share), sum = algebra.saturateSum(x, y);
    for (int point = 0; point < 8; ++point) {
      const auto of = [&](Interval i) {
        return static_cast<std::int32_t>(point < 2 ? i.lo : point < 4 ? i.hi : pick(i.lo, i.hi));
      };
      const std::int32_t a = of(x), b = point % 2 ? of(y) : static_cast<std::int32_t>(y.hi), k = of(share);
      const auto holds = [](Interval i, std::int32_t value) { return i.holds({value, value}); };
      ASSERT_TRUE(holds(product, fixed::multiply(a, b))) << a << " * " << b;
      ASSERT_TRUE(holds(shifted, fixed::productShifted(a, b, bits))) << a << " * " << b << " >> " << bits;
      ASSERT_TRUE(holds(turned, fixed::turnShare(a, k))) << a << " turned by " << k;
      ASSERT_TRUE(holds(sum, fixed::saturateSum(a, b))) << a << " + " << b;
    }
  }
}

// Payloads of neurons have no bound: one wrap does not lead back into 24 bits.
TEST(RangeProof, p1_n4_n19_a_current_may_stay_beyond_its_range) {
  for (const char* name : {"cuba_lif", "lif", "cuba_lif_refractory"})
    for (const std::int32_t input : {1 << 20, -(1 << 20), (1 << 24) + 5, INT32_MIN}) {
      const auto* model = models::findModel(name);
      std::vector<std::int32_t> parameters;
      for (const models::FixedParameter& parameter : model->fixedParameters)
        parameters.push_back(parameter.fallback);
      const Interval given{std::min(0, input), std::max(0, input)};
      const NeuronRange range = proveNeuron(*model, parameters, {given}, kLavaProfile);
      std::int32_t state[models::kMaxStates] = {};
      for (int step = 0; step < 50; ++step) {
        IntegerAlgebra algebra{CurrentOverflow::WrapOnce};
        stepInteger(*model, algebra, state, &input, parameters.data());
        for (std::size_t s = 0; s < model->states.size(); ++s)
          ASSERT_TRUE(range.states[s].holds({state[s], state[s]}))
              << name << " " << input << " step " << step;
      }
    }
}

TEST(RangeProof, n4_a_current_too_wide_tells_the_bits_missing) {
  const auto* model = models::findModel("cuba_li");
  FixedPopulation population{"li", model, 1, {1}, 0, false, {{"du", {40}}, {"dv", {4096}}}, {}};
  // 100 times 2^17 * 64 = 2^23: about 2^29.6.
  const NeuronRange range = proveNeuron(*model, population.stepParameters(0), {{0, 1 << 17}}, kLavaProfile);
  EXPECT_TRUE(range.mayWrap);
  EXPECT_EQ(range.bitsMissing, 7);
}

}  // namespace
}  // namespace rheo
