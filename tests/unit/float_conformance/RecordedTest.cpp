// Networks read from NIR files, run by the float reference, against recordings of other simulators.
#include <gmock/gmock.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "load/Load.h"
#include "sim/FloatReference.h"

namespace rheo {
namespace {

using testing::ElementsAre;
namespace fs = std::filesystem;

fs::path dataFolder() {
  const char* given = std::getenv("RHEOBASE_DATA");
  return given ? fs::path(given) : fs::path(RHEO_SOURCE_DIR) / "../shared/data";
}

// The reader program lies in the build folder, not beside the test.
const bool kReaderKnown = setenv("RHEOBASE_HDF5_READER", RHEO_HDF5_READER, 0) == 0;

// The values of a version 1 .npy file of little-endian items.
template <class Item>
std::vector<Item> readNpy(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  const std::string bytes = content.str();
  if (bytes.size() < 10) return {};
  const std::size_t start = 10 + static_cast<unsigned char>(bytes[8]) +
                            256 * static_cast<std::size_t>(static_cast<unsigned char>(bytes[9]));
  std::vector<Item> items((bytes.size() - start) / sizeof(Item));
  std::memcpy(items.data(), bytes.data() + start, items.size() * sizeof(Item));
  return items;
}

struct Csv {
  std::vector<float> input, potential, spikes;
};
Csv readCsv(const fs::path& path) {
  Csv csv;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    double a = 0, b = 0, c = 0;
    if (std::sscanf(line.c_str(), "%lf,%lf,%lf", &a, &b, &c) != 3) break;
    csv.input.push_back(static_cast<float>(a));
    csv.potential.push_back(static_cast<float>(b));
    csv.spikes.push_back(static_cast<float>(c));
  }
  return csv;
}

Expected<BasicRecording<float>> runFile(const fs::path& file, std::vector<float> x, std::int64_t steps,
                                        std::vector<std::string> probes,
                                        std::vector<Assumption>* assumptions = nullptr) {
  EXPECT_TRUE(kReaderKnown);
  auto network = loadNetwork(file.string(), {});
  if (!network) return network.error();
  if (assumptions) *assumptions = network->assumptions;
  std::vector<Trace<float>> inputs(1);
  inputs[0].batch = 1;
  inputs[0].steps = steps;
  inputs[0].width = static_cast<std::int64_t>(x.size()) / steps;
  inputs[0].values.assign(x.begin(), x.end());
  RunOptions options;
  options.probes = std::move(probes);
  return runFloat<float>(*network, floatInput(inputs), options);
}

TEST(Recorded, f2_lifOfNorseBitForBit) {
  const fs::path folder = dataFolder() / "nir";
  if (!fs::exists(folder / "lif_norse.nir")) GTEST_SKIP() << "no data under " << folder;
  const Csv csv = readCsv(folder / "lif_traces/lif_norse.csv");
  ASSERT_EQ(csv.input.size(), 1000u);
  const auto recording = runFile(folder / "lif_norse.nir", csv.input, 1000, {"1.v"});
  ASSERT_TRUE(recording) << recording.error().diagnostics[0].message;
  EXPECT_EQ(recording->states.at("1.v").values, csv.potential);
  EXPECT_EQ(recording->spikes.at("1").values, csv.spikes);
}

// 9,728 hidden cells that snnTorch recorded, none of them wrong; the nested copy of the file runs alike.
TEST(Recorded, f5_brailleOfSnnTorchCellByCell) {
  const fs::path folder = dataFolder() / "nir";
  if (!fs::exists(folder / "braille/sample0_input.npy")) GTEST_SKIP() << "no data under " << folder;
  const auto input = readNpy<std::uint8_t>(folder / "braille/sample0_input.npy");
  const auto expected = readNpy<float>(folder / "braille/snntorch_activity_noDelay_bias_zero.npy");
  ASSERT_EQ(input.size(), 256u * 12);
  ASSERT_EQ(expected.size(), 256u * 38);
  for (const char* name : {"braille_noDelay_bias_zero.nir", "braille_noDelay_bias_zero_subgraph.nir"}) {
    const auto recording = runFile(folder / name, std::vector<float>(input.begin(), input.end()), 256, {});
    ASSERT_TRUE(recording) << name << ": " << recording.error().diagnostics[0].message;
    int hidden = 0;
    for (const auto& [node, trace] : recording->spikes) {
      if (trace.width != 38) continue;
      ++hidden;
      EXPECT_EQ(trace.values, expected) << name << " " << node;
    }
    EXPECT_EQ(hidden, 1) << name;
    const Trace<float>& output = recording->outputs.begin()->second;
    std::vector<int> counts(7);
    for (std::size_t i = 0; i < output.values.size(); ++i)
      counts[i % 7] += static_cast<int>(output.values[i]);
    EXPECT_THAT(counts, ElementsAre(10, 160, 112, 113, 103, 68, 121)) << name;
  }
}

// A neuron that v_leak alone drives over its threshold.
TEST(Recorded, f2_selfSpikingNeuronOfTwoLifNeurons) {
  const fs::path file = dataFolder() / "nir/two_lif_neurons.nir";
  if (!fs::exists(file)) GTEST_SKIP() << "no data under " << dataFolder();
  std::vector<Assumption> assumptions;
  const auto recording = runFile(file, std::vector<float>(1000), 1000, {}, &assumptions);
  ASSERT_TRUE(recording) << recording.error().diagnostics[0].message;
  double spikes = 0;
  for (const float spike : recording->spikes.at("lif1").values) spikes += spike;
  EXPECT_EQ(spikes, 5);  // every tau ln(v_leak / (v_leak - threshold)) = 17.9 ms of 100 ms
  bool stated = false;
  for (const Assumption& a : assumptions) stated |= a.what == "spikes" && a.value == "unit";
  EXPECT_TRUE(stated);
}

TEST(Recorded, f1_examplesTellTheirTimeStep) {
  EXPECT_TRUE(kReaderKnown);
  const auto reaching = loadNetwork(RHEO_SOURCE_DIR "/examples/reaching/reaching.nir", {});
  ASSERT_TRUE(reaching) << reaching.error().diagnostics[0].message;
  EXPECT_EQ(reaching->conventions.dt, 1e-3);
  const auto fashion = loadNetwork(RHEO_SOURCE_DIR "/examples/fashion_mnist/fashion_mnist.nir", {});
  ASSERT_TRUE(fashion) << fashion.error().diagnostics[0].message;
  EXPECT_EQ(fashion->conventions.dt, 1e-4);
}

}  // namespace
}  // namespace rheo
