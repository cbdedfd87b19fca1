// Differential simulation against running the faulty chip as a whole: every kind of fault on random images of
// all models, with recurrence, delays and shifted sums, and on convolutions whose kernels are shared. Not one
// outcome may differ. SPEC B1, B2.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "HowMany.h"
#include "chip/Layout.h"
#include "faults/Chance.h"
#include "faults/Device.h"
#include "faults/Differential.h"
#include "faults/Resimulation.h"
#include "faults/Sites.h"
#include "support/RandomProgram.h"

namespace rheo::faults {
namespace {

constexpr std::int64_t kSteps = 12, kSamples = 2;
constexpr std::uint64_t kImages = 100;       // 10^5 pairs
constexpr std::uint64_t kConvolutions = 24;  // of each sort

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

// What was compared, by kind: how many pairs came to what. Of `kernels` the word is one of a kernel's list,
// of its format, or of an axon that reads it.
struct Tally {
  using ByKind = std::map<std::string_view, std::array<std::int64_t, kDamages>>;
  std::int64_t pairs = 0;
  ByKind byKind;
  std::map<std::string_view, ByKind> kernels;  // by memory

  void add(const Fault& fault, bool kernel, Damage damage) {
    const auto d = static_cast<std::size_t>(damage);
    ++pairs, ++byKind[fault.kind->name][d];
    if (kernel) ++kernels[fault.memory][fault.kind->name][d];
  }
  static std::int64_t sum(const ByKind& kinds) {
    std::int64_t pairs = 0;
    for (const auto& [kind, damages] : kinds)
      for (const std::int64_t count : damages) pairs += count;
    return pairs;
  }
  static void print(const ByKind& kinds) {
    for (const auto& [kind, damages] : kinds)
      std::printf("  %-20s none %lld, raster %lld, output %lld, decision %lld, undefined %lld\n",
                  std::string(kind).c_str(), static_cast<long long>(damages[0]),
                  static_cast<long long>(damages[1]), static_cast<long long>(damages[2]),
                  static_cast<long long>(damages[3]), static_cast<long long>(damages[4]));
  }
  void print(const char* what) const {
    std::printf("%s: %lld pairs, 0 differences\n", what, static_cast<long long>(pairs));
    print(byKind);
    for (const auto& [memory, kinds] : kernels) {
      std::printf(" of kernels, %s words: %lld pairs\n", std::string(memory).c_str(),
                  static_cast<long long>(sum(kinds)));
      print(kinds);
    }
  }
  void expectEveryKind() const {
    for (const KindInfo& kind : allKinds())
      EXPECT_TRUE(byKind.count(kind.name)) << "no pair of " << kind.name;
  }
};

// Which words belong to kernels: core, memory, word.
class KernelWords {
 public:
  explicit KernelWords(const Memories& memories) {
    const auto add = [&](std::int32_t core, std::string_view memory, std::uint64_t record) {
      const std::uint32_t bits = memories.layout(memory)->bits();
      const std::uint64_t first = recordStart(record, bits);
      for (std::uint64_t word = first / 64; word <= (first + bits - 1) / 64; ++word)
        words_.insert({core, memory, word});
    };
    for (const ListUse& use : memories.lists()) {
      const SynapseFormat& format = memories.format(use);
      if (format.kind != ListKind::Kernel) continue;
      const auto entries = static_cast<std::uint64_t>(format.rows.kernel * format.columns.kernel);
      for (std::uint64_t k = 0; k < entries * kernelEntryWords(use.count, format); ++k)
        words_.insert({use.core, "synapse", use.list + k});
      add(use.core, "format", static_cast<std::uint64_t>(use.format));
      for (const std::int32_t axon : use.axons) add(use.core, "axon", memories.recordOf(use.core, axon));
    }
  }
  bool has(const Fault& fault) const {
    return fault.kind->mechanism == Mechanism::MemoryBit &&
           words_.count({fault.core, fault.memory, fault.word}) != 0;
  }

 private:
  std::set<std::tuple<std::int32_t, std::string_view, std::uint64_t>> words_;
};

// A fault of a stratum, by number; of messages one that there is, if a few tries find it.
Fault someFault(const Sites& sites, std::size_t stratum, std::uint64_t number, std::uint64_t seed,
                const FlatProgram& flat, const Baseline& intact) {
  constexpr std::uint64_t kTries = 32;
  Fault fault;
  for (std::uint64_t k = 0; k < kTries; ++k) {
    fault = sites.fault(stratum, wideChance(seed, number * kTries + k) % sites.strata()[stratum].sites);
    if (fault.kind->mechanism != Mechanism::Message ||
        intact.sent(fault.step, flat.sourceOfCell(flat.cellOf(fault.population, fault.neuron))) != 0)
      break;
  }
  return fault;
}

void compareOn(const Image& image, std::uint64_t seed, double density, Tally& tally) {
  Expected<Program> decoded = decode(image);
  ASSERT_TRUE(decoded);
  const auto program = std::make_shared<const Program>(*std::move(decoded));
  const FlatProgram flat(program);
  const Memories memories(image, flat);
  const KernelWords kernels(memories);
  const Readout readout(flat, decisionOf(*program, seed));
  const Sites sites(memories, flat, everyKind(), {kSteps, 50, seed});
  const Resolver resolver(memories, flat, seed);
  const Resimulation whole(memories, flat, readout, resolver, seed, makeGolden);
  const InputBatch input = test::makeRandomInput(*program, kSamples, kSteps, seed, density);
  Differential differential(flat, readout);
  Baseline intact, other;
  for (std::int64_t sample = 0; sample < kSamples; ++sample) {
    intact.run(flat, input, sample);
    differential.load(intact);
    const Expected<Shown> shown = whole.show(nullptr, input, sample);
    ASSERT_TRUE(shown);
    for (std::size_t number = 0; number < sites.strata().size() * 2; ++number) {
      const Fault fault = someFault(sites, number / 2, number * kSamples + static_cast<std::uint64_t>(sample),
                                    seed, flat, intact);
      const std::string name = textOf(fault, *program);
      const Expected<Effect> effect = resolver.resolve(fault);
      ASSERT_TRUE(effect) << name;
      Outcome quick;
      if (!effect->undefined.empty()) {
        quick.damage = Damage::Undefined;
      } else if (effect->whole || effect->device.what != Manner::None) {
        const auto changed =
            effect->whole ? effect->whole : deviceProgram(flat, memories, effect->device, sample);
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
      tally.add(fault, kernels.has(fault), slow.damage);
      const Expected<Fault> again = parseFault(name, *program);
      ASSERT_TRUE(again) << name;
      ASSERT_EQ(textOf(*again, *program), name);
    }
  }
}

TEST(Differential, b1_is_running_the_faulty_chip) {
  Tally tally;
  for (std::uint64_t seed = 0; seed < networks(kImages); ++seed) {
    compareOn(test::makeRandomImage(seed), seed, 0.3, tally);
    if (HasFatalFailure()) return;
  }
  tally.print("random networks");
  EXPECT_GE(tally.pairs, static_cast<std::int64_t>(networks(kImages)) * 50);
  if (networks(kImages) >= kImages) tally.expectEveryKind();
}

// Shared kernels, by what else the network has. Each image has places for every kind.
class Convolutions : public testing::TestWithParam<std::pair<bool, bool>> {};

TEST_P(Convolutions, b1_b2_is_running_the_faulty_chip_with_shared_kernels) {
  test::RandomOptions options;
  options.convolutions = true;
  options.layers = 3, options.neurons = 5, options.cores = 3;
  std::tie(options.recurrence, options.delays) = GetParam();
  Tally tally;
  for (std::uint64_t seed = 0; seed < networks(kConvolutions); ++seed) {
    compareOn(test::makeRandomImage(seed, options), seed, 0.4, tally);
    if (HasFatalFailure()) return;
  }
  tally.print(options.recurrence ? "recurrent" : "feed-forward");
  tally.expectEveryKind();
  for (const char* memory : {"synapse", "format", "axon"}) {
    const auto& kinds = tally.kernels[memory];
    std::int64_t harmed = 0;
    for (const auto& [kind, damages] : kinds) harmed += damages[1] + damages[2] + damages[3];
    EXPECT_GT(harmed, Tally::sum(kinds) / 50) << "kernels: " << memory;
  }
}

INSTANTIATE_TEST_SUITE_P(, Convolutions,
                         testing::Values(std::pair{false, false}, std::pair{false, true},
                                         std::pair{true, false}, std::pair{true, true}),
                         [](const auto& info) {
                           return std::string(info.param.first ? "Recurrent" : "FeedForward") +
                                  (info.param.second ? "WithDelays" : "");
                         });

}  // namespace
}  // namespace rheo::faults
