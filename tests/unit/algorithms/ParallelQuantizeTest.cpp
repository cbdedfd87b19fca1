// Quantization and proofs of many populations: whatever the number of threads, the same numbers and the same
// words in the same order; and losses of many scales at once, which are those of each by itself.
#include <gtest/gtest.h>
#ifdef __linux__
#include <sched.h>
#endif

#include <cmath>
#include <random>
#include <stdexcept>
#include <thread>

#include "algorithms/Quantize.h"
#include "algorithms/RangeProof.h"
#include "algorithms/RoundingLoss.h"
#include "support/Parallel.h"

namespace rheo {
namespace {

ChipSpec chip() {
  ChipSpec chip;
  chip.name = "test";
  chip.profiles = {"lava"};
  chip.limits["weight_bits"] = {8, "bits", "test"};
  chip.limits["weight_exponent_min"] = {-8, "", "test"};
  chip.limits["weight_exponent_max"] = {7, "", "test"};
  chip.limits["max_delay"] = {62, "steps", "test"};
  return chip;
}

// in -> lif0 -> lif1 -> ..., with a bias for every third.
FloatNet chain(int layers, int width) {
  FloatNet net;
  net.name = "chain";
  net.conventions.dt = 1e-4;
  net.inputs.push_back({"in", width, {width}, 0, 1});
  std::mt19937 random(7);
  std::normal_distribution<double> normal(0, 0.3);
  for (int layer = 0; layer < layers; ++layer) {
    FloatPopulation lif{"lif" + std::to_string(layer), models::findModel("lif"), width, {width}, {}};
    lif.parameters = {{"tau", {2.5e-3}}, {"r", {1}}, {"v_leak", {0}}, {"v_threshold", {0.1 * (layer + 1)}}};
    net.populations.push_back(lif);
    const Source source = layer == 0 ? Source{true, 0} : Source{false, layer - 1};
    FloatProjection weight{"w" + std::to_string(layer),       source, layer, 0,
                           Connections<double>(width, width), {}};
    for (double& value : weight.weights.values) value = normal(random);
    if (layer % 3 == 0) weight.bias.assign(static_cast<std::size_t>(width), 0.01);
    net.projections.push_back(std::move(weight));
  }
  return net;
}

QuantAttempt attempt(const FloatNet& net, const ChipSpec& target, int threads, int bits = 8) {
  QuantOptions options;
  options.chip = &target;
  options.profile = &kLavaProfile;
  options.examine = true;
  options.pins.weightBits = bits;
  options.threads = threads;
  return attemptQuantize(net, options);
}

std::string told(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const Diagnostic& found : diagnostics)
    text += found.code + " " + found.where + ": " + found.message + "\n";
  return text;
}

void expectSame(const QuantAttempt& one, const QuantAttempt& other) {
  EXPECT_EQ(one.complete, other.complete);
  EXPECT_EQ(told(one.result.notes), told(other.result.notes));
  ASSERT_EQ(one.refused.has_value(), other.refused.has_value());
  if (one.refused) {
    EXPECT_EQ(told(one.refused->diagnostics), told(other.refused->diagnostics));
  }
  if (!one.complete) return;
  EXPECT_EQ(one.result.settings.toJson(), other.result.settings.toJson());
  for (std::size_t p = 0; p < one.result.net.projections.size(); ++p) {
    EXPECT_EQ(one.result.net.projections[p].weights.values, other.result.net.projections[p].weights.values);
    EXPECT_EQ(one.result.net.projections[p].exponent, other.result.net.projections[p].exponent);
  }
  for (std::size_t p = 0; p < one.result.net.populations.size(); ++p)
    EXPECT_EQ(one.result.net.populations[p].registers, other.result.net.populations[p].registers);
}

TEST(ParallelQuantize, threads_change_nothing) {
  const FloatNet net = chain(12, 24);
  for (const int bits : {3, 8}) {
    const QuantAttempt alone = attempt(net, chip(), 1, bits);
    ASSERT_FALSE(alone.result.settings.populations.empty());
    for (const int threads : {2, 5}) expectSame(alone, attempt(net, chip(), threads, bits));
  }
}

TEST(ParallelQuantize, weights_that_somebody_else_holds_are_as_good) {
  const FloatNet net = chain(5, 24);
  FloatNet lending = net;
  for (std::size_t p = 0; p < net.projections.size(); ++p) {
    lending.projections[p].lent = net.projections[p].weights.values;
    lending.projections[p].weights.values.clear();
  }
  const QuantAttempt own = attempt(net, chip(), 2);
  ASSERT_FALSE(own.refused);
  expectSame(own, attempt(lending, chip(), 2));
}

TEST(ParallelQuantize, refusals_come_in_order) {
  FloatNet net = chain(9, 8);
  net.populations[2].parameters["tau"] = {1e-5};  // a step is longer
  net.projections[4].weights.values[3] = 1e200;   // beyond every scale: nothing behind has a scale
  net.populations[6].parameters["tau"] = {1e-5};  // and nothing is said of its decay
  net.projections[7].weights.values[0] = 1e200;   // but of its weights
  const QuantAttempt alone = attempt(net, chip(), 1);
  ASSERT_TRUE(alone.refused);
  ASSERT_EQ(alone.refused->diagnostics.size(), 3u) << told(alone.refused->diagnostics);
  EXPECT_EQ(alone.refused->diagnostics[0].where, "lif2");
  EXPECT_EQ(alone.refused->diagnostics[1].where, "w4");
  EXPECT_EQ(alone.refused->diagnostics[2].where, "w7");
  for (const int threads : {2, 5}) expectSame(alone, attempt(net, chip(), threads));
}

TEST(ParallelQuantize, losses_are_those_of_each_scale) {
  std::mt19937 random(3);
  std::normal_distribution<double> normal(0, 40);
  std::vector<double> values(1001);
  for (double& value : values) value = normal(random);
  values[5] = 0;
  values[6] = 1e9;
  for (const SignMode sign : {SignMode::Mixed, SignMode::Excitatory, SignMode::Inhibitory})
    for (const int bits : {2, 5, 8})
      for (const std::int64_t stride : {1, 7}) {
        const WeightFormat format{bits, sign};
        std::vector<double> units;
        for (int i = 0; i < 19; ++i) units.push_back(std::exp2(-i / 3.0));
        const std::vector<RoundingLoss> losses = roundingLosses(values, stride, format, units);
        ASSERT_EQ(losses.size(), units.size());
        for (std::size_t u = 0; u < units.size(); ++u) {
          double error = 0, power = 0;
          for (std::size_t i = 0; i < values.size(); i += static_cast<std::size_t>(stride)) {
            const double wanted = values[i] * units[u], miss = format.round(wanted) - wanted;
            error += miss * miss;
            power += wanted * wanted;
          }
          EXPECT_EQ(losses[u].error, error);  // bit for bit
          EXPECT_EQ(losses[u].power, power);
        }
      }
}

TEST(ParallelProof, threads_change_nothing) {
  FloatNet net = chain(6, 16);
  for (double& value : net.projections[2].weights.values) value = -std::abs(value);  // lif2 never fires
  FloatProjection loop = net.projections[1];                                         // and lif4 hears itself
  loop.name = "loop";
  loop.source = {false, 4};
  loop.target = 4;
  net.projections.push_back(std::move(loop));
  const QuantAttempt made = attempt(net, chip(), 1);
  ASSERT_FALSE(made.refused);
  const std::vector<PopulationRange> alone = proveRanges(made.result.net, kLavaProfile, 1);
  EXPECT_EQ(alone[2].silent, 16);
  for (const int threads : {2, 5}) {
    const std::vector<PopulationRange> shared = proveRanges(made.result.net, kLavaProfile, threads);
    ASSERT_EQ(shared.size(), alone.size());
    for (std::size_t p = 0; p < alone.size(); ++p) {
      EXPECT_EQ(shared[p].states, alone[p].states);
      EXPECT_EQ(shared[p].note, alone[p].note);
      EXPECT_EQ(shared[p].silent, alone[p].silent);
      EXPECT_EQ(shared[p].safeSteps, alone[p].safeSteps);
      for (std::size_t n = 0; n < alone[p].neurons.size(); ++n) {
        EXPECT_EQ(shared[p].neurons[n].input, alone[p].neurons[n].input);
        EXPECT_EQ(shared[p].neurons[n].states, alone[p].neurons[n].states);
      }
    }
  }
}

TEST(InParallel, each_index_once_and_what_is_thrown_arrives) {
  for (const int threads : {1, 2, 7}) {
    std::vector<int> seen(100);
    inParallel(threads, seen.size(), [&](std::size_t i) { ++seen[i]; });
    EXPECT_EQ(seen, std::vector<int>(100, 1));
    EXPECT_THROW(inParallel(threads, 10,
                            [](std::size_t i) {
                              if (i == 6) throw std::runtime_error("six");
                            }),
                 std::runtime_error);
    inParallel(threads, 0, [](std::size_t) { FAIL(); });
  }
}

#ifdef __linux__
TEST(InParallel, cores_that_are_withheld_are_not_counted) {
  std::thread([] {  // whose cores are its own
    cpu_set_t one;
    ASSERT_EQ(sched_getaffinity(0, sizeof(one), &one), 0);
    EXPECT_EQ(availableProcessors(), CPU_COUNT(&one));
    int first = 0;
    while (!CPU_ISSET(first, &one)) ++first;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
    EXPECT_EQ(availableProcessors(), 1);
    EXPECT_EQ(threadsWorth(1000, 1), 1);
  })
      .join();
}
#endif

}  // namespace
}  // namespace rheo
