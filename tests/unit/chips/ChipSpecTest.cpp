// Chip records: the built-in ones, records built on another, and messages about broken ones.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "chips/Chips.h"

namespace rheo {
namespace {

using testing::HasSubstr;

Expected<ChipSpec> parse(const std::string& text) { return parseChipSpec(text, "my.json", findBuiltinChip); }

std::vector<Diagnostic> faults(const std::string& text) {
  auto chip = parse(text);
  return chip ? std::vector<Diagnostic>{} : chip.error().diagnostics;
}

TEST(ChipSpec, builtinRecordsAreComplete) {
  std::vector<std::string> names;
  for (const ChipSpec& chip : builtinChips()) names.push_back(chip.name);
  EXPECT_THAT(names, testing::ElementsAre("loihi1", "loihi1024", "loihi2", "loihi64", "loihi64_words",
                                          "loihi84", "tiny", "truenorth"));
  for (const ChipSpec& chip : builtinChips())
    for (const auto& [name, limit] : chip.limits)
      EXPECT_FALSE(limit.source.empty()) << chip.name << " " << name;
}

TEST(ChipSpec, loihi1HasThePublishedFigures) {
  const ChipSpec& chip = *findBuiltinChip("loihi1");
  EXPECT_EQ(chip.limit("cores").value, 128);
  EXPECT_EQ(chip.limit("neurons_per_core").value, 1024);
  EXPECT_EQ(chip.limit("input_axons_per_core").value, 4096);
  EXPECT_EQ(chip.limit("synapse_words_per_core").value * 64, 128 * 1024 * 8);
  EXPECT_EQ(chip.profiles.front(), "loihi1");
  EXPECT_TRUE(chip.runs("lava"));
  EXPECT_FALSE(chip.extends("subtract_reset"));
}

TEST(ChipSpec, loihi2StatesWhatIsInferred) {
  const ChipSpec& chip = *findBuiltinChip("loihi2");
  EXPECT_TRUE(chip.limit("neurons_per_core").inferred);
  EXPECT_EQ(chip.limit("synapse_words_per_core").value, 12000);
  EXPECT_FALSE(chip.runs("loihi1"));
  EXPECT_TRUE(chip.extends("reset_value"));
}

TEST(ChipSpec, costsAreStatedByLoihi1AndInferredByLoihi2) {
  const ChipSpec& one = *findBuiltinChip("loihi1");
  EXPECT_EQ(one.costs.at("hop_north_south_energy").value, 4.0);
  EXPECT_EQ(one.costs.at("hop_north_south_energy").unit, "pJ");
  EXPECT_FALSE(one.costs.at("synaptic_operation_energy").inferred);
  for (const auto& [name, cost] : findBuiltinChip("loihi2")->costs) {
    EXPECT_TRUE(cost.inferred) << name;
    EXPECT_EQ(cost.value, one.costs.at(name).value) << name;
  }
  EXPECT_TRUE(findBuiltinChip("tiny")->costs.empty());
}

TEST(ChipSpec, costsAreOverriddenAllOrNone) {
  auto chip = parse(R"({"base": "loihi1", "name": "mine", "costs": {"active_neuron_time": 2.5}})");
  ASSERT_TRUE(chip);
  EXPECT_EQ(chip->costs.at("active_neuron_time").value, 2.5);
  EXPECT_EQ(chip->costs.at("active_neuron_time").source, "my.json");
  const auto alone = faults(
      R"({"base": "tiny", "name": "mine", "costs": {"active_neuron_time": {"value": 1, "source": "me"}}})");
  ASSERT_EQ(alone.size(), 14u);
  EXPECT_EQ(alone.front().code, "R0403");
  const auto wrong =
      faults(R"({"base": "loihi1", "name": "mine", "costs": {"static_power": -1, "energy": 1}})");
  ASSERT_EQ(wrong.size(), 2u);
  EXPECT_EQ(wrong[0].code, "R0402");
  EXPECT_EQ(wrong[1].code, "R0404");
}

TEST(ChipSpec, baseIsOverriddenFigureByFigure) {
  auto chip =
      parse(R"({"base": "loihi2", "name": "mine", "limits": {"cores": 4, "max_delay": {"value": 7}}})");
  ASSERT_TRUE(chip);
  EXPECT_EQ(chip->name, "mine");
  EXPECT_EQ(chip->limit("cores").value, 4);
  EXPECT_EQ(chip->limit("cores").unit, "cores");
  EXPECT_EQ(chip->limit("cores").source, "my.json");
  EXPECT_EQ(chip->limit("max_delay").value, 7);
  EXPECT_EQ(chip->limit("neurons_per_core").value, 4095);
}

TEST(ChipSpec, i12_aRecordSaysHowCoresAndChipsLie) {
  const auto chip = parse(R"({"base": "tiny", "name": "board", "limits": {"cores": 4, "chips": 4,
      "chip_link_hops": 20}, "dead_cores": [1, 6], "dead_links": [[[1, 0], [2, 0]]]})");
  ASSERT_TRUE(chip);
  const GridShape shape = chip->grid();
  EXPECT_EQ(shape.chips, 4);
  EXPECT_EQ(shape.chipColumns, 2);  // as near to a square as it gets
  EXPECT_EQ(shape.tileColumns, 2);
  EXPECT_EQ(shape.tileRows, 2);
  EXPECT_EQ(shape.chipLinkHops, 20);
  EXPECT_EQ(shape.deadCores, (std::vector<std::int32_t>{1, 6}));
  EXPECT_EQ(shape.deadLinks, (std::vector<DeadLink>{{1, 2}}));
  EXPECT_EQ(chip->usableCores(), 14);
  EXPECT_EQ(chip->limit("tile_columns").source, "follows from 'cores'");
}

TEST(ChipSpec, everyChipHasAGridForItsCores) {
  for (const ChipSpec& chip : builtinChips()) {
    EXPECT_EQ(chip.usableCores(), chip.limit("cores").value) << chip.name;
    EXPECT_GE(
        chip.limit("tile_columns").value * chip.limit("tile_rows").value * chip.limit("cores_per_tile").value,
        chip.limit("cores").value)
        << chip.name;
  }
}

TEST(ChipSpec, r0404FindsGridsThatAreNone) {
  const auto first = [](const char* text) { return faults(text).at(0).where; };
  EXPECT_EQ(first(R"({"base": "tiny", "limits": {"chips": 4, "chip_columns": 3}})"), "/limits/chip_columns");
  EXPECT_EQ(first(R"({"base": "tiny", "limits": {"tile_columns": 3, "tile_rows": 2, "cores": 16}})"),
            "/limits");
  EXPECT_EQ(first(R"({"base": "tiny", "limits": {"chips": 2}})"), "/layouts/route");  // 32 cores need 5 bits
  EXPECT_EQ(first(R"({"base": "tiny", "dead_cores": [16]})"), "/dead_cores/0");
  EXPECT_EQ(first(R"({"base": "tiny", "dead_cores": [0.5]})"), "/dead_cores/0");
  EXPECT_EQ(first(R"({"base": "tiny", "dead_links": [[[0, 0], [1, 1]]]})"), "/dead_links/0");
  EXPECT_EQ(first(R"({"base": "tiny", "dead_links": [[[0, 0], [0, 4]]]})"), "/dead_links/0/1/1");
  EXPECT_EQ(first(R"({"base": "tiny", "dead_links": [3]})"), "/dead_links/0");
  EXPECT_EQ(first(R"({"base": "tiny", "limits": {"cores": 1}, "dead_cores": [0]})"), "/dead_cores");
}

TEST(ChipSpec, r0401NamesLineAndColumn) {
  const auto found = faults("{\n  \"name\" \"x\"\n}");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].code, "R0401");
  EXPECT_THAT(found[0].where, HasSubstr("line 2"));
}

TEST(ChipSpec, r0402OffersTheNearestName) {
  const auto found = faults(R"({"base": "tiny", "limits": {"neuron_per_core": 3}, "profile": ["lava"]})");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].code, "R0402");
  EXPECT_EQ(found[0].where, "/profile");
  EXPECT_THAT(found[0].remedy, HasSubstr("did you mean 'profiles'"));
  EXPECT_EQ(found[1].where, "/limits/neuron_per_core");
  EXPECT_THAT(found[1].remedy, HasSubstr("did you mean 'neurons_per_core'"));
}

TEST(ChipSpec, r0403ListsEverythingThatIsMissing) {
  EXPECT_EQ(faults(R"({"name": "x", "profiles": ["lava"]})").size(), 11u + 5u);
  const auto found = faults(R"({"name": "x", "profiles": ["lava"], "limits": {"cores": {"value": 3}}})");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].message, HasSubstr("who states it"));
}

TEST(ChipSpec, r0404FindsRegistersTooNarrowForALimit) {
  const auto found = faults(R"({"base": "loihi2", "limits": {"neurons_per_core": 8192}})");
  ASSERT_FALSE(found.empty());
  for (const Diagnostic& diagnostic : found) EXPECT_EQ(diagnostic.code, "R0404");
  EXPECT_EQ(faults(R"({"base": "tiny", "limits": {"cores": 0}})").at(0).where, "/limits/cores");
  EXPECT_EQ(faults(R"({"base": "tiny", "limits": {"cores": 99999999999999999999}})").size(), 1u);
  EXPECT_EQ(faults(R"({"base": "tiny", "limits": {"cores": 18446744073709551615}})").at(0).code, "R0404");
}

TEST(ChipSpec, wholeNumbersHoweverTheyAreWritten) {
  const auto chip = parse(R"({"base": "tiny", "name": "mine", "dead_cores": [1e0],
                              "limits": {"messages_per_link": 1e3, "max_delay": {"value": 7.0}}})");
  ASSERT_TRUE(chip);
  EXPECT_EQ(chip->limit("messages_per_link").value, 1000);
  EXPECT_EQ(chip->limit("max_delay").value, 7);
  EXPECT_EQ(chip->deadCores, std::vector<std::int32_t>{1});
  const auto found = faults(R"({"base": "tiny", "limits": {"cores": 2.5, "max_delay": 1e300}})");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].message, "expected a whole number, found 2.5");
  EXPECT_EQ(found[1].code, "R0404");
}

TEST(ChipSpec, r0404AChipOnAnotherHasANameOfItsOwn) {
  EXPECT_EQ(parse(R"({"base": "tiny", "limits": {"cores": 4}})")->name, "my");
  EXPECT_EQ(parseChipSpec(R"({"base": "tiny"})", "boards/lab 3.json", findBuiltinChip)->name, "lab 3");
  for (const char* name : {"tiny", "loihi64"}) {
    const auto found = faults(fmt::format(R"({{"base": "tiny", "name": "{}"}})", name));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].code, "R0404");
    EXPECT_EQ(found[0].where, "/name");
  }
  EXPECT_FALSE(parseChipSpec(R"({"base": "tiny"})", "tiny.json", findBuiltinChip));
  EXPECT_EQ(parseChipSpec(R"({"base": "tiny"})", "\xff.json", findBuiltinChip).error().diagnostics.at(0).code,
            "R0403");
}

TEST(ChipSpec, r0401NumbersBeyondEveryRange) {
  const auto record = parseChipSpec(
      R"({"base": "loihi2", "name": "m", "limits": {"cores": {"value": 1e400}}})", "m.json", findBuiltinChip);
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().diagnostics.front().code, "R0401");
}

TEST(ChipSpec, r0401AFolderIsNoRecord) {
  const auto record = loadChipSpec(RHEO_SOURCE_DIR, findBuiltinChip);
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().diagnostics.front().code, "R0401");
}

TEST(ChipSpec, r0405UnknownChips) {
  EXPECT_EQ(faults(R"({"base": "loihi9", "name": "x"})").at(0).code, "R0405");
  auto chip = resolveChip("lohi2");
  ASSERT_FALSE(chip);
  EXPECT_EQ(chip.error().kind, ErrorKind::Usage);
  EXPECT_THAT(chip.error().diagnostics[0].remedy, HasSubstr("loihi2"));
  auto missing = resolveChip("./nowhere.json");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().diagnostics[0].code, "R0401");
}

TEST(ChipSpec, valuesOfWrongKindNeverThrow) {
  for (const char* text :
       {"[]", "3", "", "{\"base\": 3}", "{\"limits\": []}", "{\"limits\": {\"cores\": \"a\"}}",
        "{\"layouts\": {\"axon\": [3, {\"name\": 3, \"bits\": 2.5}]}}", "{\"profiles\": [1]}",
        "{\"base\": \"tiny\", \"limits\": {\"cores\": -1}}", "{\"name\": [}"})
    EXPECT_FALSE(parse(text)) << text;
}

// Breaks a good record at every byte: never a crash, and the whole record still parses.
TEST(ChipSpec, truncatedRecordsAreErrors) {
  std::ifstream stream(RHEO_SOURCE_DIR "/backends/tiny/chip.json");
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  ASSERT_TRUE(parse(text));
  for (std::size_t size = 0; size + 2 < text.size(); size += 7) EXPECT_FALSE(parse(text.substr(0, size)));
}

}  // namespace
}  // namespace rheo
