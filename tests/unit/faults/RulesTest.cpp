// Chapter B of ir/SPEC.md, formula by formula: where faults lie, what they draw, what devices hold.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "chip/Layout.h"
#include "faults/Campaign.h"
#include "faults/Chance.h"
#include "faults/Device.h"
#include "faults/Sites.h"
#include "support/Philox.h"
#include "support/RandomProgram.h"

namespace rheo::faults {
namespace {

constexpr std::uint64_t kSeed = 0x123456789abcdef;

PhiloxCounter words(PhiloxCounter counter, std::uint64_t seed) {
  return philox(counter, {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
}
// SPEC B9: c(s; k, j, t, i) and w(s; n).
std::uint32_t c(std::uint64_t s, std::uint32_t k, std::uint32_t j, std::uint32_t t, std::uint64_t i) {
  const auto low = static_cast<std::uint32_t>(i), high = static_cast<std::uint32_t>(i >> 32);
  return words({j, t, low, k ^ high << 8}, s)[0];
}
std::uint64_t w(std::uint64_t s, std::uint64_t n) {
  const auto found = words({static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(n >> 32), 0, ~0u}, s);
  return (std::uint64_t{found[1]} << 32) + found[0];
}
// SPEC B13: z(s; k, n).
double z(std::uint64_t s, std::uint32_t k, std::uint64_t n) {
  const auto found =
      words({static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(n >> 32), k, 0xfffffffe}, s);
  return std::sqrt(-2 * std::log((found[0] + 1.0) / 4294967296)) *
         std::cos(2 * std::acos(-1.0) * (found[1] / 4294967296.0));
}

std::string_view familyOf(const std::string& field) {
  static const std::map<std::string, std::string_view> kFamilies{{"neuron.vth", "threshold"},
                                                                 {"neuron.du", "decay"},
                                                                 {"neuron.dv", "decay"},
                                                                 {"neuron.bias_mantissa", "bias"},
                                                                 {"neuron.bias_exponent", "bias"},
                                                                 {"neuron.reset_mode", "reset"},
                                                                 {"neuron.reset_value", "reset"},
                                                                 {"neuron.model", "register"},
                                                                 {"neuron.route_first", "route"},
                                                                 {"neuron.route_count", "route"},
                                                                 {"neuron.constants", "register"},
                                                                 {"neuron.profile", "register"},
                                                                 {"constant.value", "constant"},
                                                                 {"axon.list", "axon"},
                                                                 {"axon.count", "axon"},
                                                                 {"axon.format", "axon"},
                                                                 {"axon.delay", "delay"},
                                                                 {"axon.row", "axon"},
                                                                 {"axon.atoms", "axon"},
                                                                 {"route.atom", "route"},
                                                                 {"axon.column", "axon"},
                                                                 {"axon.channel", "axon"},
                                                                 {"format.kind", "format"},
                                                                 {"format.weight_bits", "format"},
                                                                 {"format.sign_mode", "format"},
                                                                 {"format.exponent", "exponent"},
                                                                 {"format.delay_bits", "format"},
                                                                 {"format.index_bits", "format"},
                                                                 {"format.first", "format"},
                                                                 {"format.group", "format"},
                                                                 {"format.rows", "format"},
                                                                 {"format.columns", "format"},
                                                                 {"format.kernel_rows", "format"},
                                                                 {"format.kernel_columns", "format"},
                                                                 {"format.stride_rows", "format"},
                                                                 {"format.stride_columns", "format"},
                                                                 {"format.dilation_rows", "format"},
                                                                 {"format.dilation_columns", "format"},
                                                                 {"profile.vth", "threshold"},
                                                                 {"profile.du", "decay"},
                                                                 {"profile.dv", "decay"},
                                                                 {"profile.bias_exponent", "bias"},
                                                                 {"profile.reset_mode", "reset"},
                                                                 {"profile.reset_value", "reset"},
                                                                 {"profile.model", "register"},
                                                                 {"route.core", "route"},
                                                                 {"route.axon", "route"}};
  return kFamilies.at(field);
}

std::vector<FaultRequest> everyFlip() {
  std::vector<FaultRequest> requests;
  for (const KindInfo& kind : allKinds())
    if (kind.mechanism == Mechanism::MemoryBit && kind.bit == BitFault::Flip)
      requests.push_back({&kind, kind.usual});
  return requests;
}

using Bit = std::tuple<std::int32_t, std::string_view, std::uint64_t>;  // core, memory, bit

// Bits of all records of a core's table, with their families.
void addRecords(std::map<Bit, std::string_view>& bits, const Memories& memories, std::int32_t core,
                std::string_view table) {
  const image::Memory& memory = *memories.memory(core, table);
  const image::Layout& layout = *memories.layout(table);
  for (std::uint64_t record = 0; record < memory.records(); ++record)
    for (const image::Field* field : *layout.fields())
      for (unsigned b = 0; b < field->width(); ++b)
        bits[{core, table, recordStart(record, layout.bits()) + field->offset() + b}] =
            familyOf(std::string(table) + "." + field->name()->str());
}

TEST(FaultRules, b3_every_bit_of_what_is_used_is_one_place_of_its_family) {
  ASSERT_EQ(everyFlip().size(), 13u);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    test::RandomOptions options;
    options.convolutions = seed % 2 == 1;
    options.neurons = options.convolutions ? 5 : 20;
    const Image image = test::makeRandomImage(seed, options);
    const FlatProgram flat(std::make_shared<const Program>(*decode(image)));
    const Memories memories(image, flat);
    const Sites sites(memories, flat, everyFlip(), {10, 5, seed});
    std::map<Bit, std::string_view> found;
    for (std::uint64_t site = 0; site < sites.count(); ++site) {
      const Fault fault = sites.fault(site);
      const std::string_view family = fault.kind->name.substr(0, fault.kind->name.size() - 5);
      const bool isNew =
          found
              .emplace(Bit{fault.core, fault.memory, fault.word * 64 + static_cast<std::uint64_t>(fault.bit)},
                       family)
              .second;
      ASSERT_TRUE(isNew) << textOf(fault, flat.program());
    }
    // Tables of which the random images use every record.
    std::map<Bit, std::string_view> wanted;
    for (std::int32_t core = 0; core < std::ssize(flat.program().cores); ++core)
      for (const char* table : {"neuron", "axon", "constant", "route"})
        addRecords(wanted, memories, core, table);
    std::uint64_t tables = 0, weights = 0;
    for (const auto& [bit, family] : found) {
      const std::string_view memory = std::get<1>(bit);
      if (memory == "neuron" || memory == "axon" || memory == "constant" || memory == "route") {
        ++tables;
        ASSERT_EQ(wanted.count(bit) == 1 ? wanted.at(bit) : "", family) << memory;
      }
      weights += family == "weight";
      if (memory == "synapse") {
        EXPECT_TRUE(family == "weight" || family == "delay" || family == "target");
      }
    }
    EXPECT_EQ(tables, wanted.size());
    std::uint64_t stored = 0;
    for (const ListUse& use : memories.lists()) {
      const SynapseFormat& format = memories.format(use);
      const auto entries = static_cast<std::uint64_t>(
          format.kind == ListKind::Kernel ? format.rows.kernel * format.columns.kernel : 1);
      stored += use.count * entries * static_cast<std::uint64_t>(format.weightBits);
    }
    EXPECT_EQ(weights, stored);
  }
}

TEST(FaultRules, b9_draws_are_words_of_philox) {
  for (std::uint64_t n = 0; n < 100; ++n) {
    const std::uint64_t sample = n * 0x3fffffffffull;
    const auto step = static_cast<std::uint32_t>(n * 7), index = static_cast<std::uint32_t>(n * 13);
    EXPECT_EQ(chance(kSeed, 3, sample, step, index), c(kSeed, 3, index, step, sample));
    EXPECT_EQ(wideChance(kSeed, n << 33 | n), w(kSeed, n << 33 | n));
    EXPECT_EQ(seedOf(kSeed, n), w(kSeed, n));
    const auto tie =
        words({static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(n), 5, 4294967293u}, kSeed);
    EXPECT_EQ(lot(kSeed, 5, n << 32 | n), (std::uint64_t{tie[1]} << 32) + tie[0]);
  }
}

TEST(FaultRules, b10_messages_are_lost_by_chance) {
  std::int64_t lost = 0;
  for (std::int32_t source = 0; source < 100; ++source)
    for (std::int64_t step = 0; step < 100; ++step) {
      const bool wanted = c(kSeed, 1, static_cast<std::uint32_t>(source), static_cast<std::uint32_t>(step),
                            5) < 0.25 * 4294967296;
      EXPECT_EQ(messageLost({kSeed, 0.25}, 5, step, source), wanted);
      EXPECT_TRUE(messageLost({kSeed, 1}, 5, step, source));
      lost += wanted;
    }
  EXPECT_NEAR(static_cast<double>(lost), 2500, 200);
}

// Payloads of 0 to 4 or of either sign.
std::vector<std::int32_t> someTrain(std::uint64_t seed, int steps) {
  std::vector<std::int32_t> train;
  for (int t = 0; t < steps; ++t) {
    const std::uint64_t draw = w(seed, static_cast<std::uint64_t>(t));
    train.push_back(draw % 3 ? 0 : static_cast<std::int32_t>(draw / 3 % 9) - 4);
  }
  return train;
}

TEST(FaultRules, b11_noise_fills_silent_steps_and_deletion_empties_others) {
  for (std::int32_t channel = 0; channel < 50; ++channel) {
    const std::vector<std::int32_t> train = someTrain(static_cast<std::uint64_t>(channel), 60);
    std::vector<std::int32_t> noisy = train, thinned = train;
    disturbTrain({InputEdit::What::Noise, kSeed, 0.3}, 9, channel, noisy);
    disturbTrain({InputEdit::What::Deletion, kSeed, 0.3}, 9, channel, thinned);
    for (std::uint32_t t = 0; t < 60; ++t) {
      const auto j = static_cast<std::uint32_t>(channel);
      const bool filled = c(kSeed, 2, j, t, 9) < 0.3 * 4294967296;
      const bool emptied = c(kSeed, 3, j, t, 9) < 0.3 * 4294967296;
      EXPECT_EQ(noisy[t], train[t] == 0 && filled ? 1 : train[t]);
      EXPECT_EQ(thinned[t], emptied ? 0 : train[t]);
    }
  }
}

TEST(FaultRules, b12_jitter_moves_payloads_and_the_largest_stays) {
  std::int64_t moved = 0, met = 0, atEnds = 0;
  for (std::int32_t channel = 0; channel < 200; ++channel) {
    const std::vector<std::int32_t> train = someTrain(static_cast<std::uint64_t>(channel), 40);
    const std::int32_t n = 1 + channel % 5;
    std::vector<std::int32_t> jittered = train;
    disturbTrain({InputEdit::What::Jitter, kSeed, 0, n}, 3, channel, jittered);
    std::vector<std::vector<std::int32_t>> arrived(40);
    for (std::uint32_t t = 0; t < 40; ++t) {
      if (train[t] == 0) continue;
      const std::int64_t draw = c(kSeed, 4, static_cast<std::uint32_t>(channel), t, 3);
      const std::int64_t now = t, from = std::max<std::int64_t>(0, now - n),
                         to = std::min<std::int64_t>(39, now + n);
      const std::int64_t place = from + draw * (to - from + 1) / 4294967296;
      moved += place != now, atEnds += to - from < 2 * n;
      arrived[static_cast<std::size_t>(place)].push_back(train[t]);
    }
    for (std::size_t t = 0; t < 40; ++t) {
      met += arrived[t].size() > 1;
      const auto largest =
          std::max_element(arrived[t].begin(), arrived[t].end(),
                           [](std::int32_t a, std::int32_t b) { return std::abs(a) < std::abs(b); });
      ASSERT_EQ(jittered[t], arrived[t].empty() ? 0 : *largest) << "step " << t << ", channel " << channel;
    }
  }
  EXPECT_GT(moved, 100);
  EXPECT_GT(met, 100);
  EXPECT_GT(atEnds, 50);
}

TEST(FaultRules, b13_normal_deviates_are_those_of_box_and_muller) {
  for (std::uint64_t n = 0; n < 1000; ++n)
    EXPECT_NEAR(normalChance(kSeed, 18, n << 20), z(kSeed, 18, n << 20), 1e-12);
}

std::int32_t nearest(double value, std::int32_t bound) {
  return static_cast<std::int32_t>(
      std::clamp(std::nearbyint(value), -static_cast<double>(bound), static_cast<double>(bound)));
}

// SPEC B15: what is held of h after t seconds, by kind.
double held(double h, Manner what, double amount, std::uint64_t s, std::uint64_t ofSample, std::uint64_t n) {
  const double f = what == Manner::Programming ? amount : 1;
  const double sigma = std::max(0.0, 0.26348 + 1.9650 * h - 1.1731 * h * h);
  const double p = std::max(0.0, h + f * sigma * z(s, 18, n) / 25);
  if (what == Manner::Programming || p == 0) return p;
  const double l = std::log(std::min(1.0, p));
  const double m = std::clamp(-0.0155 * l + 0.0244, 0.049, 0.1),
               q = std::clamp(-0.0125 * l - 0.0059, 0.008, 0.045);
  const double d = p * std::pow((amount + 20) / 20, -std::max(0.0, m + q * z(s, 19, n)));
  if (what == Manner::Drift) return d;
  const double a = std::min(0.2, 0.0088 / std::pow(std::min(1.0, p), 0.65));
  const double b = std::sqrt(std::max(0.0, std::log((amount + 2.5e-7) / 5e-7)));
  return std::max(0.0, d * (1 + a * b * z(ofSample, 20, n)));
}

// An image of few synapses, decoded: the checks below look at all of an array for each.
struct SmallImage {
  explicit SmallImage(std::uint64_t seed)
      : image(test::makeRandomImage(seed, optionsOf(seed))),
        program(std::make_shared<const Program>(*decode(image))),
        flat(program),
        memories(image, flat) {}
  static test::RandomOptions optionsOf(std::uint64_t seed) {
    test::RandomOptions options;
    options.layers = 2, options.neurons = seed % 2 ? 4 : 8, options.convolutions = seed % 2 == 1;
    return options;
  }
  Image image;
  std::shared_ptr<const Program> program;
  FlatProgram flat;
  Memories memories;
};

// The largest weight of the array that each synapse of a core belongs to.
std::vector<std::int32_t> largestOfArrays(const Core& core) {
  std::vector<std::int32_t> group(core.synapses.size(), -1), largest(core.synapses.size());
  for (const Axon& axon : core.axons)
    for (std::uint64_t s = axon.firstSynapse; s < axon.firstSynapse + axon.synapseCount; ++s)
      if (group[s] < 0) group[s] = axon.group;
  for (std::size_t s = 0; s < group.size(); ++s)
    for (std::size_t r = 0; r < group.size(); ++r)
      if (group[r] == group[s]) largest[s] = std::max(largest[s], std::abs(core.synapses[r].weight));
  return largest;
}

struct Devices {
  std::int64_t changed = 0, shared = 0;
};

// Weights of a realisation against a formula of weight, largest weight of the array and the device's number.
// Which synapses come from a stored weight is found by storing another one.
template <class Formula>
Devices expectWeights(const SmallImage& small, const Program& other, Formula formula) {
  Devices devices;
  std::vector<std::vector<std::int32_t>> largest;
  for (const Core& core : small.program->cores) largest.push_back(largestOfArrays(core));
  for (const Field& field : small.memories.fields())
    for (std::uint64_t r = 0; field.meaning == FieldClass::Weight && r < field.records; ++r) {
      const std::uint64_t at =
          field.start + recordStart(r, field.recordBits) + static_cast<std::uint64_t>(field.offset);
      const image::Memory& memory = *small.memories.memory(field.core, "synapse");
      const std::uint64_t word = small.image.words(memory)[at / 64];
      const auto flipped = decode(small.image.withWord(
          memory, at / 64,
          word ^ std::uint64_t{1} << (at % 64 + static_cast<std::uint64_t>(field.width) - 1)));
      const auto k = static_cast<std::size_t>(field.core);
      const std::vector<Synapse>& before = small.program->cores[k].synapses;
      if (!flipped || flipped->cores[k].synapses.size() != before.size()) continue;  // one of them is 0
      std::int64_t uses = 0;
      for (std::size_t s = 0; s < before.size(); ++s) {
        const std::int32_t weight = before[s].weight, g = largest[k][s];
        if (flipped->cores[k].synapses[s].weight == weight) continue;
        const std::uint64_t n = (std::uint64_t{k} << 40) + at;
        EXPECT_EQ(other.cores[k].synapses[s].weight, weight == 0 ? 0 : nearest(formula(weight, g, n), 2 * g));
        devices.changed += other.cores[k].synapses[s].weight != weight, ++uses;
      }
      devices.shared += uses > 1;
    }
  return devices;
}

TEST(FaultRules, b14_mismatch_of_weights_and_thresholds) {
  std::int64_t weights = 0, shared = 0, thresholds = 0;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const SmallImage small(seed);
    const auto& program = small.program;
    const auto off =
        deviceProgram(small.flat, small.memories, {Manner::WeightMismatch, kSeed + seed, 0.4}, 1);
    const Devices devices =
        expectWeights(small, *off, [&](std::int32_t weight, std::int32_t, std::uint64_t n) {
          return weight * (1 + 0.4 * z(kSeed + seed, 16, n));
        });
    weights += devices.changed, shared += devices.shared;
    const auto other =
        deviceProgram(small.flat, small.memories, {Manner::ThresholdMismatch, kSeed + seed, 0.3}, 1);
    std::uint64_t n = 0;
    for (std::size_t k = 0; k < program->cores.size(); ++k)
      for (const CompartmentSlice& slice : program->cores[k].slices) {
        const auto& parameters =
            program->populations[static_cast<std::size_t>(slice.population)].model->fixedParameters;
        for (std::size_t p = 0; p < parameters.size(); ++p)
          for (std::int32_t i = 0; i < slice.count; ++i) {
            const auto at = static_cast<std::size_t>(slice.firstCompartment + i);
            const std::int32_t before = program->cores[k].parameters[p][at];
            const std::int32_t after = other->cores[k].parameters[p][at];
            if (parameters[p].name != "threshold") {
              EXPECT_EQ(after, before);
              continue;
            }
            const double wanted = std::nearbyint(before * (1 + 0.3 * z(kSeed + seed, 17, n++)));
            EXPECT_EQ(after,
                      static_cast<std::int32_t>(std::clamp(wanted, static_cast<double>(parameters[p].minimum),
                                                           static_cast<double>(parameters[p].maximum))));
            thresholds += after != before;
          }
      }
  }
  EXPECT_GT(weights, 1000);
  EXPECT_GT(shared, 100);  // kernels: one device, many synapses
  EXPECT_GT(thresholds, 50);
}

TEST(FaultRules, b15_phase_change_memory_programs_drifts_and_is_read) {
  std::int64_t changed = 0;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const SmallImage small(seed);
    const std::uint64_t s = kSeed + seed;
    for (const auto& [what, amount] : {std::pair{Manner::Programming, 2.0},
                                       {Manner::Drift, 1e5},
                                       {Manner::ReadNoise, 1e-9},
                                       {Manner::ReadNoise, 86400.0}})
      for (const std::int64_t sample : {0, 7}) {
        const auto other = deviceProgram(small.flat, small.memories, {what, s, amount}, sample);
        const std::uint64_t ofSample = w(s, static_cast<std::uint64_t>(sample));
        changed += expectWeights(
                       small, *other,
                       [&, kind = what, much = amount](std::int32_t weight, std::int32_t g, std::uint64_t n) {
                         const double size =
                             g * held(std::abs(weight) / static_cast<double>(g), kind, much, s, ofSample, n);
                         return weight < 0 ? -size : size;
                       })
                       .changed;
      }
  }
  EXPECT_GT(changed, 1000);
}

TEST(FaultRules, b19_draws_choose_sample_and_fault) {
  for (std::uint64_t seed = 1; seed < 8; ++seed) {
    const Image image = test::makeRandomImage(seed, {3, 8, 2});
    const auto program = std::make_shared<const Program>(*decode(image));
    CampaignOptions options;
    options.steps = 10, options.seed = seed, options.instances = 20;
    for (const char* name : {"weight-flip", "spike-lost", "message-loss"})
      options.requests.push_back(*parseRequest(name));
    Expected<std::unique_ptr<Campaign>> campaign = Campaign::make(image, options);
    if (!campaign) continue;  // nothing of it sends spikes
    const InputBatch input = test::makeRandomInput(*program, 5, 10, seed);
    const FlatProgram flat(program);
    const Sites& sites = (*campaign)->sites();
    const auto scaled = [](std::uint64_t draw, std::uint64_t bound) {
      return static_cast<std::uint64_t>(static_cast<unsigned __int128>(draw) * bound >> 64);
    };
    for (std::size_t q = 0; q < sites.strata().size(); ++q) {
      const std::uint64_t s = w(seed, (std::uint64_t{1} << 40) + q);
      const bool ofMessages = sites.strata()[q].request.kind->mechanism == Mechanism::Message;
      // (sample, site) of every message, by sample, neuron and step.
      std::vector<std::pair<std::int64_t, std::uint64_t>> messages;
      for (std::int64_t sample = 0; ofMessages && sample < 5; ++sample) {
        Baseline run;
        run.run(flat, input, sample);
        for (std::uint64_t site = 0; site < sites.strata()[q].sites; ++site) {
          const Fault fault = sites.fault(q, site);
          if (run.sent(fault.step, flat.sourceOfCell(flat.cellOf(fault.population, fault.neuron))) != 0)
            messages.emplace_back(sample, site);
        }
      }
      EXPECT_EQ((*(*campaign)->pairs(input, {}))[q],
                ofMessages ? messages.size() : 5 * sites.strata()[q].sites);
      const auto draws = (*campaign)->draw(input, {{q, 3, 20}}, {});
      if (ofMessages && messages.empty()) {
        ASSERT_FALSE(draws);
        EXPECT_EQ(draws.error().diagnostics.front().code, "R0804");
        continue;
      }
      ASSERT_TRUE(draws);
      for (std::uint64_t k = 0; k < 20; ++k) {
        const Draw& draw = draws->front()[k];
        const std::uint64_t n = k + 3;
        if (ofMessages) {
          const auto& [sample, site] = messages[scaled(w(s, 2 * n + 1), messages.size())];
          ASSERT_EQ(std::pair(draw.sample, draw.site), std::pair(sample, site));
          continue;
        }
        ASSERT_EQ(static_cast<std::uint64_t>(draw.sample), scaled(w(s, 2 * n), 5));
        ASSERT_EQ(draw.site, scaled(w(s, 2 * n + 1), sites.strata()[q].sites));
      }
    }
  }
}

}  // namespace
}  // namespace rheo::faults
