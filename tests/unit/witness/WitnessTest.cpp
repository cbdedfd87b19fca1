// What a witness file holds, what the checker accepts, and what it refuses and where.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "Nets.h"
#include "support/File.h"
#include "support/Rewrite.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace rheo::test {
namespace {

using ::testing::HasSubstr;

std::vector<Case> allCases() {
  std::vector<Case> cases;
  cases.push_back(denseCase());
  cases.push_back(convolutionCase());
  cases.push_back(recurrentCase());
  cases.push_back(listedCase());
  cases.push_back(inputsCase());
  cases.push_back(programsCase());
  cases.push_back(loihi1Case());
  cases.push_back(cloneCase());
  cases.push_back(splitCase(-2, false));
  cases.push_back(splitCase(-2, false, true));
  cases.push_back(splitCase(1, true));
  return cases;
}

std::string messages(const witness::Report& report) {
  std::string all;
  for (const Diagnostic& fault : report.faults) all += fault.message + "\n";
  return all;
}

// The report on an image after an edit of its header.
std::string edited(const Case& of, const EditHeader& header, const EditWords& words = nullptr) {
  return messages(witness::check(of.network, unwrapped(rewrite(of.image, header, words))));
}

// With another value in a field of a core's record.
std::string editedField(const Case& of, const std::string& core, const char* record, std::uint64_t index,
                        const char* field, std::int64_t value) {
  return edited(of, nullptr,
                [&](const std::string& owner, const std::string& name, std::vector<std::uint64_t>& words) {
                  if (owner == core && name == record) poke(of.image, words, record, index, field, value);
                });
}

void restamp(std::vector<std::uint8_t>& bytes) {
  const std::uint64_t checksum = XXH3_64bits(bytes.data() + 16, bytes.size() - 16);
  std::memcpy(bytes.data() + 8, &checksum, sizeof checksum);
}

TEST(Witness, v1_a_file_comes_back_as_it_was) {
  for (const Case& of : allCases()) {
    const std::vector<std::uint8_t> bytes = bytesOf(of.network);
    const witness::NetworkT again = unwrapped(witness::parse(bytes, "x"));
    EXPECT_EQ(bytesOf(again), bytes) << of.name;
    EXPECT_EQ(again.projections.back()->weights, of.network.projections.back()->weights);
  }
}

TEST(Witness, v1_other_files_are_refused) {
  std::vector<std::uint8_t> bytes = bytesOf(denseCase().network);
  const auto code = [](const std::vector<std::uint8_t>& file) {
    const auto read = witness::parse(file, "x.rheow");
    return read ? "" : read.error().diagnostics.front().code;
  };
  EXPECT_EQ(code({}), "R0520");
  std::vector<std::uint8_t> newer = bytes, cut(bytes.begin(), bytes.end() - 1), flipped = bytes;
  newer[7] = 9;
  flipped[100] ^= 1;
  EXPECT_EQ(code(newer), "R0520");
  EXPECT_EQ(code(cut), "R0521");
  EXPECT_EQ(code(flipped), "R0521");
  cut.resize(bytes.size() / 2);
  restamp(cut);
  EXPECT_EQ(code(cut), "R0521");
  witness::NetworkT wrong = denseCase().network;
  wrong.projections[0]->weights.pop_back();
  EXPECT_EQ(code(bytesOf(wrong)), "R0521");
  wrong = denseCase().network;
  wrong.projections[1]->target = 3;
  EXPECT_EQ(code(bytesOf(wrong)), "R0521");
}

// Places without end, or one weight for all of them, would take hours to compare.
TEST(Witness, v1_no_row_names_a_source_or_a_weight_twice) {
  const auto changed = [](const Case& of, const std::function<void(witness::ProjectionT&)>& change) {
    witness::NetworkT network = of.network;
    change(*network.projections[0]);
    const auto read = witness::parse(bytesOf(network), "x");
    return read ? "" : read.error().diagnostics.front().code;
  };
  const Case dense = denseCase(), kernel = convolutionCase();
  const auto twice = [](auto& list) { list[1] = list[0]; };
  EXPECT_EQ(changed(dense, [](auto&) {}), "");
  EXPECT_EQ(changed(kernel, [](auto&) {}), "");
  EXPECT_EQ(changed(dense, [&](auto& p) { twice(p.places); }), "R0521");
  EXPECT_EQ(changed(dense, [](auto& p) { std::swap(p.places[3], p.places[4]); }), "R0521");
  EXPECT_EQ(changed(kernel, [&](auto& p) { twice(p.places); }), "R0521");
  EXPECT_EQ(changed(kernel, [&](auto& p) { twice(p.entries); }), "R0521");
  EXPECT_EQ(changed(dense,
                    [](auto& p) {
                      p.places.assign(1'000'000, 0);
                      p.entries = p.places;
                      p.starts = {0, 1'000'000};
                    }),
            "R0521");
}

// SPEC V1: what most pairs of neurons lack is not in the file, and what all of them have is not listed.
TEST(Witness, v1_synapses_are_listed_where_that_takes_less) {
  const witness::NetworkT listed = listedCase().network, dense = denseCase().network;
  const witness::ProjectionT& delayed = *listed.projections[1];
  EXPECT_EQ(delayed.starts.size(), 26U);
  EXPECT_EQ(delayed.places.size(), delayed.weights.size());
  EXPECT_EQ(delayed.delays.size(), delayed.weights.size());
  EXPECT_LT(delayed.weights.size(), 30U * 25U / 5U);
  EXPECT_EQ(std::count(delayed.weights.begin(), delayed.weights.end(), 0), 0);
  EXPECT_TRUE(listed.projections[2]->weights.empty());
  EXPECT_EQ(dense.projections[0]->weights.size(), 20U * 40U);
  EXPECT_EQ(dense.projections[0]->places.size(), 20U);
}

// Lists that many entries of a file share would fill any memory.
TEST(Witness, v1_a_file_holds_what_it_names) {
  witness::NetworkT network = denseCase().network;
  flatbuffers::FlatBufferBuilder builder;
  const auto projection = witness::Projection::Pack(builder, network.projections[0].get());
  const std::vector projections(300, projection);
  std::vector<flatbuffers::Offset<witness::Node>> nodes;
  for (const auto& node : network.nodes) nodes.push_back(witness::Node::Pack(builder, node.get()));
  const std::vector<flatbuffers::Offset<witness::Fact>> face;
  builder.Finish(witness::CreateNetworkDirect(builder, "lava", &face, &nodes, &projections));
  std::vector<std::uint8_t> bytes = bytesOf(network);
  bytes.resize(16);
  bytes.insert(bytes.end(), builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize());
  restamp(bytes);
  const auto read = witness::parse(bytes, "x");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().diagnostics.front().code, "R0521");
}

// Files with a valid checksum and any content: an error or a network, and then a report.
TEST(Witness, v1_hostile_files_end_in_an_error_or_a_report) {
  std::mt19937 random(5);
  int read = 0;
  for (const Case& of : allCases()) {
    const std::vector<std::uint8_t> whole = bytesOf(of.network);
    for (int i = 0; i < 400; ++i) {
      std::vector<std::uint8_t> bytes = whole;
      for (unsigned k = random() % 3; k < 3; ++k) {
        const std::size_t at = 16 + random() % (bytes.size() - 16);
        bytes[at] = random() % 3 == 0 ? 0xff : static_cast<std::uint8_t>(random());
      }
      if (random() % 8 == 0) bytes.resize(16 + random() % (bytes.size() - 16));
      restamp(bytes);
      const auto network = witness::parse(bytes, "x");
      if (!network) continue;
      witness::check(*network, of.image);
      ++read;
    }
  }
  EXPECT_GT(read, 500);
}

TEST(Witness, v2_v3_v5_v6_images_of_every_kind_are_their_networks) {
  for (const Case& of : allCases()) {
    const witness::Report report = witness::check(of.network, of.image);
    EXPECT_TRUE(report.passed()) << of.name << "\n" << messages(report);
  }
}

TEST(Witness, v2_neurons_and_their_parameters) {
  const Case of = denseCase();
  EXPECT_THAT(
      edited(of, [](image::HeaderT& h) { h.populations[0]->hidden = true; }),
      HasSubstr(
          "hidden: the population is a hidden cuba_lif of 40 neurons [40] in the image, a cuba_lif of"));
  EXPECT_THAT(edited(of, [](image::HeaderT& h) { h.populations[0]->name = "other"; }),
              HasSubstr("hidden: the population is absent in the image"));
  EXPECT_THAT(edited(of,
                     [](image::HeaderT& h) {
                       for (auto& core : h.cores)
                         for (auto& slice : core->slices)
                           if (slice->population == 0 && slice->first_neuron > 0) --slice->first_neuron;
                     }),
              HasSubstr("hidden: neurons 39 to 39 are held by no core"));
  EXPECT_THAT(
      editedField(of, "core 0", "neuron", 3, "dv", 301),
      HasSubstr(
          "neuron 3 of 'hidden' (core 0, compartment 3): decay_v is 301 in the image, 300 in the network"));
  EXPECT_THAT(edited(of,
                     [](image::HeaderT& h) {
                       h.outputs[0]->parts[0]->population = 1;
                       h.outputs[0]->shape = {5};
                     }),
              HasSubstr("spikes: the output is [5] of out. in the image, [40] of hidden. in the network"));
}

// What the loader refuses proves nothing: a register of a profile that there is not is no 0.
TEST(Witness, v2_profiles_and_formats_that_mean_nothing) {
  const Case of = denseCase();
  const auto poked = [&](const char* record, const char* field, std::int64_t value) {
    return editedField(of, "core 0", record, 0, field, value);
  };
  EXPECT_THAT(poked("neuron", "profile", 3),
              HasSubstr("core 0: a compartment has a profile that there is not"));
  EXPECT_THAT(poked("format", "group", 7), HasSubstr("core 0: a synapse format means nothing"));
}

// SPEC E5: a clone is one more compartment of its neuron, with all that the neuron has.
TEST(Witness, e5_v2_clones_are_complete) {
  const Case of = cloneCase();
  const image::Header& header = of.image.header();
  unsigned clones = 0;
  while (!header.populations()->Get(clones)->clone_of()) ++clones;
  const auto inClones = [clones](const auto& change) {
    return [clones, change](image::HeaderT& h) { change(*h.populations[clones]); };
  };
  EXPECT_THAT(edited(of, inClones([](auto& p) { std::swap(p.originals[0], p.originals[1]); })),
              HasSubstr("w_out: neuron 24 of 'b' (core 8, input 0): the synapse from neuron 0 of 'a'"));
  EXPECT_THAT(edited(of, inClones([](auto& p) { p.originals[0] = 5; })),
              HasSubstr("a.clone1: it is said to clone 'a', and does not"));
  EXPECT_THAT(edited(of, inClones([](auto& p) { p.originals.pop_back(); })),
              HasSubstr("it is said to clone 'a'"));
  EXPECT_THAT(edited(of, inClones([](auto& p) { p.hidden = false; })), HasSubstr("it is said to clone 'a'"));
  EXPECT_THAT(edited(of, inClones([](auto& p) { p.clone_of = "none"; })),
              HasSubstr("a.clone1: the network has no such population, and it is no hidden sum"));
  unsigned core = 0;  // that holds clones alone
  const auto holds = [&](unsigned c) {
    const auto& slices = *header.cores()->Get(c)->slices();
    return slices.size() == 1 && slices.Get(0)->population() == clones;
  };
  while (!holds(core)) ++core;
  const std::string name = fmt::format("core {}", header.cores()->Get(core)->id());
  const auto poked = [&](const char* record, const char* field, std::int64_t value) {
    return editedField(of, name, record, 0, field, value);
  };
  EXPECT_THAT(poked("neuron", "dv", 301), HasSubstr("decay_v is 301 in the image, 300 in the network"));
  EXPECT_THAT(poked("axon", "count", 0), HasSubstr("is not in the image"));
  EXPECT_THAT(poked("neuron", "route_count", 0), HasSubstr("is not in the image"));
}

TEST(Witness, v3_every_synapse_has_its_weight_and_place) {
  const Case of = denseCase();
  const std::string text = edited(
      of, nullptr, [&](const std::string& owner, const std::string& name, std::vector<std::uint64_t>& words) {
        if (owner == "core 0" && name == "synapse") words[0] ^= 2;
      });
  EXPECT_THAT(text, HasSubstr("fc1: neuron "));
  EXPECT_THAT(text, HasSubstr("of 'hidden' (core 0, input "));
  EXPECT_THAT(text, HasSubstr("the synapse from channel 0 of 'in' (weight "));
  EXPECT_THAT(editedField(of, "core 0", "axon", 0, "delay", 1), HasSubstr("delay 1) is not in the network"));
}

// SPEC I5: each atom has a list of its own.
TEST(Witness, v3_i5_a_spike_names_its_atom) {
  const Case of = loihi1Case();
  const auto poked = [&](const char* record, const char* field, std::int64_t value) {
    return editedField(of, "core 0", record, 0, field, value);
  };
  EXPECT_THAT(poked("route", "atom", 31), HasSubstr(": no atom 31 of axon"));
  EXPECT_THAT(poked("route", "atom", 1), HasSubstr("is not in the image"));
  EXPECT_THAT(poked("axon", "atoms", 0), HasSubstr(": no atom 0 of axon 0 of core 0"));
  EXPECT_THAT(poked("axon", "atoms", 33), HasSubstr("needs 33, 'atoms_per_axon' allows 32"));
}

// Two projections with one exponent and delay may not share a group where the exponent is negative, nor part.
TEST(Witness, v3_w7_sums_are_rounded_together_as_in_the_network) {
  const Case of = recurrentCase();
  const auto together = [&](std::int64_t exponent) {
    return edited(of, nullptr,
                  [&](const std::string& owner, const std::string& name, std::vector<std::uint64_t>& words) {
                    if (owner != "core 0" || name != "format") return;
                    const image::Core& core = *of.image.header().cores()->Get(0);
                    for (const image::Memory* memory : *core.memories())
                      for (const image::Layout* layout : *of.image.header().layouts())
                        if (memory->name()->str() == "format" && layout->record()->str() == "format")
                          for (std::uint64_t i = 0; i < memory->records(); ++i)
                            if (RecordView(*layout, of.image.words(*memory)).get(i, "exponent") <= exponent)
                              poke(of.image, words, "format", i, "group", 0);
                  });
  };
  EXPECT_THAT(together(-3), HasSubstr("summed in other groups"));  // w_in and w_again
  EXPECT_THAT(together(0), HasSubstr("formats of group 0 have different exponents"));
}

TEST(Witness, v4_only_what_is_silent_may_run_later) {
  Net net("late"), later("late");
  for (Net* of : {&net, &later}) {
    of->input("in", {4});
    of->population("relay", "lif", {4}, {{"dv", {4096}}, {"vth", {0}}});
  }
  const auto build = [](Net& of, int bias, bool slow) {
    const int a = of.cuba("a", {3}, bias);
    if (slow) of.dense("w0", {true, 0}, 0, drawn(20));
    of.dense("w", {true, 0}, a, drawn(21));
    if (slow)
      of.dense("extra", {false, 0}, a, [](std::int64_t) { return 0; });  // one hop more, and no synapse
    of.output("out", a);
  };
  build(net, 5, false);
  build(later, 5, true);
  const witness::Report moved =
      witness::check(witnessOf(net, kLavaProfile), imageOf(later, chipNamed("tiny")));
  EXPECT_THAT(messages(moved),
              HasSubstr("a: it acts by itself (bias), and has lag 2 in the image, 1 in the network"));
}

TEST(Witness, v4_resets_in_intervals_run_as_much_later_as_their_population) {
  Case of = programsCase();
  of.network.nodes[1]->lag -= 1;
  EXPECT_THAT(messages(witness::check(of.network, of.image)),
              HasSubstr("reset_phase is 3 in the image, 4 in the network"));
  of.network.nodes[1]->parameters[5]->values = {2};
  EXPECT_TRUE(witness::check(of.network, of.image).passed());
}

TEST(Witness, v5_sums_of_the_compiler_are_whole) {
  const Case of = splitCase(-2, false);
  EXPECT_THAT(edited(of, [](image::HeaderT& h) { h.populations[1]->hidden = false; }),
              HasSubstr("fc.sum: the network has no such population, and it is no hidden sum"));
  EXPECT_THAT(edited(of, nullptr,
                     [&](const std::string&, const std::string& name, std::vector<std::uint64_t>& words) {
                       if (name == "constant") poke(of.image, words, "constant", 0, "value", 1);
                     }),
              HasSubstr("threshold is 1 in the image, 0 in the network"));
}

// SPEC W5: with the shift of a sum, a part that goes its own way is rounded on its own.
TEST(Witness, v5_a_direct_part_and_a_negative_exponent_do_not_go_together) {
  EXPECT_TRUE(witness::check(splitCase(1, true).network, splitCase(1, true).image).passed());
  const Case of = splitCase(-2, true);
  EXPECT_THAT(messages(witness::check(of.network, of.image)), HasSubstr("summed in other groups"));
}

TEST(Witness, v6_what_a_core_holds_is_counted_again) {
  const Case of = denseCase();
  EXPECT_THAT(edited(of,
                     [](image::HeaderT& h) {
                       for (auto& limit : h.limits)
                         if (limit->name == "input_axons_per_core") limit->value = 3;
                     }),
              HasSubstr("core 0: needs 20, 'input_axons_per_core' allows 3"));
}

TEST(Witness, r0430_leaves_both_files_behind) {
  const Case of = denseCase();
  const Image wrong =
      unwrapped(rewrite(of.image, [](image::HeaderT& h) { h.populations[0]->hidden = true; }));
  const Status checked = checkAgainst(bytesOf(of.network), wrong);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().kind, ErrorKind::Internal);
  const Diagnostic& fault = checked.error().diagnostics.front();
  EXPECT_EQ(fault.code, "R0430");
  const std::size_t at = fault.remedy.find("the files in ") + 13;
  const std::string folder = fault.remedy.substr(at, fault.remedy.find(';', at) - at);
  const auto bytes = readFile(folder + "/network.rheow");
  ASSERT_TRUE(bytes) << fault.remedy;
  EXPECT_FALSE(
      witness::check(unwrapped(witness::parse(*bytes, "x")), unwrapped(Image::load(folder + "/image.rheo")))
          .passed());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace rheo::test
