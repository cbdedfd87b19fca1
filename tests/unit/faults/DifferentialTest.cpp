// Differential simulation against running the faulty chip as a whole: every kind of fault on random images of
// all models, with recurrence, delays and shifted sums. Not one outcome may differ.
#include <gtest/gtest.h>

#include <map>

#include "HowMany.h"
#include "faults/Chance.h"
#include "faults/Device.h"
#include "faults/Differential.h"
#include "faults/Resimulation.h"
#include "faults/Sites.h"
#include "support/RandomProgram.h"

namespace rheo::faults {
namespace {

constexpr std::int64_t kSteps = 12, kSamples = 2;
constexpr std::uint64_t kImages = 100;  // 10^5 pairs

std::vector<FaultRequest> everyKind() {
  std::vector<FaultRequest> requests;
  for (const KindInfo& kind : allKinds()) {
    const bool rare = kind.usual > 0 && kind.usual < 1;
    requests.push_back({&kind, rare ? 0.1 : kind.usual});
  }
  return requests;
}

// An answer from the first output, by the largest sum or with a tolerance.
Decision decisionOf(const Program& program, std::uint64_t seed) {
  Decision decision;
  if (program.outputs.empty()) return decision;
  decision.output = 0;
  for (const OutputPartInfo& part : program.outputs[0].parts)
    decision.scale.resize(
        decision.scale.size() +
            static_cast<std::size_t>(program.populations[static_cast<std::size_t>(part.population)].size),
        1.0);
  if (seed % 3 == 0) decision.tolerance = 0.2;
  return decision;
}

struct Tally {
  std::int64_t pairs = 0;
  std::map<std::string_view, std::array<std::int64_t, kDamages>> byKind;
};

void compareOn(std::uint64_t seed, Tally& tally) {
  const Image image = test::makeRandomImage(seed);
  Expected<Program> decoded = decode(image);
  ASSERT_TRUE(decoded);
  const auto program = std::make_shared<const Program>(*std::move(decoded));
  const FlatProgram flat(program);
  const Memories memories(image, flat);
  const Readout readout(flat, decisionOf(*program, seed));
  const Sites sites(memories, flat, everyKind(), {kSteps, 50, seed});
  const Resolver resolver(memories, flat, seed);
  const Resimulation whole(memories, flat, readout, resolver, seed, makeGolden);
  const InputBatch input = test::makeRandomInput(*program, kSamples, kSteps, seed);
  Differential differential(flat, readout);
  Baseline intact, other;
  for (std::int64_t sample = 0; sample < kSamples; ++sample) {
    intact.run(flat, input, sample);
    differential.load(intact);
    const Expected<Shown> shown = whole.show(nullptr, input, sample);
    ASSERT_TRUE(shown);
    for (std::size_t s = 0; s < sites.strata().size(); ++s) {
      const std::uint64_t count = sites.strata()[s].sites;
      for (std::uint64_t draw = 0; draw < 2; ++draw) {
        const std::uint64_t site =
            wideChance(seed, (s * 2 + draw) * kSamples + static_cast<std::uint64_t>(sample)) % count;
        const Fault fault = sites.fault(s, site);
        const std::string name = textOf(fault, *program);
        const Expected<Effect> effect = resolver.resolve(fault);
        ASSERT_TRUE(effect) << name;
        Outcome quick;
        if (!effect->undefined.empty()) {
          quick.damage = Damage::Undefined;
        } else if (effect->whole || effect->device.what != Manner::None) {
          const auto changed = effect->whole ? effect->whole : deviceProgram(flat, effect->device, sample);
          other.run(FlatProgram(changed), input, sample);
          quick = differential.compare(other);
        } else {
          quick = differential.run(*effect);
        }
        const Expected<Shown> faulty = whole.show(&fault, input, sample);
        ASSERT_TRUE(faulty) << name;
        const Outcome slow = whole.compare(*shown, *faulty, kSteps);
        ASSERT_EQ(quick.damage, slow.damage) << "seed " << seed << ", sample " << sample << ", " << name;
        if (slow.damage != Damage::Undefined) {
          ASSERT_EQ(quick.answer, slow.answer) << "seed " << seed << ", " << name;
          ASSERT_EQ(quick.deviation, slow.deviation) << "seed " << seed << ", " << name;
        }
        ++tally.pairs;
        ++tally.byKind[fault.kind->name][static_cast<std::size_t>(slow.damage)];
        const Expected<Fault> again = parseFault(name, *program);
        ASSERT_TRUE(again) << name;
        ASSERT_EQ(textOf(*again, *program), name);
      }
    }
  }
}

TEST(Differential, EqualsRunningTheFaultyChip) {
  Tally tally;
  for (std::uint64_t seed = 0; seed < networks(kImages); ++seed) {
    compareOn(seed, tally);
    if (HasFatalFailure()) return;
  }
  std::printf("%lld pairs\n", static_cast<long long>(tally.pairs));
  for (const auto& [kind, damages] : tally.byKind) {
    std::printf("%-20s none %lld, raster %lld, output %lld, decision %lld, undefined %lld\n",
                std::string(kind).c_str(), static_cast<long long>(damages[0]),
                static_cast<long long>(damages[1]), static_cast<long long>(damages[2]),
                static_cast<long long>(damages[3]), static_cast<long long>(damages[4]));
  }
  EXPECT_GE(tally.pairs, static_cast<std::int64_t>(networks(kImages)) * 50);
}

}  // namespace
}  // namespace rheo::faults
