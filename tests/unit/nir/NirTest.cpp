// What good files become, and the one repair.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>

#include "Hdf5Writer.h"
#include "hdf5/Hdf5Process.h"
#include "load/Load.h"
#include "network/ConvolutionNodes.h"

namespace rheo {
namespace {

using nir::test::Hdf5Writer;
using nir::test::temporaryPath;

std::string explain(const Expected<Network>& network) {
  return network ? "" : network.error().diagnostics[0].code + ": " + network.error().diagnostics[0].message;
}

std::vector<std::pair<std::string, std::string>> edgeNames(const Network& network) {
  std::vector<std::pair<std::string, std::string>> names;
  for (const Edge& edge : network.edges) {
    names.emplace_back(network.nodes[static_cast<std::size_t>(edge.source)].name,
                       network.nodes[static_cast<std::size_t>(edge.target)].name);
  }
  return names;
}

TEST(Nir, readsAnOldFileWithEdgesInAnyOrder) {
  const std::string path = temporaryPath("good.nir");
  {
    Hdf5Writer writer(path);
    nir::test::writeGood(writer);
    writer.group("/node/metadata/anything");
  }
  const auto network = loadNetwork(path, {});
  ASSERT_TRUE(network) << explain(network);
  EXPECT_EQ(network->name, "good");
  EXPECT_THAT(edgeNames(*network),
              testing::UnorderedElementsAre(testing::Pair("in", "fc"), testing::Pair("fc", "lif"),
                                            testing::Pair("lif", "out")));
  const Node& lif = network->nodes[static_cast<std::size_t>(network->find("lif"))];
  EXPECT_EQ(lif.origin, "/node/nodes/lif");
  EXPECT_EQ(lif.parameters.at("v_reset").values, (std::vector<double>{0, 0, 0}));
  EXPECT_EQ(lif.parameters.at("tau").dtype, DType::Float32);
}

TEST(Nir, acceptsEveryNumberTypeScalarsAndLeadingOnes) {
  const std::string path = temporaryPath("types.nir");
  {
    Hdf5Writer writer(path);
    writer.text("/version", "1.0.8", true);
    writer.text("/node/type", "NIRGraph", true);
    writer.port("/node/nodes/in", "Input", 2);
    writer.text("/node/nodes/fc/type", "Affine");
    writer.numbers("/node/nodes/fc/weight", {1, 3, 2}, {1, 2, 3, 4, 5, 6}, H5T_STD_I64LE);
    const hid_t boolean = H5Tenum_create(H5T_NATIVE_INT8);
    std::int8_t value = 0;
    H5Tenum_insert(boolean, "FALSE", &value);
    const hid_t set = H5Dcreate2(writer.file(), "/node/nodes/fc/bias", boolean, H5Screate(H5S_SCALAR),
                                 H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(set, boolean, H5S_ALL, H5S_ALL, H5P_DEFAULT, &value);
    H5Dclose(set);
    const hid_t half = H5Tcopy(H5T_IEEE_F32LE);
    H5Tset_fields(half, 15, 10, 5, 0, 10);
    H5Tset_size(half, 2);
    H5Tset_ebias(half, 15);
    writer.text("/node/nodes/lif/type", "CubaLIF");
    writer.numbers("/node/nodes/lif/tau_mem", {1, 3}, {0.5, 0.25, 0.125}, half);
    writer.numbers("/node/nodes/lif/tau_syn", {}, {0.01}, H5T_IEEE_F64LE);
    writer.numbers("/node/nodes/lif/r", {}, {2}, H5T_STD_I32BE);
    writer.numbers("/node/nodes/lif/v_leak", {1}, {0});
    writer.numbers("/node/nodes/lif/v_threshold", {3}, {1, 2, 3}, H5T_IEEE_F64BE, true);
    writer.port("/node/nodes/out", "Output", 3);
    writer.edges("/node", {{"in", "fc"}, {"fc", "lif"}, {"lif", "out"}});
  }
  const auto network = loadNetwork(path, {});
  ASSERT_TRUE(network) << explain(network);
  const auto& fc = network->nodes[static_cast<std::size_t>(network->find("fc"))].parameters;
  EXPECT_EQ(fc.at("weight").shape, (std::vector<std::int64_t>{3, 2}));
  EXPECT_EQ(fc.at("weight").dtype, DType::Int64);
  EXPECT_EQ(fc.at("bias").values, (std::vector<double>{0, 0, 0}));
  const auto& lif = network->nodes[static_cast<std::size_t>(network->find("lif"))].parameters;
  EXPECT_EQ(lif.at("tau_mem").values, (std::vector<double>{0.5, 0.25, 0.125}));
  EXPECT_EQ(lif.at("tau_mem").dtype, DType::Float16);
  EXPECT_EQ(lif.at("tau_syn").values, (std::vector<double>{0.01, 0.01, 0.01}));
  EXPECT_EQ(lif.at("w_in").values, (std::vector<double>{1, 1, 1}));
  EXPECT_EQ(lif.at("v_threshold").values, (std::vector<double>{1, 2, 3}));
}

// A graph of three inputs and three outputs, without its other nodes and its edges.
void beginGraph(Hdf5Writer& writer, const std::string& graph, const std::string& input,
                const std::string& output) {
  writer.text(graph + "/type", "NIRGraph");
  writer.port(graph + "/nodes/" + input, "Input", 3);
  writer.port(graph + "/nodes/" + output, "Output", 3);
}

TEST(Nir, f12_nestedGraphsFlattenToDottedNames) {
  const std::string path = temporaryPath("nested.nir");
  {
    Hdf5Writer writer(path);
    beginGraph(writer, "/node", "in", "out");
    writer.edges("/node", {{"block", "out"}, {"in", "block"}});
    const std::string outer = "/node/nodes/block";
    beginGraph(writer, outer, "input", "output");
    writer.linear(outer + "/nodes/w_rec", 3, 3);
    writer.edges(outer, {{"input", "core"}, {"core", "output"}, {"core.lif", "w_rec"}, {"w_rec", "core"}});
    const std::string inner = outer + "/nodes/core";
    beginGraph(writer, inner, "input", "output");
    writer.lif(inner + "/nodes/lif", 3);
    writer.edges(inner, {{"input", "lif"}, {"lif", "output"}});
  }
  const auto network = loadNetwork(path, {});
  ASSERT_TRUE(network) << explain(network);
  EXPECT_THAT(edgeNames(*network),
              testing::UnorderedElementsAre(testing::Pair("in", "block.core.lif"),
                                            testing::Pair("block.core.lif", "out"),
                                            testing::Pair("block.core.lif", "block.w_rec"),
                                            testing::Pair("block.w_rec", "block.core.lif")));
}

// Names of graphs may hold dots, and what an edge names inside a graph may be a graph again.
TEST(Nir, f12_edgesNameWhatLiesInsideGraphs) {
  const std::string path = temporaryPath("inside.nir");
  {
    Hdf5Writer writer(path);
    beginGraph(writer, "/node", "in", "out");
    writer.edges("/node", {{"in", "block.1.core"}, {"block.1.core.lif", "out"}, {"in", "block.1.x.lif"}});
    const std::string outer = "/node/nodes/block.1";
    writer.text(outer + "/type", "NIRGraph");
    writer.lif(outer + "/nodes/x.lif", 3);
    writer.edges(outer, {});
    const std::string inner = outer + "/nodes/core";
    writer.text(inner + "/type", "NIRGraph");
    writer.port(inner + "/nodes/input", "Input", 3);
    writer.lif(inner + "/nodes/lif", 3);
    writer.edges(inner, {{"input", "lif"}});
  }
  const auto network = loadNetwork(path, {});
  ASSERT_TRUE(network) << explain(network);
  EXPECT_THAT(edgeNames(*network), testing::UnorderedElementsAre(testing::Pair("in", "block.1.core.lif"),
                                                                 testing::Pair("block.1.core.lif", "out"),
                                                                 testing::Pair("in", "block.1.x.lif")));
}

TEST(Nir, bindsOneUnresolvedNameToOneOrphan) {
  const std::string path = temporaryPath("repair.nir");
  {
    Hdf5Writer writer(path);
    nir::test::writeNodes(writer);
    writer.edges("/node", {{"in", "fc"}, {"fc", "neurons"}, {"neurons", "out"}});
  }
  const auto network = loadNetwork(path, {});
  ASSERT_TRUE(network) << explain(network);
  EXPECT_THAT(edgeNames(*network), testing::Contains(testing::Pair("fc", "lif")));
  const auto repair =
      std::find_if(network->assumptions.begin(), network->assumptions.end(),
                   [](const Assumption& a) { return a.what.find("'neurons'") != std::string::npos; });
  ASSERT_NE(repair, network->assumptions.end());
  EXPECT_TRUE(repair->warning);
  EXPECT_THAT(repair->value, testing::HasSubstr("'lif'"));
}

TEST(Hdf5Reader, missingProgramIsNamed) {
  const std::string kept = std::getenv("RHEOBASE_HDF5_READER");
  const std::string path = temporaryPath("reader.nir");
  {
    Hdf5Writer writer(path);
    nir::test::writeGood(writer);
  }
  setenv("RHEOBASE_HDF5_READER", "/nowhere/reader", 1);
  const auto missing = hdf5::readHdf5(path);
  setenv("RHEOBASE_HDF5_READER", "/bin/false", 1);
  const auto failing = hdf5::readHdf5(path);
  setenv("RHEOBASE_HDF5_READER", "/bin/echo", 1);
  const auto nonsense = hdf5::readHdf5(path);
  setenv("RHEOBASE_HDF5_READER", kept.c_str(), 1);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().diagnostics[0].code, "R0102");
  ASSERT_FALSE(failing);
  EXPECT_EQ(failing.error().diagnostics[0].code, "R0104");
  ASSERT_FALSE(nonsense);
  EXPECT_EQ(nonsense.error().diagnostics[0].code, "R0104");
}

TEST(Hdf5Reader, hangingAndCrashingProgramsAreReported) {
  const std::string kept = std::getenv("RHEOBASE_HDF5_READER");
  const std::string path = temporaryPath("hang.nir");
  {
    Hdf5Writer writer(path);
    nir::test::writeGood(writer);
  }
  const std::string script = temporaryPath("script");
  const auto run = [&](const std::string& body) {
    std::FILE* file = std::fopen(script.c_str(), "w");
    std::fputs(("#!/bin/sh\n" + body).c_str(), file);
    std::fclose(file);
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    setenv("RHEOBASE_HDF5_READER", script.c_str(), 1);
    hdf5::ProcessLimits limits;
    limits.wallSeconds = 1;
    const auto tree = hdf5::readHdf5(path, {}, limits);
    return tree ? "" : tree.error().diagnostics[0].message;
  };
  EXPECT_THAT(run("exec sleep 100\n"), testing::HasSubstr("did not finish within 1 s"));
  EXPECT_THAT(run("kill -SEGV $$\n"), testing::HasSubstr("crashed"));
  setenv("RHEOBASE_HDF5_READER", kept.c_str(), 1);
}

// Files from elsewhere, where they are present.
class PublicFiles : public testing::Test {
 protected:
  void SetUp() override {
    const char* named = std::getenv("RHEOBASE_DATA");
    folder_ = named != nullptr ? named : RHEO_SOURCE_DIR "/../shared/data";
    folder_ /= "nir";
    if (!std::filesystem::exists(folder_)) GTEST_SKIP() << "no outside data; set RHEOBASE_DATA to its folder";
  }
  Expected<Network> load(const std::string& name) { return loadNetwork((folder_ / name).string(), {}); }
  std::filesystem::path folder_;
};

TEST_F(PublicFiles, lifNorseParses) {
  const auto network = load("lif_norse.nir");
  ASSERT_TRUE(network) << explain(network);
  EXPECT_EQ(network->nodes.size(), 4u);
  EXPECT_EQ(network->nodes[static_cast<std::size_t>(network->find("1"))].parameters.at("tau").values[0],
            static_cast<double>(0.0025f));
}

TEST_F(PublicFiles, damagedBrailleTwinIsTheSameNetwork) {
  const auto flat = load("braille_noDelay_bias_zero.nir");
  const auto nested = load("braille_noDelay_bias_zero_subgraph.nir");
  ASSERT_TRUE(flat) << explain(flat);
  ASSERT_TRUE(nested) << explain(nested);
  const auto warnings = [](const Network& network) {
    return std::count_if(network.assumptions.begin(), network.assumptions.end(), [](const Assumption& a) {
      return a.warning && a.what.find("'lif'") != std::string::npos;
    });
  };
  EXPECT_EQ(warnings(*flat), 0);
  EXPECT_EQ(warnings(*nested), 1);
  // The twin calls two nodes by other names; everything else is equal.
  const auto renamed = [](std::string name) {
    if (name == "lif1.lif1") return std::string("lif1.lif");
    return name == "lif1.lin" ? std::string("lif1.w_rec") : name;
  };
  auto edges = edgeNames(*nested);
  for (auto& [source, target] : edges) {
    source = renamed(source);
    target = renamed(target);
  }
  EXPECT_THAT(edges, testing::UnorderedElementsAreArray(edgeNames(*flat)));
  ASSERT_EQ(nested->nodes.size(), flat->nodes.size());
  for (const Node& node : nested->nodes) {
    const int twin = flat->find(renamed(node.name));
    ASSERT_GE(twin, 0) << node.name;
    const Node& other = flat->nodes[static_cast<std::size_t>(twin)];
    EXPECT_EQ(node.kind, other.kind);
    ASSERT_EQ(node.parameters.size(), other.parameters.size());
    for (const auto& [name, tensor] : node.parameters) {
      EXPECT_EQ(tensor.values, other.parameters.at(name).values) << node.name << "." << name;
    }
  }
}

TEST_F(PublicFiles, f15_f16_theConvolutionalNetwork) {
  const auto network = load("cnn_sinabs.nir");
  ASSERT_TRUE(network) << explain(network);
  std::vector<std::vector<std::int64_t>> shapes;
  for (const Node& node : network->nodes)
    if (hasWindow(node.kind) || node.kind == "Flatten") shapes.push_back(node.outputShape);
  EXPECT_THAT(shapes, testing::UnorderedElementsAre(
                          testing::ElementsAre(16, 16, 16), testing::ElementsAre(16, 16, 16),
                          testing::ElementsAre(16, 8, 8), testing::ElementsAre(8, 8, 8),
                          testing::ElementsAre(8, 4, 4), testing::ElementsAre(128)));
}

// in [2, 5, 5] -> a Conv2d of `padding` -> an IF without shapes -> out
Expected<Network> withPadding(const std::string& name,
                              const std::function<void(Hdf5Writer&, std::string)>& padding,
                              std::vector<hsize_t> kernel = {3, 2, 3, 1}) {
  const std::string path = temporaryPath(name + ".nir");
  {
    Hdf5Writer writer(path);
    writer.text("/version", "1.0.8");
    writer.text("/node/type", "NIRGraph");
    writer.text("/node/nodes/in/type", "Input");
    writer.numbers("/node/nodes/in/shape", {3}, {2, 5, 5}, H5T_STD_I64LE);
    writer.text("/node/nodes/conv/type", "Conv2d");
    std::size_t size = 1;
    for (const hsize_t extent : kernel) size *= extent;
    writer.numbers("/node/nodes/conv/weight", kernel, std::vector<double>(size, 1));
    writer.numbers("/node/nodes/conv/bias", {}, {0});
    writer.numbers("/node/nodes/conv/input_shape", {2}, {5, 5}, H5T_STD_I64LE);
    writer.numbers("/node/nodes/conv/stride", {2}, {1, 1}, H5T_STD_I64LE);
    writer.numbers("/node/nodes/conv/dilation", {}, {2}, H5T_STD_I64LE);
    writer.numbers("/node/nodes/conv/groups", {}, {1}, H5T_STD_I64LE);
    padding(writer, "/node/nodes/conv/padding");
    writer.text("/node/nodes/if/type", "IF");
    writer.numbers("/node/nodes/if/r", {}, {1});
    writer.numbers("/node/nodes/if/v_threshold", {}, {1});
    writer.text("/node/nodes/out/type", "Output");
    writer.numbers("/node/nodes/out/shape", {3}, {3, 5, 5}, H5T_STD_I64LE);
    writer.edges("/node", {{"in", "conv"}, {"conv", "if"}, {"if", "out"}});
  }
  return loadNetwork(path, {});
}

TEST(Nir, f15_theWordsForPadding) {
  const auto same = withPadding("same", [](auto& w, auto p) { w.text(p, "same"); });
  ASSERT_TRUE(same) << explain(same);
  const Node& node = same->nodes[static_cast<std::size_t>(same->find("conv"))];
  EXPECT_EQ(node.parameters.at("padding").values, (std::vector<double>{2, 0}));
  EXPECT_EQ(node.outputShape, (std::vector<std::int64_t>{3, 5, 5}));
  EXPECT_EQ(node.parameters.at("bias").values, (std::vector<double>{0, 0, 0}));
  const auto valid = withPadding("valid", [](auto& w, auto p) { w.text(p, "valid"); }, {3, 2, 1, 1});
  ASSERT_TRUE(valid) << explain(valid);
  const auto bad = [](const char* name, const char* word, std::int64_t stride) {
    const auto network = withPadding(name, [&](auto& w, auto p) {
      w.text(p, word);
      H5Ldelete(w.file(), "/node/nodes/conv/stride", H5P_DEFAULT);
      w.numbers("/node/nodes/conv/stride", {}, {static_cast<double>(stride)}, H5T_STD_I64LE);
    });
    if (network) return std::string("accepted");
    const Diagnostic& found = network.error().diagnostics[0];
    EXPECT_EQ(found.where, "/node/nodes/conv/padding");
    return found.code + ": " + found.message;
  };
  EXPECT_THAT(bad("strided", "same", 2),
              testing::HasSubstr("R0108: the padding of node 'conv' is 'same', but"));
  EXPECT_THAT(bad("word", "sane", 1), testing::HasSubstr("R0108: the padding of node 'conv' is 'sane'"));
  EXPECT_THAT(bad("empty", "", 1), testing::HasSubstr("R0108: the padding of node 'conv' is ''"));
}

TEST(Examples, trainedExamplesParse) {
  for (const char* name : {"/examples/fashion_mnist/fashion_mnist.nir", "/examples/reaching/reaching.nir"}) {
    const auto network = loadNetwork(std::string(RHEO_SOURCE_DIR) + name, {});
    EXPECT_TRUE(network) << explain(network);
  }
}

}  // namespace
}  // namespace rheo
