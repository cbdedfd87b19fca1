// Stage invariants: each broken once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/Stages.h"

namespace rheo {
namespace {

using ::testing::HasSubstr;

struct Stages : ::testing::Test {
  Stages() { loadDialects(context); }

  // The first message of checkStage, "" if it is satisfied, or the parser's message.
  std::string check(const std::string& text, Stage stage) {
    auto module = parseModule(text, "test.mlir", context);
    if (!module) return module.error().diagnostics[0].message;
    const Status status = checkStage(**module, stage);
    return status ? "" : status.error().diagnostics[0].message;
  }

  static std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t place = text.find(from);
    EXPECT_NE(place, std::string::npos) << from;
    return text.replace(place, from.size(), to);
  }

  mlir::MLIRContext context;
  const std::string legal = R"(
spk.network @n attributes {dt = 1.0 : f64, stage = "legal", conventions = {discretization = "euler", reset = "zero", spikes = "unit"},
                           profile = "lava", chip = "tiny"} {
  %in = spk.input "in" {shape = array<i64: 1>} : !spk.spikes<1>
  %a = spk.synapse "a" %in {weight = #spk.elements<dense<2> : tensor<2x1xi32>, !spk.fixed<9, 0, signed>>,
       sign_mode = "mixed", weight_bits = 8 : i32, delay = 1 : i32} : (!spk.spikes<1>) -> !spk.current<2>
  %r = spk.synapse "r" %s {weight = #spk.elements<dense<2> : tensor<2x2xi32>, !spk.fixed<9, 0, signed>>,
       sign_mode = "mixed", weight_bits = 8 : i32, float_delay = 1 : i32} : (!spk.spikes<2>) -> !spk.current<2>
  %s = spk.lif "s" (%a, %r) {shape = array<i64: 2>, lag = 2 : i32,
       ranges = {v = #spk.range<minimum = -5, maximum = 5, proven = true, note = "">}}
       : (!spk.current<2>, !spk.current<2>) -> !spk.spikes<2>
  spk.output "out" (%s) {shape = array<i64: 2>} : !spk.spikes<2>
})";
  const std::string placed = R"(
chip.module @n attributes {chip = "tiny", profile = "lava", dt = 1.0 : f64} {
  chip.population @p {model = "lif", shape = array<i64: 2>, lag = 1 : i32, parameters = {}}
  chip.input @in {shape = array<i64: 3>, encoding = "binary", max_payload = 1 : i32}
  chip.projection @w : @in -> @p {weight = #spk.elements<dense<4> : tensor<2x3xi32>, !spk.fixed<9, 0, signed>>,
                                  delay = 0 : i32, sign_mode = "mixed", weight_bits = 8 : i32}
  chip.core 0 {
    chip.slice @p {first_neuron = 0 : i32, count = 2 : i32, first_compartment = 0 : i32}
    chip.group @w {index = 0 : i32, kind = "sparse", slice = 0 : i32,
                   first_compartment = 0 : i32, delay_bits = 0 : i32, index_bits = 1 : i32}
    chip.axon {group = 0 : i32, first_axon = 0 : i32, delay = 0 : i32, source_count = 3 : i32}
  }
})";
};

TEST_F(Stages, namesReadBack) {
  for (const char* name : {"import", "float", "quant", "legal", "placed", "image"}) {
    ASSERT_TRUE(findStage(name)) << name;
    EXPECT_EQ(stageName(*findStage(name)), name);
  }
  EXPECT_FALSE(findStage("Float"));
}

TEST_F(Stages, aLegalNetworkPasses) { EXPECT_EQ(check(legal, Stage::Legal), ""); }

TEST_F(Stages, p1_everyStateNeedsARange) {
  EXPECT_THAT(
      check(replaced(legal, R"(v = #spk.range<minimum = -5, maximum = 5, proven = true, note = "">)", ""),
            Stage::Legal),
      HasSubstr("'s' has no range for state 'v'"));
  EXPECT_THAT(check(replaced(legal, "proven = true", "proven = false"), Stage::Legal),
              HasSubstr("neither proven nor explained"));
}

TEST_F(Stages, t4_delaysFollowFromLags) {
  EXPECT_THAT(check(replaced(legal, "delay = 1", "delay = 3"), Stage::Legal),
              HasSubstr("'a' has a delay of 3 steps, the lags at its ends ask for 1"));
  EXPECT_THAT(check(replaced(legal, "float_delay = 1", "float_delay = 0"), Stage::Legal),
              HasSubstr("ask for -1"));
}

TEST_F(Stages, t4_everyNeuronHasALag) {
  EXPECT_THAT(check(replaced(legal, "lag = 2 : i32,", ""), Stage::Legal), HasSubstr("'s' has no lag"));
}

TEST_F(Stages, theStageIsTheOneAskedFor) {
  EXPECT_THAT(check(legal, Stage::Quant), HasSubstr("is in stage 'legal', expected 'quant'"));
}

TEST_F(Stages, aPlacedNetworkPasses) { EXPECT_EQ(check(placed, Stage::Placed), ""); }

TEST_F(Stages, everyNeuronIsHeldOnce) {
  EXPECT_THAT(check(replaced(placed, "chip.core 0 {",
                             "chip.core 1 { chip.slice @p {first_neuron = 1 : i32, "
                             "count = 1 : i32, first_compartment = 0 : i32} } chip.core 0 {"),
                    Stage::Placed),
              HasSubstr("neuron 1 of 'p' is held by 2 compartments"));
}

TEST_F(Stages, everyWeightIsDeliveredOnce) {
  EXPECT_THAT(check(replaced(placed, "source_count = 3", "source_count = 2"), Stage::Placed),
              HasSubstr("from 2 to 0 is never delivered"));
  const std::string axon =
      "chip.axon {group = 0 : i32, first_axon = 0 : i32, delay = 0 : i32, source_count = 3 : i32}";
  EXPECT_THAT(check(replaced(placed, axon,
                             axon + "chip.axon {group = 0 : i32, first_axon = 3 : i32, delay = 0 : i32, "
                                    "sources = array<i32: 1>}"),
                    Stage::Placed),
              HasSubstr("from 1 to 0 is delivered more than once"));
  EXPECT_THAT(check(replaced(placed, axon, axon + axon), Stage::Placed), HasSubstr("uses axon 0 twice"));
}

TEST_F(Stages, r0704_whatDoesNotParseIsLocated) {
  auto module = parseModule("spk.network", "net.mlir", context);
  ASSERT_FALSE(module);
  EXPECT_EQ(module.error().diagnostics[0].code, "R0704");
  EXPECT_EQ(module.error().diagnostics[0].file, "net.mlir");
  EXPECT_THAT(module.error().diagnostics[0].where, HasSubstr("line 1"));
}

}  // namespace
}  // namespace rheo
