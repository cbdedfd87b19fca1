// What each convention does to a step, worked out by hand.
#include <gmock/gmock.h>

#include "network/Builder.h"
#include "sim/FitConventions.h"
#include "sim/FloatReference.h"

namespace rheo {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

struct Course {
  std::vector<float> v, spikes;
};

Course run(const Builder& builder, std::vector<float> values) {
  const Expected<Network> network = builder.build();
  EXPECT_TRUE(network) << (network ? "" : network.error().diagnostics[0].message);
  if (!network) return {};
  Trace<float> x(1, static_cast<std::int64_t>(values.size()), 1);
  x.values.assign(values.begin(), values.end());
  RunOptions options;
  options.probes = {"n.v"};
  const auto recording = runFloat<float>(*network, floatInput(std::vector{x}), options);
  EXPECT_TRUE(recording);
  const auto& v = recording->states.at("n.v").values;
  Course result{{v.begin(), v.end()}, {}};
  if (recording->spikes.contains("n"))
    result.spikes.assign(recording->spikes.at("n").values.begin(), recording->spikes.at("n").values.end());
  return result;
}

ConventionOptions perSecond(Reset reset = Reset::Subtract) {
  ConventionOptions options;
  options.dt = 1;
  options.reset = reset;
  return options;
}

// An IF neuron behind its input.
Course integrate(const ConventionOptions& options, std::vector<float> x, double threshold = 1, double r = 1) {
  Builder builder("if", options);
  builder.input("in", {1})
      .integrateAndFire("n", {1}, {.r = {r}, .vThreshold = {threshold}})
      .connect("in", "n");
  return run(builder, std::move(x));
}

TEST(Conventions, f11_late_resets_act_in_the_next_step) {
  const std::vector<float> x{2.5f, 0, 0, 0.25f, 1, 0};
  const Course next = integrate(perSecond(Reset::SubtractNext), x);
  EXPECT_THAT(next.v, ElementsAre(2.5f, 1.5f, 0.5f, 0.75f, 1.75f, 0.75f));
  EXPECT_THAT(next.spikes, ElementsAre(1, 1, 0, 0, 1, 0));
  const Course zero = integrate(perSecond(Reset::ZeroNext), x);
  EXPECT_THAT(zero.v, ElementsAre(2.5f, 0, 0, 0.25f, 1.25f, 0));
  EXPECT_THAT(zero.spikes, ElementsAre(1, 0, 0, 0, 1, 0));
  const Course none = integrate(perSecond(Reset::None), x);
  EXPECT_THAT(none.v, ElementsAre(2.5f, 2.5f, 2.5f, 2.75f, 3.75f, 3.75f));
  EXPECT_THAT(none.spikes, testing::Each(1));
}

TEST(Conventions, f19_a_threshold_is_passed_or_reached_once_or_often) {
  ConventionOptions options = perSecond();
  const std::vector<float> x{1, 3.5f, 0, -5};
  EXPECT_THAT(integrate(options, x).spikes, ElementsAre(0, 1, 1, 0));
  options.firing = Firing::Reached;
  EXPECT_THAT(integrate(options, x).spikes, ElementsAre(1, 1, 1, 0));
  options.spikesPerStep = SpikesPerStep::Many;
  EXPECT_THAT(integrate(options, x).spikes, ElementsAre(1, 3, 0, 0));
  EXPECT_THAT(integrate(options, x).v, ElementsAre(0, 0.5f, 0.5f, -4.5f));
  options.firing = Firing::Above;
  EXPECT_THAT(integrate(options, {2, 3, 0, 0}).spikes,
              ElementsAre(1, 3, 0, 0));  // 2 and 4 are not above 2 and 4
  Builder builder("if", options);
  builder.input("in", {1}).integrateAndFire("n", {1}, {.vThreshold = {0}}).connect("in", "n");
  const auto refused = builder.build();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().diagnostics[0].code, "R0211");
}

TEST(Conventions, f20_a_clamp_stops_integrate_and_fire_neurons_only) {
  ConventionOptions options = perSecond();
  options.clamp = Clamp::Threshold;
  EXPECT_THAT(integrate(options, {-3, 1, -0.5f}, 2).v, ElementsAre(-2, -1, -1.5f));
  Builder builder("lif", options);
  builder.input("in", {1}).lif("n", {1}, {.tau = {1}}).connect("in", "n");
  EXPECT_THAT(run(builder, {-3}).v, ElementsAre(-3));
}

TEST(Conventions, f21_the_old_current_is_that_of_the_step_before) {
  const auto potentials = [](CurrentOrder order) {
    ConventionOptions options = perSecond();
    options.current = order;
    Builder builder("cuba", options);
    builder.input("in", {1}).cubaLi("n", {1}, {.tauSyn = {2}, .tauMem = {1}}).connect("in", "n");
    return run(builder, {8, 0, 0, 0}).v;
  };
  EXPECT_THAT(potentials(CurrentOrder::New), ElementsAre(4, 2, 1, 0.5f));
  EXPECT_THAT(potentials(CurrentOrder::Old), ElementsAre(0, 4, 2, 1));
}

TEST(Conventions, f22_integration_over_a_second_takes_dt) {
  ConventionOptions options = perSecond();
  options.dt = 0.25;
  EXPECT_THAT(integrate(options, {1, 1}, 10, 2).v, ElementsAre(2, 4));
  options.integration = Integration::Second;
  EXPECT_THAT(integrate(options, {1, 1}, 10, 2).v, ElementsAre(0.5f, 1));
}

TEST(Conventions, f25_the_form_of_a_leak_decides_its_rounding) {
  const float k = 0.3f;  // dt / tau
  const auto steps = [&](Update update) {
    ConventionOptions options = perSecond();
    options.dt = k;
    options.update = update;
    Builder builder("li", options);
    builder.input("in", {1}).li("n", {1}, {.tau = {1}, .r = {7}, .vLeak = {0.1}}).connect("in", "n");
    return run(builder, {1, 0.7f, 0.3f, 0, 0}).v;
  };
  const double share = k;  // the parameters are float64
  std::vector<float> difference, decay;
  float a = 0, b = 0;
  for (const float x : {1.0f, 0.7f, 0.3f, 0.0f, 0.0f}) {
    a = a + k * ((0.1f - a) + 7.0f * x);
    b = static_cast<float>(1 - share) * b +
        (static_cast<float>(share * 0.1) + static_cast<float>(share * 7) * x);
    difference.push_back(a);
    decay.push_back(b);
  }
  EXPECT_THAT(steps(Update::Difference), ElementsAreArray(difference));
  EXPECT_NE(difference, decay);
  for (std::size_t i = 0; i < decay.size(); ++i) EXPECT_FLOAT_EQ(steps(Update::Decay)[i], decay[i]);
}

TEST(Conventions, f5_delays_of_hops_loops_and_currents_add_up) {
  Builder builder("loop", perSecond());
  builder.input("in", {1})
      .cubaLif("n", {1}, {.tauSyn = {2}, .tauMem = {2}})
      .li("readout", {1}, {.tau = {1}})
      .connect("in", "n", {1})
      .connect("n", "n", {1})
      .connect("n", "readout", {1})
      .output("out", "n");
  const Expected<Network> network = builder.build();
  ASSERT_TRUE(network);
  const auto delays = [&](auto change) {
    Conventions conventions = network->conventions;
    change(conventions);
    Network changed = *network;
    setConventions(changed, conventions);
    std::map<std::string, int> named;
    for (const Edge& edge : changed.edges)
      if (edge.delaySteps > 0)
        named[changed.nodes[edge.source].name + ">" + changed.nodes[edge.target].name] = edge.delaySteps;
    return named;
  };
  using Map = std::map<std::string, int>;
  EXPECT_EQ(delays([](Conventions&) {}), (Map{{"n>n_to_n", 1}}));
  EXPECT_EQ(delays([](Conventions& c) { c.recurrentDelay = RecurrentDelay::TwoSteps; }),
            (Map{{"n>n_to_n", 2}}));
  EXPECT_EQ(delays([](Conventions& c) { c.current = CurrentOrder::Old; }),
            (Map{{"in_to_n>n", 1}, {"n>n_to_n", 1}, {"n_to_n>n", 1}}));
  EXPECT_EQ(delays([](Conventions& c) { c.feedforwardDelay = FeedforwardDelay::OneStep; }),
            (Map{{"in>in_to_n", 1}, {"n>n_to_n", 1}, {"n>n_to_readout", 1}}));
}

TEST(Conventions, every_framework_names_rows_and_values_that_exist) {
  for (const FrameworkConventions& framework : frameworks())
    for (const auto& [name, value] : framework.values) {
      const auto row = std::find_if(conventionRows().begin(), conventionRows().end(),
                                    [&](const ConventionRow& r) { return r.name == name; });
      ASSERT_NE(row, conventionRows().end()) << framework.name << ' ' << name;
      EXPECT_TRUE(row->find(value)) << framework.name << ' ' << value;
    }
}

TEST(Conventions, only_what_makes_a_difference_is_searched) {
  Builder builder("li", perSecond());
  builder.input("in", {1}).li("n", {1}, {.tau = {2}}).connect("in", "n");
  const Expected<Network> network = builder.build();
  ASSERT_TRUE(network);
  FitOptions options;
  options.timeSteps = {1};
  // Euler or exponential, unit or Dirac, a delayed hop or not.
  EXPECT_EQ(conventionSets(*network, options).size(), 8u);
  options.pinned.discretization = Discretization::Exponential;
  EXPECT_EQ(conventionSets(*network, options).size(), 4u);
}

}  // namespace
}  // namespace rheo
