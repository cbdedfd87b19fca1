// What was placed and emitted, decoded again by the runtime's own decoder: the same weights, delays,
// registers and routes, whatever the chip.
#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <tuple>

#include "Problems.h"

namespace rheo {
namespace {

// (source kind, source, source neuron, target population, target neuron, exponent, delay) -> weight
using Synapses = std::map<std::tuple<bool, int, int, int, int, int, int>, std::int64_t>;

std::int32_t cut(std::int32_t weight, const ProjectionSpec& projection, const Profile& profile) {
  const int step = 1 << (8 - projection.weightBits + (projection.signMode == SignMode::Mixed ? 1 : 0));
  const bool floors =
      projection.signMode == SignMode::Mixed && profile.weightTruncation == WeightTruncation::Floor;
  std::int32_t kept = weight / step * step;
  if (floors && kept > weight) kept -= step;
  return kept;
}

// W6, as its text states it.
std::int32_t shifted(std::int32_t weight, int exponent) {
  const double value = weight * std::pow(2.0, 6 + exponent) / 64;
  return static_cast<std::int32_t>(std::floor(value));
}

Synapses wanted(const PlacementProblem& problem) {
  Synapses all;
  const bool ofSum = problem.profile->weightExponent == WeightExponent::OfSum;
  for (const ProjectionSpec& projection : problem.projections) {
    for (int source = 0; source < problem.sourceSize(projection); ++source)
      projection.wiring.targetsOf(source, [&](std::int64_t target, std::int64_t index) {
        std::int32_t weight =
            cut(projection.weights[static_cast<std::size_t>(index)], projection, *problem.profile);
        if (!ofSum) weight = shifted(weight, projection.exponent);
        const int delay = projection.axonDelay() + projection.synapseDelay(index);
        if (weight != 0)
          all[{projection.fromInput, projection.source, source, projection.target, int(target),
               ofSum ? projection.exponent : 0, delay}] += weight;
      });
  }
  return all;
}

Synapses found(const Program& program) {
  Synapses all;
  const auto follow = [&](bool fromInput, int source, int neuron, const Route& route) {
    const Core& core = program.cores[route.core];
    const Axon& axon = core.axons[route.axon];
    for (std::uint64_t i = 0; i < axon.synapseCount; ++i) {
      const Synapse& synapse = core.synapses[axon.firstSynapse + i];
      if (synapse.weight == 0) continue;
      for (const CompartmentSlice& slice : core.slices) {
        const models::ModelTable& model = *program.populations[slice.population].model;
        const auto row = axon.base + synapse.input - slice.firstInput;
        if (row >= 0 && row < model.inputsOf(slice.count))
          all[{fromInput, source, neuron, slice.population,
               static_cast<int>(model.inputsOf(slice.firstNeuron) + row), core.groups[axon.group].exponent,
               synapse.delay}] += synapse.weight;
      }
    }
  };
  for (std::size_t p = 0; p < program.inputs.size(); ++p)
    for (int n = 0; n < program.inputs[p].size; ++n)
      for (auto r = program.inputs[p].routeStart[n]; r < program.inputs[p].routeStart[n + 1]; ++r)
        follow(true, static_cast<int>(p), n, program.inputs[p].routes[r]);
  for (const Core& core : program.cores)
    for (const CompartmentSlice& slice : core.slices)
      for (int i = 0; i < slice.count; ++i)
        for (auto r = core.routeStart[slice.firstCompartment + i];
             r < core.routeStart[slice.firstCompartment + i + 1]; ++r)
          follow(false, slice.population, slice.firstNeuron + i, core.routes[r]);
  return all;
}

void build(Problem& problem, unsigned seed, int scale) {
  std::mt19937 random(seed);
  const auto draw = [&](int low, int high) { return low + int(random() % unsigned(high - low + 1)); };
  const int in = problem.input("in", 8 * scale);
  const int hidden = problem.population("hidden", 10 * scale, "cuba_lif");
  const int deep = problem.population("deep", 6 * scale);
  const int out = problem.population("out", 3, "li");
  problem.populations[out].registers.erase("vth");
  const auto dense = [&](int, int) { return draw(-256, 254); };
  const auto sparse = [&](int, int) { return draw(0, 9) == 0 ? draw(1, 255) : 0; };
  const auto mixed = [&](int, int s) {
    return s % 3 == 0 ? -draw(1, 255) : draw(0, 7) == 0 ? -draw(1, 255) : 0;
  };
  problem.connect("w_in", true, in, hidden, dense).exponent = draw(-2, 1);
  ProjectionSpec& recurrent = problem.connect("w_rec", false, hidden, hidden, sparse);
  recurrent.signMode = SignMode::Excitatory;
  recurrent.weightBits = draw(5, 8);
  recurrent.exponent = -3;
  ProjectionSpec& down = problem.connect("w_deep", false, hidden, deep, mixed);
  down.signMode = SignMode::Inhibitory;
  down.delay = draw(1, 15);
  problem.connect("w_skip", true, in, deep, dense).weightBits = draw(1, 8);
  problem.projections.back().delay = 2;
  problem.connect("w_out", false, deep, out, dense).weightBits = 4;
  auto& thresholds = problem.populations[deep].registers["vth"];
  thresholds.clear();
  for (int i = 0; i < 6 * scale; ++i) thresholds.push_back(50 + i % 3);
}

void expectSame(const Problem& problem, const ChipSpec& chip) {
  auto placement = place(problem, chip);
  ASSERT_TRUE(placement) << placement.error().diagnostics[0].message;
  auto image = emitImage(problem, *placement, chip, problem.metadata());
  ASSERT_TRUE(image) << image.error().diagnostics[0].message;
  auto program = decode(*image);
  ASSERT_TRUE(program) << program.error().diagnostics[0].where << program.error().diagnostics[0].message;
  EXPECT_EQ(found(*program), wanted(problem));
  for (const Core& core : program->cores)
    for (const CompartmentSlice& slice : core.slices) {
      const PopulationSpec& population = problem.populations[slice.population];
      for (int i = 0; i < slice.count; ++i) {
        std::size_t p = 0;
        for (const models::FixedParameter& parameter : population.model->fixedParameters) {
          const auto value = core.parameters[p++][slice.firstCompartment + i];
          const int neuron = slice.firstNeuron + i;
          if (population.model->microcode) {
            EXPECT_EQ(value, registerValue(population, std::string(parameter.name), neuron));
            continue;
          }
          if (parameter.name == "decay_u") {
            EXPECT_EQ(value, registerValue(population, "du", neuron) + 1);
          }
          if (parameter.name == "decay_v") {
            EXPECT_EQ(value, registerValue(population, "dv", neuron));
          }
          if (parameter.name == "threshold") {
            EXPECT_EQ(value, 64 * registerValue(population, "vth", neuron));
          }
          if (parameter.name == "bias") {
            EXPECT_EQ(value, registerValue(population, "bias_mantissa", neuron) * 4);
          }
        }
      }
    }
}

TEST(Emit, i2_i3_i4_i5_i6_i7_i8_the_decoded_image_is_the_problem_on_every_chip) {
  for (const ChipSpec& chip : builtinChips())
    for (const std::string& name : chip.profiles)
      for (unsigned seed = 1; seed <= 12; ++seed) {
        SCOPED_TRACE(testing::Message() << chip.name << " " << name << " seed " << seed);
        Problem problem(*findProfile(name));
        build(problem, seed, 1 + static_cast<int>(seed % 3) * (chip.name == "tiny" ? 1 : 8));
        for (PopulationSpec& population : problem.populations) {
          population.registers["bias_mantissa"] = {-int(seed)};
          population.registers["bias_exponent"] = {2};
        }
        expectSame(problem, chip);
      }
}

TEST(Emit, i6_t1_rows_of_ports_reach_the_inputs_of_their_compartments) {
  for (const char* name : {"tiny", "loihi2"}) {
    Problem problem(kLavaProfile);
    const int in = problem.input("in", 5), plain = problem.population("plain", 40),
              product = problem.population("product", 30, "prod_neuron"),
              last = problem.population("last", 9);
    problem.populations[product].registers = {{"threshold", {1}}, {"exponent", {2}}};
    problem.connect("w_plain", true, in, plain, [](int t, int s) { return t + s; });
    problem.connect("w_dense", false, plain, product, [](int t, int s) { return t * 2 - s; });
    problem.connect("w_sparse", true, in, product, [](int t, int s) { return t % 7 == s ? 2 : 0; });
    problem.connect("w_last", false, product, last, [](int t, int s) { return 2 * t - s; });
    const auto chip = resolveChip(name);
    ASSERT_TRUE(chip);
    expectSame(problem, *chip);
    const auto placement = place(problem, *chip);
    for (const PlacedCore& core : placement->cores) {
      EXPECT_LE(core.use.inputs, chip->limit("neurons_per_core").value);
      std::int64_t next = 0;
      for (const PlacedSlice& slice : core.slices) {
        EXPECT_EQ(slice.firstInput, next);
        next += problem.populations[slice.population].model->inputsOf(slice.count);
      }
    }
  }
}

TEST(Emit, e1e2ResetRegistersReachTheDecoder) {
  Problem problem(kLavaProfile);
  const int in = problem.input("in", 3), a = problem.population("a", 4), b = problem.population("b", 4);
  problem.connect("wa", true, in, a, [](int, int) { return 64; });
  problem.connect("wb", true, in, b, [](int, int) { return 64; });
  problem.populations[a].registers["reset_mode"] = {2};
  problem.populations[b].registers["reset_mode"] = {1};
  problem.populations[b].registers["reset_value"] = {-3, -2, 1, 2};
  const ChipSpec& chip = *findBuiltinChip("tiny");
  auto placement = place(problem, chip);
  ASSERT_TRUE(placement);
  auto image = emitImage(problem, *placement, chip, problem.metadata());
  ASSERT_TRUE(image);
  auto program = decode(*image);
  ASSERT_TRUE(program);
  const auto& parameters =
      program->cores.at(0).parameters;  // decay_v, bias, threshold, reset_keep, reset_amount
  EXPECT_EQ(parameters[3][0], -1);
  EXPECT_EQ(parameters[4][0], 6400);
  EXPECT_EQ(parameters[3][4], 0);
  EXPECT_THAT(std::vector<int>(parameters[4].begin() + 4, parameters[4].end()),
              testing::ElementsAre(192, 128, -64, -128));
}

TEST(Emit, equalProblemsGiveEqualBytes) {
  std::vector<std::vector<std::uint8_t>> bytes;
  for (int i = 0; i < 2; ++i) {
    Problem problem(kLavaProfile);
    build(problem, 5, 8);
    const ChipSpec& chip = *findBuiltinChip("loihi2");
    auto image = emitImage(problem, *place(problem, chip), chip, problem.metadata());
    ASSERT_TRUE(image);
    bytes.emplace_back(image->bytes().begin(), image->bytes().end());
  }
  EXPECT_EQ(bytes[0], bytes[1]);
  EXPECT_GT(bytes[0].size(), 1000u);
}

TEST(Emit, headerNamesEverything) {
  Problem problem(kLavaProfile);
  build(problem, 2, 1);
  ImageMetadata about = problem.metadata();
  about.quantization = "{\"hidden\": {}}";
  about.outputs.emplace_back();
  about.outputs.back().name = "output";
  about.outputs.back().shape = {3};
  about.outputs.back().parts.push_back(std::make_unique<image::OutputPartT>());
  about.outputs.back().parts.back()->population = 2;
  about.outputs.back().parts.back()->state = "v";
  const ChipSpec& chip = *findBuiltinChip("tiny");
  auto image = emitImage(problem, *place(problem, chip), chip, std::move(about));
  ASSERT_TRUE(image);
  EXPECT_EQ(image->header().chip()->str(), "tiny");
  EXPECT_EQ(image->header().quantization()->str(), "{\"hidden\": {}}");
  EXPECT_EQ(image->header().limits()->size(), chip.limits.size());
  auto program = decode(*image);
  ASSERT_TRUE(program);
  EXPECT_EQ(program->outputs.at(0).parts.at(0).population, 2);
  EXPECT_EQ(program->outputs.at(0).parts.at(0).state, 0);
}

TEST(Emit, r0421MetadataOfAnotherProblemIsRefused) {
  Problem problem(kLavaProfile);
  build(problem, 2, 1);
  const ChipSpec& chip = *findBuiltinChip("tiny");
  auto image = emitImage(problem, *place(problem, chip), chip, {});
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().kind, ErrorKind::Internal);
}

}  // namespace
}  // namespace rheo
