// Texts, names, files and random numbers.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/File.h"
#include "support/JsonText.h"
#include "support/Philox.h"
#include "support/Text.h"

namespace rheo {
namespace {

TEST(Text, edit_distance_counts_swaps_once) {
  EXPECT_EQ(editDistance("hidden", "hidden"), 0);
  EXPECT_EQ(editDistance("hidden", "hiden"), 1);
  EXPECT_EQ(editDistance("hidden", "hiddne"), 1);
  EXPECT_EQ(editDistance("", "abc"), 3);
}

TEST(Text, nearest_names_first_and_only_near_ones) {
  EXPECT_EQ(nearestNames("hiden.v", {"output.v", "hidden.u", "hidden.v"}),
            (std::vector<std::string>{"hidden.v", "hidden.u"}));
  EXPECT_TRUE(nearestNames("xyz", {"hidden", "output"}).empty());
  EXPECT_EQ(nearestNames("CUBALIF", {"LIF", "CubaLIF"}, 1), std::vector<std::string>{"CubaLIF"});
  EXPECT_TRUE(nearestNames(std::string(1000000, 'x'), {std::string(1000000, 'x')}).empty());
  EXPECT_EQ(didYouMean("hiden", {"hidden"}), "did you mean 'hidden'?");
  EXPECT_EQ(didYouMean("zz", {"hidden", "output"}), "there is 'hidden' and 'output'");
  EXPECT_EQ(didYouMean("zz", {}), "there is none");
}

TEST(Text, places_are_lines_and_columns) {
  EXPECT_EQ(placeIn("", 0), "line 1, column 1");
  EXPECT_EQ(placeIn("ab\ncd", 1), "line 1, column 2");
  EXPECT_EQ(placeIn("ab\ncd", 3), "line 2, column 1");
  EXPECT_EQ(placeIn("ab\ncd", 99), "line 2, column 3");
}

TEST(JsonText, faults_have_a_place) {
  nlohmann::ordered_json value;
  EXPECT_FALSE(parseJson("{\"a\": [1]}", value));
  const auto fault = parseJson("{\n  \"a\": [1,,]}", value);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->place, "line 2, column 11");
  EXPECT_TRUE(parseJson("[1e999]", value));
  EXPECT_TRUE(parseJson("", value));
}

TEST(JsonText, lists_fill_their_lines_and_come_back) {
  nlohmann::ordered_json value{
      {"b", nullptr}, {"a", {1, "x", true}}, {"none", nlohmann::ordered_json::array()}};
  EXPECT_EQ(jsonText(value), "{\n  \"b\": null,\n  \"a\": [1, \"x\", true],\n  \"none\": []\n}\n");
  for (int i = 0; i < 500; ++i) value["long"].push_back(i * 0.1);
  value["rows"] = {{1, 2}, {3, 4}};
  const std::string text = jsonText(value);
  nlohmann::ordered_json back;
  ASSERT_FALSE(parseJson(text, back));
  EXPECT_EQ(back, value);
  std::size_t start = 0;
  for (std::size_t end = 0; (end = text.find('\n', start)) != text.npos; start = end + 1)
    EXPECT_LE(end - start, 100u);
}

TEST(Text, plain_text_is_utf8_without_control_characters) {
  for (const char* text : {"", "hidden.v", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\xa7\xa0", "\xc2\xa0"})
    EXPECT_TRUE(isPlainText(text)) << text;
  // A line feed, DEL, a control character above ASCII, stray bytes, overlong, surrogate, beyond U+10FFFF,
  // cut.
  for (const char* text : {"a\nb", "\x7f", "\x1b[2J", "\xc2\x9b", "\xff", "\x80", "\xc0\xaf", "\xe0\x80\xaf",
                           "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc3", "\xe2\x82"})
    EXPECT_FALSE(isPlainText(text));
  EXPECT_TRUE(isPlainText("a\tb\nc", true));
  EXPECT_FALSE(isPlainText("a\rb", true));
}

// Known answers of the reference implementation (Random123, kat_vectors).
TEST(Philox, d1_known_answers) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (PhiloxCounter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (PhiloxCounter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(File, written_whole_or_not_at_all) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / ("file_test_" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  const std::string path = (folder / "file").string();
  std::vector<std::uint8_t> bytes(10000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 7);
  ASSERT_TRUE(writeFileAtomically(path, bytes));
  const auto back = readFile(path);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, bytes);
  EXPECT_FALSE(writeFileAtomically((folder / "missing" / "file").string(), bytes));
  EXPECT_FALSE(writeFileAtomically(folder.string(), bytes));  // a folder is not replaced
  EXPECT_FALSE(readFile(folder.string()));
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    EXPECT_EQ(entry.path().filename(), "file") << "nothing is left beside the target";
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace rheo
