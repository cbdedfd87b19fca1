// What the decoder refuses: one test per code, on images with a true frame and checksum.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <tuple>

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

// An image whose registers are all in the neuron's record, with at least one axon in core 0 and cuba_lif as
// first population; no constants (SPEC I9).
Image usableImage(const char* profile = nullptr) {
  for (std::uint64_t seed = 0;; ++seed) {
    Image image = test::makeRandomImage(seed, {3, 10, 1});
    const auto program = decode(image);
    const bool wide = image.header().layouts()->Get(0)->bits() > 64;
    const bool fits = !profile || program->profile->name == profile;
    const auto& populations = program->populations;
    const bool registers = std::none_of(populations.begin(), populations.end(),
                                        [](const PopulationInfo& p) { return p.model->microcode; });
    if (wide && fits && registers && program->cores[0].axons.size() > 2 &&
        program->populations[0].model->name == "cuba_lif" && program->populations.size() > 1)
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

TEST(Decode, r0505_names_and_notes_can_be_shown) {
  const Image image = usableImage();
  auto edit = [&](const test::EditHeader& change) { return codeOf(test::rewrite(image, change)); };
  for (const char* name : {"\xff", "a\nb", "\x1b[2J"}) {
    EXPECT_EQ(edit([&](image::HeaderT& header) { header.network = name; }), "R0505");
    EXPECT_EQ(edit([&](image::HeaderT& header) { header.populations[0]->name = name; }), "R0505");
    EXPECT_EQ(edit([&](image::HeaderT& header) { header.populations[0]->model = name; }), "R0505");
    EXPECT_EQ(edit([&](image::HeaderT& header) { header.inputs[0]->name = name; }), "R0505");
    EXPECT_EQ(edit([&](image::HeaderT& header) { header.outputs[0]->parts[0]->state = name; }), "R0505");
    EXPECT_EQ(edit([&](image::HeaderT& header) { header.layouts[0]->fields[0]->name = name; }), "R0505");
    EXPECT_EQ(edit([&](image::HeaderT& header) { header.cores[0]->memories[0]->name = name; }), "R0505");
  }
  EXPECT_EQ(edit([](image::HeaderT& header) { header.quantization = "{\n\t}"; }), "");
  EXPECT_EQ(edit([](image::HeaderT& header) { header.network = "r\xc3\xa9seau"; }), "");
}

TEST(Decode, r0505_fields_of_a_record_are_few) {
  const Image image = usableImage();
  auto withFields = [&](int count) {
    return codeOf(test::rewrite(image, [&](image::HeaderT& header) {
      auto& fields = header.layouts[0]->fields;
      for (int i = static_cast<int>(fields.size()); i < count; ++i) {
        fields.push_back(std::make_unique<image::FieldT>(*fields[0]));
        fields.back()->name = "more" + std::to_string(i);
      }
    }));
  };
  EXPECT_EQ(withFields(64), "");
  EXPECT_EQ(withFields(65), "R0505");
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

TEST(Decode, r0508_e5_every_clone_has_an_original) {
  const Image image = usableImage();
  const auto edit = [&](const std::function<void(image::PopulationT&)>& change) {
    return codeOf(test::rewrite(image, [&](image::HeaderT& header) {
      image::PopulationT& clone = *header.populations[1];
      clone.clone_of = header.populations[0]->name;
      clone.originals.assign(clone.size, 0);
      change(clone);
    }));
  };
  EXPECT_EQ(edit([](image::PopulationT&) {}), "");
  EXPECT_EQ(edit([](image::PopulationT& clone) { clone.clone_of = "none"; }), "R0508");
  EXPECT_EQ(edit([](image::PopulationT& clone) { clone.originals.pop_back(); }), "R0508");
  EXPECT_EQ(edit([](image::PopulationT& clone) { clone.originals.clear(); }), "R0508");
  EXPECT_EQ(edit([](image::PopulationT& clone) { clone.originals[0] = 1u << 30; }), "R0508");
}

TEST(Decode, r0508_lists_routes_and_indices_stay_inside) {
  const Image image = usableImage();
  EXPECT_EQ(afterPoke(image, "axon", "list", (1 << 24) - 1), "R0508");
  EXPECT_EQ(afterPoke(image, "axon", "count", (1 << 16) - 1), "R0508");
  EXPECT_EQ(afterPoke(image, "axon", "format", 1023), "R0508");
  EXPECT_EQ(afterPoke(image, "neuron", "route_first", (1 << 20) - 1), "R0508");
  EXPECT_EQ(afterPoke(image, "neuron", "model", 63), "R0508");
  EXPECT_EQ(afterPoke(image, "route", "core", 200), "R0508");
  EXPECT_EQ(afterPoke(image, "route", "axon", 1 << 19), "R0508");
  EXPECT_EQ(afterPoke(image, "route", "atom", 200), "R0508");
  EXPECT_EQ(afterPoke(image, "axon", "atoms", 0), "R0508");
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

// A register may be 64 bits wide: its value must be refused before anything is computed with it.
TEST(Decode, r0509_registers_of_64_bits) {
  const Image image = usableImage();
  auto widened = [&](const std::string& name, std::int64_t value, int mode) {
    return codeOf(test::rewrite(
        image,
        [&](image::HeaderT& header) {
          for (auto& field : header.layouts[0]->fields)
            if (field->name == name) field->offset = 128, field->width = 64, field->signed_ = true;
          header.layouts[0]->bits = 192;
          header.cores[0]->memories[0]->words = header.cores[0]->memories[0]->records * 3;
        },
        [&](const std::string& owner, const std::string& memory, auto& words) {
          if (memory != "neuron") return;
          std::vector<std::uint64_t> longer;
          for (std::size_t i = 0; i + 1 < words.size(); i += 2)
            longer.insert(longer.end(), {words[i], words[i + 1], static_cast<std::uint64_t>(value)});
          words = longer;
          for (std::uint64_t i = 0; i < words.size() / 3; ++i)
            for (const image::Field* field : *image.header().layouts()->Get(0)->fields())
              if (field->name()->str() == "reset_mode")
                writeBits(words, i * 192 + field->offset(), field->width(), mode);
        }));
  };
  for (const std::int64_t value : {INT64_MAX, INT64_MIN, INT64_MAX / 64 + 1}) {
    EXPECT_EQ(widened("du", value, 0), "R0509") << value;
    EXPECT_EQ(widened("dv", value, 0), "R0509") << value;
    EXPECT_EQ(widened("vth", value, 2), "R0509") << value;
    EXPECT_EQ(widened("reset_value", value, 1), "R0509") << value;
  }
}

TEST(Decode, r0508_names_occur_once) {
  const Image image = usableImage();
  auto edit = [&](const test::EditHeader& change) { return codeOf(test::rewrite(image, change)); };
  EXPECT_EQ(edit([](image::HeaderT& header) {
              header.outputs.push_back(std::make_unique<image::OutputT>(*header.outputs[0]));
            }),
            "R0508");
  EXPECT_EQ(edit([](image::HeaderT& header) {
              header.inputs.push_back(std::make_unique<image::InputT>(*header.inputs[0]));
              header.inputs.back()->routes->words = header.inputs.back()->routes->records = 0;
              header.inputs.back()->route_index->words = 0;
              header.inputs.back()->size = 0;
              header.inputs.back()->shape = {0};
            }),
            "R0508");
  EXPECT_EQ(edit([](image::HeaderT& header) { header.populations[1]->name = header.populations[0]->name; }),
            "R0508");
}

// One core with a dense list of 640 1-bit weights, axons that share it and routes that share the axons: a few
// kilobytes that could unfold to gigabytes.
// With another number of atoms than one the lists are empty.
Expected<Image> sharingImage(int axons, int routes, std::int64_t atoms = 1, std::int64_t reached = 0) {
  constexpr int kNeurons = 640;
  ImageWriter writer;
  auto core = std::make_unique<image::CoreT>();
  auto layout = [&](const LayoutSpec& spec) {
    writer.header.layouts.push_back(std::make_unique<image::LayoutT>(makeLayout(spec)));
    return RecordWriter(makeLayout(spec));
  };
  auto memory = [&](const char* name, const RecordWriter& records) {
    core->memories.push_back(std::make_unique<image::MemoryT>(writer.addMemory(name, records)));
  };
  RecordWriter neuron = layout({"neuron", {{"unused", 1, false}}});
  for (int i = 0; i < kNeurons; ++i) neuron.add();
  memory("neuron", neuron);
  RecordWriter format = layout({"format", {{"kind", 1, false}, {"weight_bits", 4, false}}});
  EXPECT_TRUE(format.set(format.add(), "kind", 1) && format.set(0, "weight_bits", 1));
  memory("format", format);
  RecordWriter axon = layout({"axon", {{"count", 10, false}, {"atoms", 50, false}}});
  for (int i = 0; i < axons; ++i)
    EXPECT_TRUE(axon.set(axon.add(), "count", atoms == 1 ? kNeurons : 0) &&
                axon.set(static_cast<std::uint64_t>(i), "atoms", atoms));
  memory("axon", axon);
  const std::vector<std::uint64_t> synapses(kNeurons / 64, 0);
  core->memories.push_back(std::make_unique<image::MemoryT>(writer.addMemory("synapse", synapses, 10)));
  core->slices.push_back(std::make_unique<image::SliceT>(image::SliceT{{}, 0, 0, kNeurons, 0}));
  writer.header.cores.push_back(std::move(core));

  RecordWriter route = layout({"route", {{"axon", 64, false}, {"core", 1, false}}});
  for (int i = 0; i < routes; ++i) EXPECT_TRUE(route.set(route.add(), "axon", reached));
  auto input = std::make_unique<image::InputT>();
  input->name = "in";
  input->size = 1;
  input->routes = std::make_unique<image::MemoryT>(writer.addMemory("route", route));
  const std::vector<std::uint64_t> index{0, static_cast<std::uint64_t>(routes)};
  input->route_index = std::make_unique<image::MemoryT>(writer.addMemory("route_index", index, 1));
  writer.header.inputs.push_back(std::move(input));
  auto population = std::make_unique<image::PopulationT>();
  population->name = "p";
  population->model = "integrator";
  population->size = kNeurons;
  population->shape = {kNeurons};
  writer.header.populations.push_back(std::move(population));
  writer.header.profile = "lava";
  return writer.finish();
}

TEST(Decode, r0508_what_is_shared_stays_in_proportion) {
  EXPECT_EQ(codeOf(sharingImage(5, 5)), "");
  EXPECT_EQ(codeOf(sharingImage(1000, 1)), "R0508");  // axons of one list
  EXPECT_EQ(codeOf(sharingImage(1, 1000)), "R0508");  // routes to one axon
  EXPECT_EQ(codeOf(sharingImage(3, 1, 40)), "");
  EXPECT_EQ(codeOf(sharingImage(1, 1, 3000)), "R0508");     // more atoms than routes could name
  EXPECT_EQ(codeOf(sharingImage(3, 1, 1 << 20)), "R0508");  // atoms of one axon
  EXPECT_EQ(codeOf(sharingImage(1, 1, std::int64_t{1} << 49)), "R0508");
  EXPECT_EQ(codeOf(sharingImage(1, 1, 0)), "R0508");  // a route to none of them
}

TEST(Decode, r0508_routes_of_64_bits_lead_to_no_axon) {
  EXPECT_EQ(codeOf(sharingImage(2, 1, 1, 1)), "");
  for (const std::int64_t axon : {std::int64_t{2}, std::int64_t{1} << 32, INT64_MAX - 1, INT64_MAX})
    EXPECT_EQ(codeOf(sharingImage(2, 1, 1, axon)), "R0508") << axon;
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
  Program changed;
  for (std::uint32_t seed = 1; changed.inputs.empty() || changed.cores[0].inputs == 0; ++seed)
    changed = *test::makeRandomProgram(seed);
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

// The bound written down as SPEC W8 says it, on random programs.
TEST(Decode, w8_bound_is_the_sum_over_groups_and_delays) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto program = test::makeRandomProgram(seed);
    std::vector<std::map<std::int32_t, std::int64_t>> payloads(program->cores.size());
    auto send = [&](const std::vector<Route>& routes, std::int64_t payload) {
      for (const Route& route : routes) payloads[static_cast<std::size_t>(route.core)][route.axon] += payload;
    };
    for (const Core& core : program->cores)
      for (const CompartmentSlice& slice : core.slices) {
        if (program->populations[static_cast<std::size_t>(slice.population)].model->graded) continue;
        const auto start = [&](std::int32_t c) {
          return core.routes.begin() +
                 static_cast<std::ptrdiff_t>(core.routeStart[static_cast<std::size_t>(c)]);
        };
        send({start(slice.firstCompartment), start(slice.firstCompartment + slice.count)}, 1);
      }
    for (const InputInfo& input : program->inputs) send(input.routes, input.maxPayload);
    const auto bounds = largestInputs(*program);
    for (std::size_t k = 0; k < program->cores.size(); ++k) {
      const Core& core = program->cores[k];
      std::map<std::tuple<std::int32_t, std::int32_t, std::int32_t>, std::int64_t> sums;
      for (const auto& [a, payload] : payloads[k]) {
        const Axon& axon = core.axons[static_cast<std::size_t>(a)];
        for (std::uint64_t s = axon.firstSynapse; s < axon.firstSynapse + axon.synapseCount; ++s)
          sums[{axon.base + core.synapses[s].input, axon.group, core.synapses[s].delay}] +=
              payload * std::abs(core.synapses[s].weight);
      }
      std::vector<std::int64_t> expected(static_cast<std::size_t>(core.inputs));
      for (const auto& [key, sum] : sums) {
        const double scale =
            std::ldexp(1.0, core.groups[static_cast<std::size_t>(std::get<1>(key))].exponent);
        expected[static_cast<std::size_t>(std::get<0>(key))] +=
            static_cast<std::int64_t>(std::ceil(static_cast<double>(sum) * scale));
      }
      EXPECT_EQ(bounds[k], expected) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace rheo
