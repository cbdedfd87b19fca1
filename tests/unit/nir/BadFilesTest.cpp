// Every bad file gives one clear error with file, place and remedy.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <limits>

#include "Hdf5Writer.h"
#include "load/Load.h"

namespace rheo {
namespace {

using nir::test::Hdf5Writer;
using nir::test::temporaryPath;
using testing::AllOf;
using testing::HasSubstr;

struct Bad {
  std::string name;
  std::function<void(Hdf5Writer&)> write;
  std::string code;
  std::string where;
  std::string message;

  friend void PrintTo(const Bad& bad, std::ostream* stream) { *stream << bad.name; }
};

void expectOneError(const std::string& path, const std::string& code, const std::string& where,
                    const std::string& message) {
  const auto network = loadNetwork(path, {});
  ASSERT_FALSE(network) << "was read";
  const Error& error = network.error();
  EXPECT_EQ(error.kind, ErrorKind::Format);
  ASSERT_EQ(error.diagnostics.size(), 1u);
  const Diagnostic& diagnostic = error.diagnostics[0];
  EXPECT_EQ(diagnostic.code, code) << diagnostic.message;
  EXPECT_EQ(diagnostic.file, path);
  EXPECT_THAT(diagnostic.where, HasSubstr(where));
  EXPECT_THAT(diagnostic.message, HasSubstr(message));
  EXPECT_FALSE(diagnostic.remedy.empty());
}

class BadFile : public testing::TestWithParam<Bad> {};

TEST_P(BadFile, isRefusedWithOneError) {
  const std::string path = temporaryPath("bad_" + GetParam().name + ".nir");
  {
    Hdf5Writer writer(path);
    GetParam().write(writer);
  }
  expectOneError(path, GetParam().code, GetParam().where, GetParam().message);
}

// The good graph, with the LIF's `field` written by `write` instead.
std::function<void(Hdf5Writer&)> withLif(const std::string& field,
                                         std::function<void(Hdf5Writer&, std::string)> write) {
  return [=](Hdf5Writer& writer) {
    nir::test::writeGood(writer);
    const std::string path = "/node/nodes/lif/" + field;
    H5Ldelete(writer.file(), path.c_str(), H5P_DEFAULT);
    if (write) write(writer, path);
  };
}

std::function<void(Hdf5Writer&)> withEdges(std::vector<std::pair<std::string, std::string>> pairs) {
  return [=](Hdf5Writer& writer) {
    nir::test::writeNodes(writer);
    writer.edges("/node", pairs);
  };
}

const double kNan = std::nan("");
const double kInfinity = std::numeric_limits<double>::infinity();

INSTANTIATE_TEST_SUITE_P(
    Each, BadFile,
    testing::Values(
        Bad{"notNir", [](Hdf5Writer& w) { w.group("/weights"); }, "R0105", "/node", "is no network"},
        Bad{"singleNode", [](Hdf5Writer& w) { w.lif("/node", 2); }, "R0105", "/node/type", "not a graph"},
        Bad{"noEdges", [](Hdf5Writer& w) { nir::test::writeNodes(w); }, "R0105", "/node/edges", "no 'edges'"},
        Bad{"missingDataset", withLif("tau", nullptr), "R0202", "lif", "'tau'"},
        Bad{"missingType", withLif("type", nullptr), "R0105", "/node/nodes/lif/type", "no 'type'"},
        Bad{"wrongShape", withLif("r", [](auto& w, auto p) { w.numbers(p, {2}, {1, 1}); }), "R0205", "lif", "shape"},
        Bad{"emptyArray", withLif("r", [](auto& w, auto p) { w.numbers(p, {0}, {}); }), "R0205", "lif", "'r'"},
        Bad{"wrongRank",
            [](Hdf5Writer& w) {
              nir::test::writeGood(w);
              H5Ldelete(w.file(), "/node/nodes/fc/weight", H5P_DEFAULT);
              w.numbers("/node/nodes/fc/weight", {6}, {1, 2, 3, 4, 5, 6});
            },
            "R0205", "fc", "'weight'"},
        Bad{"rankNine",
            withLif("r", [](auto& w, auto p) { w.numbers(p, std::vector<hsize_t>(9, 1), {1}); }), "R0103",
            "/node/nodes/lif/r", "8 dimensions"},
        Bad{"nan", withLif("v_leak", [](auto& w, auto p) { w.numbers(p, {3}, {0, kNan, 0}); }), "R0203", "lif", "nan"},
        Bad{"infinity", withLif("r", [](auto& w, auto p) { w.numbers(p, {}, {-kInfinity}, H5T_IEEE_F64LE); }), "R0203",
            "lif", "inf"},
        Bad{"zeroTau", withLif("tau", [](auto& w, auto p) { w.numbers(p, {3}, {1, 0, 1}); }), "R0204", "lif", "tau"},
        Bad{"negativeTau", withLif("tau", [](auto& w, auto p) { w.numbers(p, {}, {-1}); }), "R0204", "lif", "tau"},
        Bad{"string", withLif("r", [](auto& w, auto p) { w.text(p, "one"); }), "R0108", "/node/nodes/lif/r",
            "the string 'one'"},
        Bad{"fixedString", withLif("r", [](auto& w, auto p) { w.text(p, "1.0", true); }), "R0108",
            "/node/nodes/lif/r", "the string '1.0'"},
        Bad{"groupForNumber", withLif("r", [](auto& w, auto p) { w.group(p); }), "R0108", "/node/nodes/lif/r",
            "a group"},
        Bad{"hugeInteger",
            withLif("r", [](auto& w, auto p) { w.numbers(p, {}, {1e18}, H5T_STD_I64LE); }), "R0103", "/node/nodes/lif/r", "2^53"},
        Bad{"hugeClaim", withLif("r", [](auto& w, auto p) { w.claim(p, 1'000'000'000'000); }), "R0103",
            "/node/nodes/lif/r", "[1000000000000]"},
        Bad{"unknownType", withLif("type", [](auto& w, auto p) { w.text(p, "LIFF"); }), "R0201", "lif", "'LIF'"},
        Bad{"numberForType", withLif("type", [](auto& w, auto p) { w.numbers(p, {}, {1}); }), "R0108",
            "/node/nodes/lif/type", "not one string"},
        Bad{"edgeToNowhere", withEdges({{"in", "fc"}, {"fc", "lif"}, {"lif", "out"}, {"lif", "oud"}}), "R0106",
            "/node/edges", "'oud'"},
        Bad{"twoUnresolved", withEdges({{"in", "fc"}, {"fc", "lif1"}, {"lif2", "out"}}), "R0106", "/node/edges",
            "'lif1', 'lif2'; without an edge: 'lif'"},
        Bad{"edgesAlike", withEdges({{"in", "fc"}, {"fc", "lif"}, {"lif", "out"}, {"fc", "lif"}}), "R0107",
            "/node/edges", "twice"},
        Bad{"edgesNotPairs",
            [](Hdf5Writer& w) {
              nir::test::writeNodes(w);
              w.texts("/node/edges", {3}, {"in", "fc", "out"});
            },
            "R0109", "/node/edges", "[3]"},
        Bad{"edgesAreNumbers",
            [](Hdf5Writer& w) {
              nir::test::writeNodes(w);
              w.numbers("/node/edges", {1, 2}, {0, 1});
            },
            "R0108", "/node/edges", "names"},
        Bad{"edgeIntoInput", withEdges({{"in", "fc"}, {"fc", "lif"}, {"lif", "out"}, {"lif", "in"}}), "R0110",
            "/node/edges", "enters the Input"},
        Bad{"cycleWithoutState",
            [](Hdf5Writer& w) {
              nir::test::writeNodes(w);
              w.linear("/node/nodes/loop", 3, 3);
              w.edges("/node", {{"in", "fc"}, {"fc", "loop"}, {"loop", "loop"}, {"loop", "lif"}, {"lif", "out"}});
            },
            "R0207", "loop", "loop"},
        Bad{"shapeOfZero",
            [](Hdf5Writer& w) {
              nir::test::writeGood(w);
              H5Ldelete(w.file(), "/node/nodes/in/shape", H5P_DEFAULT);
              w.numbers("/node/nodes/in/shape", {1}, {0}, H5T_STD_I64LE);
            },
            "R0109", "/node/nodes/in/shape", "not a shape"},
        Bad{"softLoop",
            [](Hdf5Writer& w) {
              nir::test::writeGood(w);
              H5Lcreate_soft("/node", w.file(), "/node/nodes/again", H5P_DEFAULT, H5P_DEFAULT);
            },
            "R0103", "again", "circle"},
        Bad{"softLinkThroughAnotherFile",
            withLif("r",
                    [](auto& w, auto p) {
                      const std::string other = temporaryPath("other.nir");
                      Hdf5Writer(other).numbers("/r", {3}, {1, 1, 1});
                      H5Lcreate_external(other.c_str(), "/", w.file(), "/away", 0, 0);
                      H5Lcreate_soft("/away/r", w.file(), p.c_str(), 0, 0);
                    }),
            "R0108", "/node/nodes/lif/r", "leads nowhere"},
        Bad{"externalLink",
            withLif("r", [](auto& w, auto p) { H5Lcreate_external("/etc/passwd", "/", w.file(), p.c_str(), 0, 0); }),
            "R0108", "/node/nodes/lif/r", "another file"}),
    [](const auto& info) { return info.param.name; });

void writeBytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

TEST(FileErrors, aDirectory) { expectOneError(testing::TempDir(), "R0101", "", "directory"); }
TEST(FileErrors, noSuchFile) { expectOneError(temporaryPath("none.nir"), "R0101", "", "No such file"); }
TEST(FileErrors, anEmptyFile) {
  writeBytes(temporaryPath("empty.nir"), "");
  expectOneError(temporaryPath("empty.nir"), "R0101", "", "0 bytes");
}
TEST(FileErrors, notHdf5) {
  writeBytes(temporaryPath("text.nir"), "just text, not a network\n");
  expectOneError(temporaryPath("text.nir"), "R0103", "", "not an HDF5 file");
}

// Cut anywhere, a file gives one error and the caller lives.
TEST(FileErrors, truncatedAnywhere) {
  const std::string whole = temporaryPath("whole.nir");
  {
    Hdf5Writer writer(whole);
    nir::test::writeGood(writer);
  }
  ASSERT_TRUE(loadNetwork(whole, {}));
  std::ifstream stream(whole, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  const std::string cut = temporaryPath("cut.nir");
  for (std::size_t length = 1; length < bytes.size(); length += bytes.size() / 40) {
    writeBytes(cut, bytes.substr(0, length));
    const auto network = loadNetwork(cut, {});
    ASSERT_FALSE(network) << length;
    EXPECT_EQ(network.error().diagnostics.size(), 1u);
    EXPECT_THAT(network.error().diagnostics[0].code, testing::AnyOf("R0103", "R0104"));
  }
}

}  // namespace
}  // namespace rheo
