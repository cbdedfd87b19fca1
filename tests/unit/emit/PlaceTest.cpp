// Placement: every limit, all violations at once, slices that hold every neuron once.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>
#include <set>

#include "Problems.h"

namespace rheo {
namespace {

using testing::HasSubstr;

const ChipSpec& tiny() { return *findBuiltinChip("tiny"); }

std::vector<std::string> codes(const Expected<Placement>& placement) {
  std::vector<std::string> out;
  if (!placement)
    for (const Diagnostic& diagnostic : placement.error().diagnostics) out.push_back(diagnostic.code);
  return out;
}

void expectWithinLimits(const Problem& problem, const Placement& placement, const ChipSpec& chip) {
  std::vector<std::vector<int>> held;
  for (const PopulationSpec& population : problem.populations) held.emplace_back(population.size, 0);
  EXPECT_LE(placement.cores.size(), static_cast<std::size_t>(chip.limit("cores").value));
  for (const PlacedCore& core : placement.cores) {
    EXPECT_LE(core.use.neurons, chip.limit("neurons_per_core").value);
    EXPECT_LE(core.use.inputAxons, chip.limit("input_axons_per_core").value);
    EXPECT_LE(core.use.outputRoutes, chip.limit("output_axons_per_core").value);
    EXPECT_LE(core.use.synapseWords, chip.limit("synapse_words_per_core").value);
    EXPECT_LE(core.use.profiles, chip.limit("profiles_per_core").value);
    EXPECT_LE(core.use.formats, chip.limit("formats_per_core").value);
    for (const PlacedSlice& slice : core.slices)
      for (int i = 0; i < slice.size(); ++i) ++held[slice.population][slice.neuron(i)];
  }
  for (const auto& population : held) EXPECT_THAT(population, testing::Each(1));
}

TEST(Place, populationsAreCutAtTheNeuronLimit) {
  Problem problem(kLavaProfile);
  const int in = problem.input("in", 4), a = problem.population("a", 70), b = problem.population("b", 10);
  problem.connect("wa", true, in, a, [](int, int) { return 2; });
  problem.connect("wb", true, in, b, [](int, int) { return 2; });
  auto placement = place(problem, tiny());
  ASSERT_TRUE(placement);
  expectWithinLimits(problem, *placement, tiny());
  ASSERT_EQ(placement->cores.size(), 3u);
  EXPECT_EQ(placement->cores[2].slices.size(), 2u);  // the last 6 of a, and b
  EXPECT_EQ(placement->cores[2].slices[1].firstCompartment, 6);
}

TEST(Place, denseAndSparseListsAreChosenBySize) {
  Problem problem(kLavaProfile);
  const int in = problem.input("in", 4), a = problem.population("a", 32);
  problem.connect("full", true, in, a, [](int, int) { return 2; });
  auto full = place(problem, tiny());
  ASSERT_TRUE(full);
  EXPECT_EQ(full->cores[0].use.synapseWords, 4 * 4);  // 8 weights of 8 bits in a word
  problem.projections.clear();
  problem.connect("few", true, in, a, [](int t, int s) { return t % 16 == s ? 2 : 0; });
  auto few = place(problem, tiny());
  ASSERT_TRUE(few);
  EXPECT_EQ(few->cores[0].groups[0].kind, ListKind::Sparse);
  EXPECT_EQ(few->cores[0].use.synapseWords, 4);  // 2 synapses of 8 + 5 bits
  problem.projections.clear();
  problem.connect("both", true, in, a, [](int t, int s) { return s == 0 || t == 0 ? 2 : 0; });
  auto both = place(problem, tiny());
  ASSERT_TRUE(both);
  ASSERT_EQ(both->cores[0].groups.size(), 2u);  // one sum in two encodings
  EXPECT_EQ(both->cores[0].groups[0].number, both->cores[0].groups[1].number);
  EXPECT_EQ(both->cores[0].use.synapseWords, 4 + 3);
  EXPECT_EQ(both->cores[0].use.formats, 2);
}

TEST(Place, weightsThatVanishTakeNothing) {
  Problem problem(kLoihi1Profile);
  const int in = problem.input("in", 4), a = problem.population("a", 4);
  problem.connect("w", true, in, a, [](int, int s) { return s == 0 ? -1 : s == 1 ? 1 : 0; });
  auto cut = place(problem, tiny());  // SPEC W4: -1 becomes 0
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->cores[0].use.inputAxons, 0);
  problem.profile = &kLavaProfile;  // SPEC W3: -1 becomes -2
  auto kept = place(problem, tiny());
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->cores[0].use.inputAxons, 1);
}

TEST(Place, routesAreAnticipatedInASecondPass) {
  Problem problem(kLavaProfile);
  const int a = problem.population("a", 32), b = problem.population("b", 100);
  problem.connect("w", false, a, b, [](int, int) { return 2; });
  auto placement =
      place(problem, tiny());  // 32 neurons times 4 target cores do not fit the 64 routes of one core
  ASSERT_TRUE(placement);
  expectWithinLimits(problem, *placement, tiny());
  EXPECT_GT(placement->cores.size(), 4u);
}

// SPEC E5: what holds a neuron shares its routes, and each has those of its core's limit.
TEST(Place, e5_clonesShareWhatNoCoreHolds) {
  ChipSpec small = tiny();
  small.limits["neurons_per_core"].value = 4;
  small.limits["output_axons_per_core"].value = 3;
  Problem problem(kLavaProfile);
  const int in = problem.input("in", 3), a = problem.population("a", 3), b = problem.population("b", 24);
  problem.connect("w_in", true, in, a, [](int, int) { return 2; });
  problem.connect("w", false, a, b, [](int t, int s) { return s == 0 || t < 8 ? 2 : 0; });  // 6, 2, 2 cores
  EXPECT_THAT(codes(place(problem, small)), testing::ElementsAre("R0414"));
  const auto placement = place(problem, small, {}, true);
  ASSERT_TRUE(placement);
  std::map<std::pair<int, int>, int> sent;  // neuron, clone -> routes
  std::map<int, std::set<int>> held;        // neuron -> clones
  for (const PlacedCore& core : placement->cores) {
    EXPECT_LE(core.use.outputRoutes, 3);
    for (const PlacedSlice& slice : core.slices)
      for (int i = 0; slice.population == a && i < slice.size(); ++i)
        EXPECT_TRUE(held[slice.neuron(i)].insert(slice.clone).second);
    for (const PlacedAxon& axon : core.axons)
      if (core.groups[static_cast<std::size_t>(axon.group)].projection == 1)
        ++sent[{axon.source, axon.clone}];
  }
  EXPECT_THAT(held[0], testing::ElementsAre(0, 1));
  EXPECT_THAT(held[1], testing::ElementsAre(0));
  EXPECT_EQ((sent[{0, 0}]), 3);
  EXPECT_EQ((sent[{0, 1}]), 3);
  EXPECT_EQ((sent[{2, 0}]), 2);
}

TEST(Place, e5_clonesWithoutEndAreRefusedWithTheNumber) {
  ChipSpec small = tiny();
  small.limits["neurons_per_core"].value = 2;
  small.limits["output_axons_per_core"].value = 5;
  Problem problem(kLavaProfile);
  const int a = problem.population("a", 6), b = problem.population("b", 2);
  problem.connect("w_rec", false, a, a, [](int, int) { return 2; });
  problem.connect("w_out", false, a, b, [](int, int) { return 2; });
  const auto placement = place(problem, small, {}, true);
  ASSERT_THAT(codes(placement), testing::ElementsAre("R0414"));
  const Diagnostic& found = placement.error().diagnostics.front();
  EXPECT_EQ(found.where, "a");  // not 'b', whose clones nothing would feed
  EXPECT_EQ(found.value, 6);
  EXPECT_EQ(found.limit, 5);
  EXPECT_THAT(found.message,
              HasSubstr("clones of 'a' come to no end: every core that holds a neuron of it is "
                        "reached by 6 routes at least"));
}

TEST(Place, gapsAreFilledWhenCoresRunOut) {
  Problem problem(kLavaProfile);
  const int in = problem.input("in", 1);
  for (int i = 0; i < 25; ++i) {  // 500 neurons: 25 cores if populations stay whole, 16 if they are cut
    const int p = problem.population(fmt::format("p{}", i), 20);
    problem.connect(fmt::format("w{}", i), true, in, p, [](int, int) { return 2; });
  }
  auto placement = place(problem, tiny());
  ASSERT_TRUE(placement);
  expectWithinLimits(problem, *placement, tiny());
}

TEST(Place, allViolationsAreListedAtOnce) {
  Problem problem(kLavaProfile);
  const int in = problem.input("in", 100), wide = problem.population("wide", 5),
            big = problem.population("big", 600);
  problem.connect("fan", true, in, wide, [](int t, int s) { return t < 3 ? 2 : s < 4 ? 2 : 0; }).delay = 40;
  problem.connect("w_big", true, in, big, [](int, int s) { return s == 0 ? 2 : 0; }).exponent = 9;
  problem.populations[wide].where = "net.wide";
  problem.populations[big].registers["vth"] = {1 << 17};
  auto placement = place(problem, tiny());
  ASSERT_FALSE(placement);
  EXPECT_EQ(placement.error().kind, ErrorKind::Compile);
  EXPECT_THAT(codes(placement), testing::ElementsAre("R0420", "R0418", "R0428", "R0412", "R0417"));
  const Diagnostic& axons = placement.error().diagnostics[3];
  EXPECT_EQ(axons.where, "net.wide");
  EXPECT_EQ(axons.value, 100);
  EXPECT_EQ(axons.limit, 64);
  EXPECT_THAT(axons.message,
              HasSubstr("neuron 0 of 'wide' needs 100 input axons in one core, 'tiny' has 64"));
  EXPECT_THAT(axons.message, HasSubstr("3 of its neurons"));
  for (const Diagnostic& diagnostic : placement.error().diagnostics) {
    EXPECT_FALSE(diagnostic.remedy.empty());
    EXPECT_FALSE(diagnostic.limitSource.empty());
  }
}

TEST(Place, r0417NeuronsThatFitNoCoreCountToo) {
  Problem problem(kLavaProfile);
  const int in = problem.input("in", 100), big = problem.population("big", 520);
  problem.connect("w", true, in, big, [](int, int) { return 2; });
  EXPECT_THAT(codes(place(problem, tiny())), testing::ElementsAre("R0412", "R0417"));
}

TEST(Place, e1e2ExtensionsNeedAChipThatHasThem) {
  Problem problem(kLoihi1Profile);
  problem.population("a", 2);
  problem.populations[0].registers["reset_mode"] = {2};
  EXPECT_THAT(codes(place(problem, *findBuiltinChip("loihi1"))), testing::ElementsAre("R0411"));
  EXPECT_TRUE(place(problem, tiny()));
  EXPECT_THAT(codes(place(problem, *findBuiltinChip("loihi2"))), testing::ElementsAre("R0410"));
}

TEST(Place, r0415ProfilesAreCountedWhereTheLayoutSharesThem) {
  Problem problem(kLoihi1Profile);
  problem.population("a", 100);
  auto& thresholds = problem.populations[0].registers["vth"];
  thresholds.clear();
  for (int i = 0; i < 100; ++i) thresholds.push_back(i);
  auto placement = place(problem, *findBuiltinChip("loihi1"));
  ASSERT_TRUE(placement);
  EXPECT_EQ(placement->cores.size(), 4u);  // 32 profiles in each core
  problem.profile = &kLavaProfile;
  auto own = place(problem, *findBuiltinChip("loihi2"));
  ASSERT_TRUE(own);
  EXPECT_EQ(own->cores.size(), 1u);
}

TEST(Place, r0421ContradictionsAreOurFault) {
  Problem problem(kLavaProfile);
  problem.population("a", 2);
  problem.populations[0].registers.erase("vth");
  auto missing = place(problem, tiny());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::Internal);
  problem.populations[0].registers["vth"] = {1, 2, 3};
  EXPECT_THAT(codes(place(problem, tiny())), testing::ElementsAre("R0421"));
}

}  // namespace
}  // namespace rheo
