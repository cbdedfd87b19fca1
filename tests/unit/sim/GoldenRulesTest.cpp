// The golden model on hand-made programs, one test per SPEC rule.
#include <gtest/gtest.h>

#include "fixed/Arithmetic.h"
#include "sim/Engine.h"

namespace rheo {
namespace {

// One core, one population, one input; every channel has the axons that a test adds.
class Network {
 public:
  explicit Network(const char* model, int neurons = 1, const Profile& profile = kLavaProfile) {
    program_.profile = &profile;
    const models::ModelTable* table = models::findModel(model);
    program_.populations.push_back({"p", table, neurons, {neurons}, 1, false});
    Core core;
    core.compartments = core.inputs = neurons;
    core.slices = {{0, 0, neurons, 0}};
    for (const models::FixedParameter& parameter : table->fixedParameters)
      core.parameters.emplace_back(static_cast<std::size_t>(neurons), parameter.fallback);
    core.routeStart.assign(static_cast<std::size_t>(neurons) + 1, 0);
    program_.cores.push_back(core);
    program_.inputs.push_back({"in", {}, 0, image::Encoding::Graded, 1000, {0}, {}});
    program_.maxDelay = 5;
    program_.lag = 1;
  }

  Network& set(const char* parameter, int value) {
    const auto parameters = program_.populations[0].model->fixedParameters;
    for (std::size_t p = 0; p < parameters.size(); ++p)
      if (parameters[p].name == parameter)
        std::fill(core().parameters[p].begin(), core().parameters[p].end(), value);
    return *this;
  }
  int group(int exponent) {
    core().groups.push_back({exponent, ""});
    return static_cast<int>(core().groups.size()) - 1;
  }
  // A new channel whose axon holds these synapses.
  Network& channel(int group, const std::vector<Synapse>& synapses) {
    core().axons.push_back({group, core().synapses.size(), synapses.size()});
    core().synapses.insert(core().synapses.end(), synapses.begin(), synapses.end());
    InputInfo& input = program_.inputs[0];
    input.routes.push_back({0, static_cast<int>(core().axons.size()) - 1});
    input.routeStart.push_back(input.routes.size());
    input.shape = {++input.size};
    return *this;
  }
  // Further routes of the last channel to its axon.
  Network& repeated(int times) {
    InputInfo& input = program_.inputs[0];
    input.routes.insert(input.routes.end(), static_cast<std::size_t>(times), input.routes.back());
    input.routeStart.back() = input.routes.size();
    return *this;
  }
  Network& recurrent(int from, int group, const std::vector<Synapse>& synapses) {
    core().axons.push_back({group, core().synapses.size(), synapses.size()});
    core().synapses.insert(core().synapses.end(), synapses.begin(), synapses.end());
    core().routes.push_back({0, static_cast<int>(core().axons.size()) - 1});
    for (std::size_t c = static_cast<std::size_t>(from) + 1; c < core().routeStart.size(); ++c)
      ++core().routeStart[c];
    return *this;
  }
  std::unique_ptr<Session> open() const {
    return makeGolden(std::make_shared<const Program>(program_))->open();
  }

 private:
  Core& core() { return program_.cores[0]; }
  Program program_;
};

void step(Session& session, const std::vector<std::int32_t>& input) {
  const std::vector<std::span<const std::int32_t>> spans{input};
  session.step(spans);
}

int read(const Session& session, int state = 0) {
  std::int32_t value = 0;
  session.readState(0, state, {&value, 1});
  return value;
}

// The potential of an integrator after each step; the input comes in step 0.
std::vector<int> potentials(const Network& network, const std::vector<std::int32_t>& input, int steps) {
  const auto session = network.open();
  std::vector<int> values;
  for (int i = 0; i < steps; ++i) {
    step(*session, i == 0 ? input : std::vector<std::int32_t>(input.size(), 0));
    values.push_back(read(*session));
  }
  return values;
}

TEST(Golden, t3_states_are_zero_before_step_0_and_after_a_reset) {
  Network network("integrator");
  network.channel(network.group(0), {{0, 2, 0}});
  const auto session = network.open();
  EXPECT_EQ(read(*session), 0);
  step(*session, {1});
  step(*session, {0});
  EXPECT_NE(read(*session), 0);
  session->reset();
  EXPECT_EQ(read(*session), 0);
  step(*session, {0});  // nothing is under way any more
  EXPECT_EQ(read(*session), 0);
}

TEST(Golden, t2_a_spike_arrives_one_step_and_its_delay_later) {
  Network network("integrator");
  const int group = network.group(0);
  network.channel(group, {{0, 1, 0}, {0, 10, 3}});
  EXPECT_EQ(potentials(network, {1}, 6), (std::vector<int>{0, 64, 64, 64, 704, 704}));
}

TEST(Golden, t2_recurrent_spikes_hop_alike) {
  Network network("integrate_and_fire");
  const int group = network.group(0);
  network.set("threshold", 63).channel(group, {{0, 1, 0}}).recurrent(0, group, {{0, 1, 1}});
  const auto session = network.open();
  std::vector<int> spikes;
  for (int i = 0; i < 6; ++i) {
    step(*session, {i == 0});
    spikes.push_back(session->spikes(0)[0]);
  }
  EXPECT_EQ(spikes, (std::vector<int>{0, 1, 0, 1, 0, 1}));
}

TEST(Golden, payloads_multiply_weights) {
  Network network("integrator");
  network.channel(network.group(0), {{0, -3, 0}});
  EXPECT_EQ(potentials(network, {7}, 2).back(), -21 * 64);
  EXPECT_EQ(potentials(network, {-7}, 2).back(), 21 * 64);
}

// Under UBSan: weights of 0 leave the payloads of an axon unbounded.
TEST(Golden, w8_payloads_of_a_silent_axon_may_exceed_32_bits) {
  Network network("integrator");
  network.channel(network.group(0), {{0, 0, 0}}).repeated(3 << 13);
  EXPECT_EQ(potentials(network, {fixed::kInputBound}, 2).back(), 0);
}

TEST(Golden, w5_the_sum_of_a_group_is_shifted_and_floored) {
  Network network("integrator");
  const int group = network.group(-1);
  network.channel(group, {{0, -1, 0}}).channel(group, {{0, -2, 0}});
  EXPECT_EQ(potentials(network, {1, 1}, 2).back(), -2 * 64);  // floor(-3 / 2)
  EXPECT_EQ(potentials(network, {1, 0}, 2).back(), -1 * 64);  // floor(-1 / 2)
}

TEST(Golden, w7_groups_are_shifted_before_they_meet) {
  Network network("integrator");
  network.channel(network.group(-1), {{0, -1, 0}});
  network.channel(network.group(-1), {{0, -1, 0}});
  EXPECT_EQ(potentials(network, {1, 1}, 2).back(), -2 * 64);  // one group would give -1
}

TEST(Golden, w7_delays_are_shifted_before_they_meet) {
  Network network("integrator");
  const int group = network.group(-1);
  network.channel(group, {{0, 1, 0}}).channel(group, {{0, 1, 1}});
  const auto session = network.open();
  step(*session, {0, 1});
  step(*session, {1, 0});
  step(*session, {0, 0});
  EXPECT_EQ(read(*session), 0);  // floor(1/2) twice; floor(2/2) would be one
}

TEST(Golden, n4_n5_overflows_of_the_current_follow_the_profile_and_are_counted) {
  for (const Profile& profile : kProfiles) {
    Network network("cuba_lif", 1, profile);
    network.set("decay_u", 0).channel(network.group(0), {{0, 256, 0}});
    const auto session = network.open();
    step(*session, {512});  // 2^17 * 64 = 2^23 arrives in the next step
    step(*session, {0});
    EXPECT_EQ(read(*session), profile.currentOverflow == CurrentOverflow::WrapOnce ? 1 << 23 : -(1 << 23));
    EXPECT_EQ(session->overflows(0).wraps[0], profile.currentOverflow == CurrentOverflow::WrapOnce ? 0 : 1);
  }
}

TEST(Golden, n7_saturation_is_counted) {
  Network network("integrator");
  network.set("bias", 1 << 22);
  const auto session = network.open();
  for (int i = 0; i < 3; ++i) step(*session, {});
  EXPECT_EQ(read(*session), fixed::kStateMax);
  EXPECT_EQ(session->overflows(0).saturations[0], 2);
  session->reset();
  EXPECT_EQ(session->overflows(0).saturations[0], 0);
  EXPECT_EQ(read(*session), 0);
}

TEST(Golden, n3_n6_n11_cuba_lif_decays_current_and_potential) {
  Network network("cuba_lif");
  network.set("decay_u", 2048).set("decay_v", 1024).set("bias", 5).channel(network.group(0), {{0, 10, 0}});
  const auto session = network.open();
  step(*session, {1});
  EXPECT_EQ(read(*session, 1), 5);
  step(*session, {0});
  EXPECT_EQ(read(*session, 0), 640);
  EXPECT_EQ(read(*session, 1), 3 + 640 + 5);  // 5 * 0.75, toward zero
  step(*session, {0});
  EXPECT_EQ(read(*session, 0), 320);
  EXPECT_EQ(read(*session, 1), 486 + 320 + 5);
}

TEST(Golden, n9_t6_spikes_strictly_above_and_reads_after_the_reset) {
  Network network("lif");
  network.set("decay_v", 0).set("threshold", 640).channel(network.group(0), {{0, 10, 0}});
  const auto session = network.open();
  step(*session, {1});
  step(*session, {1});
  EXPECT_EQ(session->spikes(0)[0], 0);
  EXPECT_EQ(read(*session), 640);
  step(*session, {0});
  EXPECT_EQ(session->spikes(0)[0], 1);
  EXPECT_EQ(read(*session), 0);
}

}  // namespace
}  // namespace rheo
