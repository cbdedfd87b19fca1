// What the decoder refuses: one test per code, on images with a true frame and checksum.
#include <gtest/gtest.h>

#include "chip/InputBound.h"
#include "chip/Program.h"
#include "fixed/Arithmetic.h"
#include "support/RandomProgram.h"
#include "support/Rewrite.h"

namespace rheo {
namespace {

std::string codeOf(const Expected<Image>& image) {
  if (!image) return image.error().diagnostics.front().code;
  const Expected<Program> program = decode(*image);
  return program ? "" : program.error().diagnostics.front().code;
}

// An image whose registers are all in the neuron's record, with at least one axon in core 0 and a spiking
// first population.
Image usableImage(const char* profile = nullptr) {
  for (std::uint64_t seed = 0;; ++seed) {
    Image image = test::makeRandomImage(seed, {3, 10, 1});
    const auto program = decode(image);
    const bool wide = image.header().layouts()->Get(0)->bits() > 64;
    const bool fits = !profile || program->profile->name == profile;
    if (wide && fits && program->cores[0].axons.size() > 2 && program->populations[0].model->spiking &&
        program->populations.size() > 1)
      return image;
  }
}

std::string afterPoke(const Image& image, const std::string& record, const std::string& field,
                      std::int64_t value, std::uint64_t index = 0) {
  return codeOf(
      test::rewrite(image, nullptr, [&](const std::string& owner, const std::string& name, auto& words) {
        if (owner == "core 0" && name == record) test::poke(image, words, record, index, field, value);
      }));
}

TEST(Decode, unchanged_images_are_accepted) { EXPECT_EQ(codeOf(test::rewrite(usableImage(), nullptr)), ""); }

TEST(Decode, r0505_layouts) {
  const Image image = usableImage();
  using Layouts = std::vector<std::unique_ptr<image::LayoutT>>;
  auto edit = [&](const std::function<void(Layouts&)>& change) {
    return codeOf(test::rewrite(image, [&](image::HeaderT& header) { change(header.layouts); }));
  };
  EXPECT_EQ(edit([](Layouts& layouts) { layouts[0]->fields[0]->width = 0; }), "R0505");
  EXPECT_EQ(edit([](Layouts& layouts) { layouts[0]->fields[0]->width = 65; }), "R0505");
  EXPECT_EQ(edit([](Layouts& layouts) { layouts[0]->fields[0]->offset = 60; }), "R0505");
  EXPECT_EQ(edit([](Layouts& layouts) { layouts[0]->bits = 0; }), "R0505");
  EXPECT_EQ(edit([](Layouts& layouts) { layouts[0]->bits = 100; }), "R0505");
  EXPECT_EQ(edit([](Layouts& layouts) { layouts[1]->record = "neuron"; }), "R0505");
  EXPECT_EQ(edit([](Layouts& layouts) { layouts[0]->fields[1]->name = layouts[0]->fields[0]->name; }),
            "R0505");
}

TEST(Decode, r0506_memories) {
  const Image image = usableImage();
  auto edit = [&](const std::function<void(image::MemoryT&)>& change) {
    return codeOf(
        test::rewrite(image, [&](image::HeaderT& header) { change(*header.cores[0]->memories[2]); }));
  };
  EXPECT_EQ(edit([](image::MemoryT& memory) { memory.offset += 8; }), "R0506");
  EXPECT_EQ(edit([](image::MemoryT& memory) { memory.offset = ~std::uint64_t{63}; }), "R0506");
  EXPECT_EQ(edit([](image::MemoryT& memory) { memory.words = ~std::uint64_t{0}; }), "R0506");
  EXPECT_EQ(edit([](image::MemoryT& memory) { memory.words = std::uint64_t{1} << 61; }), "R0506");
  EXPECT_EQ(edit([](image::MemoryT& memory) { memory.records += 1000000; }), "R0506");
  EXPECT_EQ(edit([](image::MemoryT& memory) { memory.records = ~std::uint64_t{0}; }), "R0506");
  EXPECT_EQ(edit([](image::MemoryT& memory) { memory.offset = 0; }), "R0506");  // overlaps the neurons
  EXPECT_EQ(edit([](image::MemoryT& memory) { memory.name = "neuron"; }), "R0506");
}

TEST(Decode, r0507_unknown_profile_and_model) {
  const Image image = usableImage();
  EXPECT_EQ(codeOf(test::rewrite(image, [](image::HeaderT& header) { header.profile = "loihi9"; })), "R0507");
  EXPECT_EQ(codeOf(test::rewrite(
                image, [](image::HeaderT& header) { header.populations[0]->model = "izhikevich"; })),
            "R0507");
}

TEST(Decode, r0508_every_neuron_is_held_exactly_once) {
  const Image image = usableImage();
  auto edit = [&](const test::EditHeader& change) { return codeOf(test::rewrite(image, change)); };
  EXPECT_EQ(edit([](image::HeaderT& header) { header.cores[0]->slices.pop_back(); }), "R0508");
  EXPECT_EQ(edit([](image::HeaderT& header) { header.cores[0]->slices[0]->count += 1; }), "R0508");
  EXPECT_EQ(edit([](image::HeaderT& header) { header.cores[0]->slices[0]->first_neuron += 1; }), "R0508");
  EXPECT_EQ(edit([](image::HeaderT& header) { header.cores[0]->slices[0]->population = 99; }), "R0508");
  EXPECT_EQ(edit([](image::HeaderT& header) { header.populations[0]->size += 1; }), "R0508");
  EXPECT_EQ(edit([](image::HeaderT& header) { header.outputs[0]->parts[0]->population = 99; }), "R0508");
  EXPECT_EQ(edit([](image::HeaderT& header) { header.outputs[0]->parts[0]->state = "w"; }), "R0508");
  EXPECT_EQ(edit([](image::HeaderT& header) { header.inputs[0]->size += 1; }), "R0508");
}

TEST(Decode, r0508_lists_routes_and_indices_stay_inside) {
  const Image image = usableImage();
  EXPECT_EQ(afterPoke(image, "axon", "list", (1 << 24) - 1), "R0508");
  EXPECT_EQ(afterPoke(image, "axon", "count", (1 << 16) - 1), "R0508");
  EXPECT_EQ(afterPoke(image, "axon", "format", 1023), "R0508");
  EXPECT_EQ(afterPoke(image, "neuron", "route_first", (1 << 20) - 1), "R0508");
  EXPECT_EQ(afterPoke(image, "neuron", "model", 15), "R0508");
  EXPECT_EQ(afterPoke(image, "route", "core", 200), "R0508");
  EXPECT_EQ(afterPoke(image, "route", "axon", 1 << 19), "R0508");
  EXPECT_EQ(codeOf(test::rewrite(image, nullptr,
                                 [](const std::string&, const std::string& name, auto& words) {
                                   if (name == "route_index") words[1] = ~std::uint64_t{0};
                                 })),
            "R0508");
}

TEST(Decode, r0509_registers_in_their_ranges) {
  const Image image = usableImage();
  EXPECT_EQ(afterPoke(image, "format", "weight_bits", 9), "R0509");
  EXPECT_EQ(afterPoke(image, "format", "weight_bits", 0), "R0509");
  EXPECT_EQ(afterPoke(image, "format", "sign_mode", 3), "R0509");
  EXPECT_EQ(afterPoke(image, "format", "delay_bits", 7), "R0509");
  EXPECT_EQ(afterPoke(image, "format", "group", 1000), "R0509");
  EXPECT_EQ(afterPoke(image, "neuron", "reset_mode", 3), "R0509");
}

TEST(Decode, r0511_delay_of_axon_and_synapse) {
  EXPECT_EQ(afterPoke(usableImage(), "axon", "delay", 63), "R0511");
}

TEST(Decode, i4_registers_become_parameters) {
  const Image image = usableImage();
  auto parameter = [&](const char* field, std::int64_t value, const char* name) {
    const auto changed =
        test::rewrite(image, nullptr, [&](const std::string& owner, const std::string& memory, auto& words) {
          if (owner != "core 0" || memory != "neuron") return;
          test::poke(image, words, "neuron", 0, "bias_exponent", -1);
          test::poke(image, words, "neuron", 0, "vth", 77);
          test::poke(image, words, "neuron", 0, field, value);
        });
    const auto program = decode(*changed);
    const auto parameters =
        program->populations[static_cast<std::size_t>(program->cores[0].slices[0].population)]
            .model->fixedParameters;
    for (std::size_t p = 0; p < parameters.size(); ++p)
      if (parameters[p].name == name) return program->cores[0].parameters[p][0];
    return std::int32_t{-999};
  };
  EXPECT_EQ(parameter("vth", 100, "threshold"), 6400);      // SPEC N9
  EXPECT_EQ(parameter("bias_mantissa", -3, "bias"), -2);    // SPEC N8
  EXPECT_EQ(parameter("reset_mode", 2, "reset_keep"), -1);  // SPEC E1
  EXPECT_EQ(parameter("reset_mode", 2, "reset_amount"), 77 * 64);
  EXPECT_EQ(parameter("reset_mode", 0, "reset_amount"), 0);  // SPEC N10
}

TEST(Decode, w8_bound_counts_every_source_and_payload) {
  const auto program = test::makeRandomProgram(3);
  Program changed = *program;
  Core& core = changed.cores[0];
  const std::int32_t group = 0;
  if (core.groups.empty()) core.groups.push_back({0, ""});
  core.groups[0].exponent = 0;
  core.axons = {{group, 0, 1}};
  core.synapses = {{0, -256, 0}};
  for (Core& other : changed.cores) {
    other.routes.clear();
    std::fill(other.routeStart.begin(), other.routeStart.end(), 0);
  }
  InputInfo& input = changed.inputs[0];
  changed.inputs.resize(1);
  input.maxPayload = 1024;
  input.routes = {{0, 0}};
  EXPECT_EQ(largestInputs(changed)[0][0], fixed::kInputBound);
  EXPECT_TRUE(checkInputBound(changed));
  input.routes.push_back({0, 0});
  const Status status = checkInputBound(changed);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().diagnostics.front().code, "R0510");
}

}  // namespace
}  // namespace rheo
