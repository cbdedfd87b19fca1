// What is written is what the reader process reads, and equal trees are equal bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "hdf5/Hdf5Process.h"
#include "hdf5/writer/Writer.h"

namespace rheo::hdf5 {
namespace {

Tree array(std::string name, std::vector<std::int64_t> shape, std::vector<double> values, DType type) {
  Tree tree;
  tree.name = std::move(name);
  tree.kind = Tree::Kind::Array;
  tree.array = Tensor{std::move(shape), std::move(values), type, ""};
  return tree;
}

Tree strings(std::string name, std::vector<std::int64_t> shape, std::vector<std::string> values) {
  Tree tree;
  tree.name = std::move(name);
  tree.kind = Tree::Kind::Strings;
  tree.shape = std::move(shape);
  tree.strings = std::move(values);
  return tree;
}

Tree group(std::string name, std::vector<Tree> children, std::vector<Tree> attributes = {}) {
  Tree tree;
  tree.name = std::move(name);
  tree.children = std::move(children);
  tree.attributes = std::move(attributes);
  return tree;
}

Tree truths(std::string name, std::vector<std::int64_t> shape, std::vector<double> values) {
  Tree tree = array(std::move(name), std::move(shape), std::move(values), DType::Int64);
  tree.boolean = true;
  return tree;
}

// Every kind of object; children in the order of their names, as the reader gives them.
Tree everything() {
  return group(
      "",
      {array("double", {}, {0.1}, DType::Float64), group("empty", {}),
       array("float", {2, 3}, {1, -2.5, 3, 1e-30F, 0, 16777216}, DType::Float32),
       array("half", {4}, {1, -0.5, 65504, 5.9604644775390625e-08}, DType::Float16),
       group("inner", {group("inner.most", {array("x", {1}, {3}, DType::Float64)})},
             {strings("names", {2}, {"x", "y"})}),
       array("integer", {3}, {-1, 0, 9007199254740992}, DType::Int64),
       array("nothing", {0, 2}, {}, DType::Float32), strings("pairs", {2, 2}, {"a", "b c", "", "d.e"}),
       truths("truths", {2, 3}, {0, 1, 1, 0, 0, 1}), truths("yes", {}, {1}),
       strings("\xc3\xa9t\xc3\xa9", {}, {"gr\xc3\xbc\xc3\x9f"})},
      {strings("__type__", {}, {"a"}), array("dt", {}, {1e-3}, DType::Float64), truths("flag", {}, {1}),
       array("list", {2}, {7, 8}, DType::Int64)});
}

void expectEqual(const Tree& left, const Tree& right) {
  SCOPED_TRACE(left.name);
  ASSERT_EQ(left.name, right.name);
  ASSERT_EQ(left.kind, right.kind);
  EXPECT_EQ(left.shape, right.shape);
  EXPECT_EQ(left.strings, right.strings);
  EXPECT_EQ(left.array.shape, right.array.shape);
  EXPECT_EQ(left.array.values, right.array.values);
  EXPECT_TRUE(left.kind != Tree::Kind::Array || left.array.dtype == right.array.dtype);
  ASSERT_EQ(left.attributes.size(), right.attributes.size());
  for (std::size_t i = 0; i < left.attributes.size(); ++i)
    expectEqual(left.attributes[i], right.attributes[i]);
  ASSERT_EQ(left.children.size(), right.children.size());
  for (std::size_t i = 0; i < left.children.size(); ++i) expectEqual(left.children[i], right.children[i]);
}

TEST(Writer, writesWhatTheReaderReads) {
  const Expected<std::string> bytes = fileOf(everything());
  ASSERT_TRUE(bytes);
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("rheo-writer-" + std::to_string(::getpid()) + ".h5");
  std::ofstream(path, std::ios::binary) << *bytes;
  const Expected<Tree> read = readHdf5(path.string());
  std::filesystem::remove(path);
  ASSERT_TRUE(read) << read.error().diagnostics[0].message;
  expectEqual(everything(), *read);
}

TEST(Writer, equalTreesGiveEqualBytes) {
  const Expected<std::string> first = fileOf(everything());
  // Memory that held something else must not show through.
  { std::vector<std::string> used(1000, std::string(5000, '\xaa')); }
  const Expected<std::string> second = fileOf(everything());
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(*first == *second);
  Tree other = everything();
  other.children[0].array.values[0] = 0.2;
  EXPECT_FALSE(*first == *fileOf(other));
}

TEST(Writer, refusesNamesThatArePaths) {
  for (const std::string& name :
       {std::string("a/b"), std::string(), std::string("."), std::string("a\0b", 3)}) {
    const Expected<std::string> bytes = fileOf(group("", {group("fine", {group(name, {})})}));
    ASSERT_FALSE(bytes) << name;
    EXPECT_EQ(bytes.error().diagnostics[0].code, "R0670");
    EXPECT_THAT(bytes.error().diagnostics[0].where, testing::StartsWith("/fine/"));
  }
}

TEST(Writer, refusesWhatContradictsItself) {
  for (const Tree& wrong : {array("short", {3}, {1, 2}, DType::Float32), strings("twice", {1}, {"a", "b"})}) {
    const Expected<std::string> bytes = fileOf(group("", {wrong}));
    ASSERT_FALSE(bytes);
    EXPECT_EQ(bytes.error().diagnostics[0].code, "R0699");
  }
}

}  // namespace
}  // namespace rheo::hdf5
