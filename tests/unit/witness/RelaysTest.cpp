// Relays on the chip against the sums that they stand for, and what is no wiring of relays.
#include <gmock/gmock.h>

#include <cmath>

#include "Nets.h"
#include "algorithms/RelayFanIn.h"
#include "sim/Engine.h"
#include "witness/relays/Relays.h"

namespace rheo::test {
namespace {

using testing::HasSubstr;

// Fewer axons than loihi1's, each of one source, so that small networks need relays.
ChipSpec narrow(const char* base = "loihi1") {
  ChipSpec chip = chipNamed(base);
  chip.limits["input_axons_per_core"].value = 128;
  chip.limits["atoms_per_axon"].value = 1;
  return chip;
}

Net wide(unsigned seed, int sources, int rows, int exponent, int sign) {
  Net net("wide");
  const int in = net.input("in", {sources}), few = net.input("few", {6});
  const int a = net.cuba("a", {rows}), b = net.cuba("b", {4});
  const auto weight = drawn(seed);
  FixedProjection& fan = net.dense(
      "fan", {true, in}, a,
      [&](std::int64_t i) { return sign == 0 ? weight(i) : sign * std::abs(weight(i)); }, exponent);
  if (sign != 0) fan.signMode = sign > 0 ? SignMode::Excitatory : SignMode::Inhibitory;
  if (seed % 3 == 0) {
    fan.weights.delays.assign(fan.weights.values.size(), 0);
    for (std::size_t i = 0; i < fan.weights.delays.size(); ++i)
      fan.weights.delays[i] = static_cast<std::int32_t>(i * seed % 4);
  }
  net.dense("few", {true, few}, a, drawn(seed + 1));
  net.dense("on", {false, a}, b, drawn(seed + 2));
  net.output("a", a);
  net.output("b", b);
  return net;
}

struct Case6 {
  Net net{""};
  const Profile* profile = nullptr;
  RelayedNet relayed;
};

Case6 caseOfSeed(unsigned seed) {
  std::mt19937 random(seed);
  const int exponents[] = {-3, -1, 0, 0, 1, 3};
  Case6 of;
  of.net = wide(seed, 220 + static_cast<int>(random() % 150), 3, exponents[random() % 6],
                static_cast<int>(random() % 3) - 1);
  of.profile = seed % 2 == 0 ? &kLoihi1Profile : &kLavaProfile;
  of.relayed = unwrapped(relayFanIn(of.net, narrow(), *of.profile));
  return of;
}

double added(const FixedProjection& of, std::int64_t index, const Profile& profile) {
  const double shifted = std::ldexp(of.weights.value(index), of.exponent);
  return profile.weightExponent == WeightExponent::PerWeight ? std::floor(shifted) : shifted;
}

// The bound of SPEC E6 is never exceeded, whatever comes, and nothing is lost but what it says.
TEST(Relays, e6_what_is_left_stays_within_the_bound) {
  int compared = 0, sent = 0;
  for (unsigned seed = 1; seed <= 24; ++seed) {
    const Case6 of = caseOfSeed(seed);
    const FixedNet& net = of.relayed.net;
    ASSERT_EQ(of.relayed.sums.size(), 1u) << seed;
    const auto firstRelay = static_cast<int>(of.net.populations.size());
    std::vector<const FixedProjection*> intoParts, backs;
    for (const FixedProjection& p : net.projections)
      if (p.target >= firstRelay) (p.source.input ? intoParts : backs).push_back(&p);
    const FixedProjection* back = backs.at(0);
    const Image image = imageOf(net, narrow(), *of.profile);
    EXPECT_TRUE(witness::check(witnessOf(net, *of.profile), image).passed());
    const auto program = std::make_shared<const Program>(unwrapped(decode(image)));
    const auto session = makeGolden(program)->open();
    const RelayedSum& sum = of.relayed.sums[0];
    const std::int64_t rows = 3, channels = sum.levels;
    const double unit = sum.quantum / std::ldexp(2.0, back->exponent), most = sum.largest / unit;
    const std::int64_t sources = intoParts.at(0)->weights.wiring.sources();
    std::mt19937 random(seed);
    std::vector<std::vector<int>> x;
    struct Part {
      double came = 0, went = 0, lost = 0, largest = 0;
    };
    std::vector<Part> parts(static_cast<std::size_t>(sum.parts * rows));
    for (int t = 0; t < 120; ++t) {
      // Silence, trickles and everything at once.
      const unsigned rate = t / 10 % 4 == 0 ? 0 : t / 10 % 4 == 3 ? 100 : 5 + random() % 40;
      std::vector<std::int32_t> now(static_cast<std::size_t>(sources)), few(6);
      for (std::int32_t& spike : now) spike = random() % 100 < rate;
      for (std::int32_t& spike : few) spike = random() % 3 == 0;
      const std::span<const std::int32_t> inputs[] = {now, few};
      session->step(inputs);
      x.emplace_back(now.begin(), now.end());
      for (std::int64_t p = 0; p < sum.parts; ++p)
        for (std::int64_t row = 0; row < rows; ++row) {
          const FixedProjection* into = intoParts.at(static_cast<std::size_t>(p));
          const std::span<const std::int32_t> spikes = session->spikes(into->target);
          Part& part = parts[static_cast<std::size_t>(p * rows + row)];
          const std::int64_t first = row * channels;  // its level 0
          double a = 0, d = 0;
          into->weights.wiring.sourcesOf(first, [&](std::int64_t source, std::int64_t index) {
            const int delay =
                into->weights.delays.empty() ? 0 : into->weights.delays[static_cast<std::size_t>(index)];
            const int then = t - 1 - delay;  // SPEC T2
            if (then >= 0)
              a += x[static_cast<std::size_t>(then)][static_cast<std::size_t>(source)] *
                   added(*into, index, *of.profile);
          });
          for (std::int64_t c = 0; c < channels; ++c)  // what level 0 takes back
            if (spikes[static_cast<std::size_t>(first + c)] != 0) {
              d -= std::ldexp(back->weights.value(first * channels + c), back->exponent);
              ++sent;
            }
          const double left = part.came - part.went;
          part.lost += (std::abs(left + a) + part.lost) / 4096 + 1.0 / 64;
          part.came += a;
          part.went += d;
          part.largest = std::max(part.largest, std::abs(a));
          const double bound = std::max(sum.quantum / unit, part.largest) / 2 + most / 512 + part.lost;
          ASSERT_LE(std::abs(part.came - part.went), bound)
              << "seed " << seed << ", step " << t << ", part " << p << ", row " << row;
          ASSERT_LE(std::abs(a), most);
          ++compared;
        }
    }
    for (int population = 0; population < static_cast<int>(net.populations.size()); ++population) {
      const OverflowCount count = session->overflows(population);
      if (population >= firstRelay) {
        EXPECT_THAT(count.wraps, testing::Each(0));
      }
    }
  }
  EXPECT_GT(compared, 20000);
  EXPECT_GT(sent, 10000);
}

TEST(Relays, e6_quanta_follow_the_threshold_and_reach_the_largest_sum) {
  const RelayedNet made = unwrapped(relayFanIn(wide(2, 300, 3, 0, 0), narrow(), kLoihi1Profile));
  const RelayedSum& sum = made.sums.at(0);
  EXPECT_EQ(sum.owner, "a");
  EXPECT_EQ(sum.projection, "fan");
  EXPECT_EQ(sum.parts, 4);  // of 128 axons, 54 are for the relays of three rows
  EXPECT_EQ(sum.threshold, 90);
  EXPECT_EQ(sum.quantum, 8);  // an eighth of it at most
  double reach = 0;           // of the positive relays of a part
  const FixedProjection& sent = made.net.projections.back();
  for (std::int64_t i = 0; i < sum.levels; ++i)
    reach += std::max(0.0, std::ldexp(sent.weights.value(i), sent.exponent));
  EXPECT_LE(std::abs(reach - sum.largest), sum.largest / 4);  // signs are about alike here
  EXPECT_EQ(made.steps, 1);
  EXPECT_EQ(made.net.populations.back().size, sum.levels * 3);
  EXPECT_EQ(std::ssize(made.net.populations), 2 + sum.parts);
  // Nine levels fall short of larger sums.
  const RelayedNet strong = unwrapped(relayFanIn(wide(2, 300, 3, 4, 0), narrow(), kLoihi1Profile));
  EXPECT_EQ(strong.sums.at(0).quantum, 128);
  EXPECT_GT(strong.sums.at(0).largest, 64 * 255);
  EXPECT_LE(strong.sums.at(0).largest, 128 * 255);
  EXPECT_TRUE(unwrapped(relayFanIn(wide(2, 100, 3, 0, 0), narrow(), kLoihi1Profile)).sums.empty());  // fits
}

std::string refusal(const FixedNet& net, const ChipSpec& chip, const char* code) {
  const Expected<RelayedNet> made = relayFanIn(net, chip, kLoihi1Profile);
  EXPECT_FALSE(made);
  if (made) return "";
  EXPECT_EQ(made.error().diagnostics.front().code, code);
  return made.error().diagnostics.front().message;
}

TEST(Relays, e6_where_none_help_it_is_said_why) {
  EXPECT_THAT(refusal(wide(2, 300, 3, 0, 0), narrow("loihi2"), "R0435"),
              HasSubstr("'loihi2' sums 'a' in parts without any loss"));
  Net loud = wide(2, 300, 3, 0, 0);
  loud.projections[0].weights.values[5] = -256;
  EXPECT_THAT(refusal(loud, narrow(), "R0435"), HasSubstr("has a weight of -256, whose opposite"));
  ChipSpec tight = narrow();
  tight.limits["input_axons_per_core"].value = 40;
  EXPECT_THAT(refusal(wide(2, 300, 3, 0, 0), tight, "R0435"), HasSubstr("and relays leave more than that"));
  Net loop = wide(2, 20, 200, 0, 0);
  loop.dense("rec", {false, 0}, 0, drawn(4)).delaySteps = 1;
  EXPECT_THAT(refusal(loop, narrow(), "R0750"),
              HasSubstr("'a.relay' holds the sums of 'rec', which takes one of the hops (SPEC E6)"));
  Net early = wide(2, 300, 3, 0, 0);
  early.populations[0].registers["bias_mantissa"] = {5};
  EXPECT_THAT(refusal(early, narrow(), "R0433"), HasSubstr("its start cannot shift by 1 steps"));
}

std::string checked(const Case6& of, const std::function<void(FixedNet&)>& change) {
  FixedNet net = of.relayed.net;
  change(net);
  const witness::Report report =
      witness::checkRelays(witnessOf(of.net, *of.profile), witnessOf(net, *of.profile));
  return report.passed() ? "" : report.faults.front().message;
}

TEST(Relays, e6_v7_other_wiring_is_no_relay) {
  for (const unsigned seed : {2u, 3u, 4u, 5u, 6u}) {
    const Case6 of = caseOfSeed(seed);
    EXPECT_EQ(checked(of, [](FixedNet&) {}), "") << seed;
    const auto weightsOf = [&](FixedNet& net, const char* name) -> std::vector<std::int32_t>& {
      for (FixedProjection& p : net.projections)
        if (p.name == name) return p.weights.values;
      std::abort();
    };
    const auto first = [](std::vector<std::int32_t>& values) -> std::int32_t& {
      return *std::find_if(values.begin(), values.end(), [](std::int32_t v) { return v != 0; });
    };
    EXPECT_NE(checked(of, [&](FixedNet& n) { first(weightsOf(n, "fan")) += 4; }), "");
    EXPECT_NE(checked(of, [&](FixedNet& n) { first(weightsOf(n, "few")) = 0; }), "");
    EXPECT_NE(checked(of, [&](FixedNet& n) { weightsOf(n, "a.relay->a.relay")[0] += 2; }), "");
    EXPECT_NE(checked(of, [&](FixedNet& n) { weightsOf(n, "a.relay->a")[0] *= -1; }), "");
    EXPECT_NE(checked(of, [&](FixedNet& n) { weightsOf(n, "a.relay->a").back() = 0; }), "");
    EXPECT_NE(checked(of, [](FixedNet& n) { n.populations.back().registers["vth"][0] += 1; }), "");
    EXPECT_NE(checked(of, [](FixedNet& n) { n.populations.back().registers["du"] = {1}; }), "");
    EXPECT_NE(checked(of, [](FixedNet& n) { n.populations[0].registers["vth"] = {91}; }), "");
    EXPECT_NE(checked(of, [](FixedNet& n) { n.projections.back().delaySteps = 1; }), "");
  }
}

}  // namespace
}  // namespace rheo::test
