// The vector kernels against the plain functions of fixed/Arithmetic.h, bit for bit, on every instruction
// set that this processor has.
#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <bit>
#include <random>
#include <vector>

#include "fixed/Arithmetic.h"
#include "fixed/IntegerAlgebra.h"
#include "models/AllModels.h"
#include "sim/vector/AlignedVector.h"
#include "sim/vector/Kernels.h"

namespace rheo::vector {
namespace {

namespace plain {
#include "models/AllSteps.inc"
std::int32_t step(const models::ModelTable& model, fixed::IntegerAlgebra& algebra, std::int32_t* state,
                  const std::int32_t* input, const std::int32_t* p) {
#define RHEO_MODEL(name) \
  if (model.opcode == models::name::kTable.opcode) return name::step(algebra, state, input, p);
#include "models/Models.def"
#undef RHEO_MODEL
  ADD_FAILURE() << "no step for " << model.name;
  return 0;
}
}  // namespace plain

// Runs `check` with the kernels of each instruction set in turn.
template <class Check>
void onEveryTarget(Check check) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    SCOPED_TRACE(kernels().target);
    check(kernels());
    hwy::SetSupportedTargetsForTest(0);
  }
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::int32_t between(std::int32_t low, std::int32_t high) {
    return std::uniform_int_distribution<std::int32_t>(low, high)(engine_);
  }
  // An edge of the range or its neighbour as often as a value inside.
  std::int32_t edgy(std::int32_t low, std::int32_t high) {
    switch (between(0, 7)) {
      case 0:
        return low;
      case 1:
        return high;
      case 2:
        return std::min(high, low + between(0, 2));
      case 3:
        return std::max(low, high - between(0, 2));
      case 4:
        return std::clamp(between(-3, 3), low, high);
      case 5:
        return std::clamp(between(-5000, 5000), low, high);
      default:
        return between(low, high);
    }
  }

 private:
  std::mt19937_64 engine_;
};

// One population in arrays, padded as the engine does it.
struct Fixture {
  std::int32_t size;
  std::vector<AlignedVector<std::int32_t>> states, parameters;
  AlignedVector<std::int32_t> input, payloads, activePayloads;
  AlignedVector<std::uint32_t> active;
  AlignedVector<std::uint64_t> resting;
  std::vector<std::int64_t> wraps, saturations;
  UpdateCall call;

  Fixture(const models::ModelTable& model, std::int32_t n, bool shared, Random& random) : size(n) {
    const std::size_t width = static_cast<std::size_t>(padded(n));
    for (std::size_t k = 0; k < model.states.size(); ++k) states.emplace_back(width);
    for (const models::FixedParameter& parameter : model.fixedParameters) {
      AlignedVector<std::int32_t> values(shared ? kPadding : width);
      const std::int32_t common = random.edgy(parameter.minimum, parameter.maximum);
      for (std::int32_t& value : values)
        value = shared ? common : random.edgy(parameter.minimum, parameter.maximum);
      parameters.push_back(std::move(values));
    }
    input.resize(width * model.ports.size()), payloads.resize(width), active.resize(width),
        activePayloads.resize(width);
    resting.resize(restWords(n)), wraps.resize(width), saturations.resize(width);
    call.size = n;
    for (std::size_t k = 0; k < states.size(); ++k) call.states[k] = states[k].data();
    for (std::size_t k = 0; k < parameters.size(); ++k) {
      call.parameters[k] = parameters[k].data();
      call.parameterMask[k] = shared ? 0 : ~std::size_t{0};
    }
    call.input = input.data(), call.payloads = payloads.data(), call.active = active.data();
    call.activePayloads = model.graded ? activePayloads.data() : nullptr;
    call.resting = resting.data(), call.wraps = wraps.data(), call.saturations = saturations.data();
  }
};

// Blocks that were at rest in some step, over all models.
std::int64_t rested = 0;

void checkModel(const Kernels& kernels, const models::ModelTable& model, const Profile& profile,
                std::int32_t size, bool shared, std::uint64_t seed) {
  Random random(seed);
  Fixture f(model, size, shared, random);
  const UpdateFunction update = kernels.update(model.opcode, profile.currentOverflow);
  ASSERT_NE(update, nullptr);
  std::vector<std::int64_t> wraps(f.wraps.size()), saturations(f.wraps.size());
  for (int step = 0; step < 16; ++step) {
    if (step % 8 == 0) {
      for (auto& state : f.states)
        for (std::int32_t& value : state)
          value = step == 0 ? random.edgy(-fixed::kHalfPeriod, fixed::kHalfPeriod) : 0;
      std::fill(f.resting.begin(), f.resting.end(), 0);
    }
    for (std::size_t block = 0; block < f.input.size(); block += kPadding)
      if (step % 8 < 2 || random.between(0, 2) == 0)
        for (std::size_t i = block;
             i < block + kPadding && i % f.payloads.size() < static_cast<std::size_t>(size); ++i)
          f.input[i] = random.edgy(-fixed::kInputBound, fixed::kInputBound);
    const auto before = f.states;
    const auto given = f.input;
    const std::size_t fired = update(f.call);
    std::vector<std::uint32_t> expected;
    std::vector<std::int32_t> payloads;
    for (std::int32_t i = 0; i < size; ++i) {
      std::int32_t state[models::kMaxStates], p[models::kMaxParameters];
      for (std::size_t k = 0; k < before.size(); ++k) state[k] = before[k][i];
      for (std::size_t k = 0; k < f.parameters.size(); ++k)
        p[k] = f.parameters[k][i & f.call.parameterMask[k]];
      fixed::IntegerAlgebra algebra{profile.currentOverflow};
      const std::size_t width = f.payloads.size();
      std::int32_t input[models::kMaxPorts];
      for (std::size_t k = 0; k < model.ports.size(); ++k) input[k] = given[k * width + i];
      const std::int32_t sent = plain::step(model, algebra, state, input, p);
      if (sent != 0) expected.push_back(static_cast<std::uint32_t>(i)), payloads.push_back(sent);
      wraps[i] += algebra.wraps, saturations[i] += algebra.saturations;
      for (std::size_t k = 0; k < before.size(); ++k)
        ASSERT_EQ(f.states[k][i], state[k]) << model.name << "." << model.states[k] << " of neuron " << i;
      ASSERT_EQ(f.payloads[i], sent) << model.name << ", neuron " << i;
    }
    ASSERT_EQ(std::vector<std::uint32_t>(f.active.begin(), f.active.begin() + fired), expected) << model.name;
    ASSERT_EQ(f.input, AlignedVector<std::int32_t>(f.input.size())) << model.name;
    for (const std::uint64_t word : f.resting) rested += std::popcount(word);
    if (model.graded) {
      ASSERT_EQ(std::vector<std::int32_t>(f.activePayloads.begin(), f.activePayloads.begin() + fired),
                payloads)
          << model.name;
    }
  }
  EXPECT_EQ(f.wraps, wraps) << model.name;
  EXPECT_EQ(f.saturations, saturations) << model.name;
}

TEST(VectorKernels, n11_to_n37_every_model_and_profile_equals_plain_integers) {
  onEveryTarget([](const Kernels& kernels) {
    for (const models::ModelTable& model : models::allModels())
      for (const Profile& profile : kProfiles)
        for (const std::int32_t size : {1, 7, 16, 33, 512, 1000})
          for (const bool shared : {false, true})
            checkModel(kernels, model, profile, size, shared, static_cast<std::uint64_t>(size) * 2 + shared);
  });
}

TEST(VectorKernels, neurons_rest) {
  rested = 0;
  for (const models::ModelTable& model : models::allModels())
    checkModel(kernels(), model, kProfiles[0], 1040, true, 3);
  EXPECT_GT(rested, 100);
}

TEST(VectorKernels, refuses_an_unknown_opcode) {
  EXPECT_EQ(kernels().update(255, CurrentOverflow::WrapOnce), nullptr);
}

template <class Weight, class AddRows>
void checkRows(AddRows addRows, std::int32_t width, bool graded, Random& random) {
  const int sources = 700;
  const Weight high = std::numeric_limits<Weight>::max();
  const std::size_t stride = static_cast<std::size_t>(width);
  const std::int32_t limit = random.between(1, high);
  AlignedVector<Weight> weights(sources * stride);
  for (Weight& weight : weights) weight = static_cast<Weight>(random.edgy(-limit, limit));
  std::vector<std::uint32_t> index;
  std::vector<std::int32_t> payload;
  for (int source = 0; source < sources; ++source)
    if (random.between(0, 2) != 0) {
      index.push_back(static_cast<std::uint32_t>(source));
      payload.push_back(graded ? random.between(1, 9) : 1);
    }
  AlignedVector<std::int32_t> sum(stride);
  for (std::int32_t& value : sum) value = random.between(-1000, 1000);
  std::vector<std::int64_t> expected(sum.begin(), sum.end());
  const int shift = random.between(0, 3);
  for (std::size_t k = 0; k < index.size(); ++k)
    for (std::int32_t x = 0; x < width; ++x)
      expected[x] += std::int64_t{weights[index[k] * stride + x]} * payload[k] << shift;
  addRows(RowsCall<Weight>{weights.data(),
                           stride,
                           width,
                           static_cast<std::size_t>(32767 / limit),
                           shift,
                           {index.data(), graded ? payload.data() : nullptr, index.size()},
                           sum.data()});
  EXPECT_EQ(std::vector<std::int64_t>(sum.begin(), sum.end()), expected) << "width " << width;
}

TEST(VectorKernels, w5_row_sums_are_exact_at_the_flush_bound) {
  onEveryTarget([](const Kernels& kernels) {
    Random random(7);
    for (const std::int32_t width : {16, 32, 48, 64, 112, 128, 256, 272, 512, 1008})
      for (const bool graded : {false, true}) {
        checkRows<std::int8_t>(kernels.addRows8, width, graded, random);
        checkRows<std::int16_t>(kernels.addRows16, width, graded, random);
      }
  });
}

TEST(VectorKernels, n19_shared_lists_land_where_each_use_says) {
  onEveryTarget([](const Kernels& kernels) {
    Random random(11);
    for (const bool graded : {false, true}) {
      const std::vector<std::uint64_t> tileStart{0, 3, 3, 4}, useStart{0, 2, 2, 3, 4};
      const std::vector<std::int32_t> offset{-8, 8, 24, 4};
      const std::vector<SharedUse> uses{{0, 24}, {2, 60}, {1, 7}, {0, 56}};
      AlignedVector<std::int32_t> weights(offset.size() * kPadding), sum(112);
      for (std::int32_t& weight : weights) weight = random.edgy(-70000, 70000);
      for (std::int32_t& value : sum) value = random.between(-1000, 1000);
      const std::vector<std::uint32_t> index{0, 2, 3};
      const std::vector<std::int32_t> payload{70000, -1, 3};
      auto expected = sum;
      for (std::size_t k = 0; k < index.size(); ++k)
        for (std::uint64_t u = useStart[index[k]]; u < useStart[index[k] + 1]; ++u)
          for (std::uint64_t t = tileStart[uses[u].list]; t < tileStart[uses[u].list + 1]; ++t)
            for (int x = 0; x < kPadding; ++x) {
              std::int32_t& target = expected[static_cast<std::int32_t>(uses[u].base) + offset[t] + x];
              target = fixed::addProduct(target, weights[t * kPadding + x], graded ? payload[k] : 1);
            }
      kernels.addShared({useStart.data(),
                         uses.data(),
                         tileStart.data(),
                         offset.data(),
                         weights.data(),
                         {index.data(), graded ? payload.data() : nullptr, index.size()},
                         sum.data()});
      EXPECT_EQ(sum, expected);
    }
  });
}

TEST(VectorKernels, w5_negative_exponents_floor_the_sum) {
  onEveryTarget([](const Kernels& kernels) {
    Random random(3);
    for (int shift = 0; shift <= 8; ++shift) {
      AlignedVector<std::int32_t> shifted(48), sum(48);
      for (std::int32_t& value : shifted) value = random.edgy(-70000, 70000);
      for (std::int32_t& value : sum) value = random.between(-1000, 1000);
      auto expected = sum;
      for (std::size_t i = 0; i < sum.size(); ++i) expected[i] += fixed::shiftSum(shifted[i], -shift);
      kernels.addShifted(shifted.data(), shift, 48, sum.data());
      EXPECT_EQ(sum, expected);
      EXPECT_EQ(shifted, AlignedVector<std::int32_t>(48));
    }
  });
}

TEST(VectorKernels, t1_changes_are_listed_where_they_are_fewer) {
  onEveryTarget([](const Kernels& kernels) {
    Random random(9);
    for (const std::int32_t size : {1, 63, 64, 65, 130, 784})
      for (const int rare : {1, 2, 8, 40}) {
        const std::size_t words = (static_cast<std::size_t>(size) + 63) / 64;
        std::vector<std::int32_t> before(static_cast<std::size_t>(size)), now;
        for (std::int32_t& value : before) value = random.between(0, 1);
        now = before;
        for (std::int32_t& value : now)
          if (random.between(0, rare) == 0) value = value ? 0 : 200;
        std::vector<std::uint64_t> bits(words), old(words), same(words);
        const std::vector<std::uint8_t> bytes(now.begin(), now.end());
        kernels.mark(before.data(), size, old.data());
        kernels.mark(now.data(), size, bits.data());
        kernels.markBytes(bytes.data(), size, same.data());
        EXPECT_EQ(bits, same);
        std::vector<std::uint32_t> came, gone, room(128 * words);
        for (std::int32_t i = 0; i < size; ++i) {
          if (now[i] && !before[i]) came.push_back(static_cast<std::uint32_t>(i));
          if (!now[i] && before[i]) gone.push_back(static_cast<std::uint32_t>(i));
        }
        BitList in{room.data(), 0}, out{room.data() + 64 * words, 0};
        const std::size_t changed = came.size() + gone.size();
        EXPECT_FALSE(kernels.compare(bits.data(), old.data(), words, changed, &in, &out));
        EXPECT_TRUE(kernels.compare(bits.data(), old.data(), words, changed + 1, &in, &out));
        EXPECT_EQ(std::vector<std::uint32_t>(in.index, in.index + in.count), came);
        EXPECT_EQ(std::vector<std::uint32_t>(out.index, out.index + out.count), gone);
      }
  });
}

TEST(VectorKernels, w5_kept_sums_lose_what_went) {
  onEveryTarget([](const Kernels& kernels) {
    Random random(4);
    AlignedVector<std::int32_t> kept(48), gone(48), sum(48);
    for (std::int32_t& value : kept) value = random.between(-70000, 70000);
    for (std::int32_t& value : gone) value = random.between(-70000, 70000);
    for (std::int32_t& value : sum) value = random.between(-1000, 1000);
    auto expectedKept = kept, expectedSum = sum;
    for (std::size_t i = 0; i < sum.size(); ++i) {
      expectedKept[i] -= gone[i];
      expectedSum[i] += expectedKept[i];
    }
    kernels.settle(kept.data(), gone.data(), 48, sum.data());
    EXPECT_EQ(kept, expectedKept);
    EXPECT_EQ(sum, expectedSum);
    EXPECT_EQ(gone, AlignedVector<std::int32_t>(48));
  });
}

TEST(VectorKernels, t1_active_lists_hold_every_payload) {
  onEveryTarget([](const Kernels& kernels) {
    Random random(5);
    for (const std::int32_t size : {1, 15, 16, 17, 784})
      for (const std::int32_t largest : {1, 255, 70000}) {
        const std::size_t room = static_cast<std::size_t>(padded(size));
        std::vector<std::int32_t> values(static_cast<std::size_t>(size)), payload(room);
        std::vector<std::uint32_t> index(room);
        for (std::int32_t& value : values)
          value = random.between(0, 3) == 0 ? random.between(-largest, largest) : 0;
        if (largest == 1)
          for (std::int32_t& value : values) value = value != 0;
        bool unit = false;
        const std::size_t count = kernels.compact(values.data(), size, index.data(), payload.data(), &unit);
        if (largest <= 255) {
          for (std::int32_t& value : values) value = std::abs(value);
          const std::vector<std::uint8_t> bytes(values.begin(), values.end());
          auto again = index;
          bool unitAgain = false;
          EXPECT_EQ(kernels.compactBytes(bytes.data(), size, again.data(), payload.data(), &unitAgain),
                    count);
          again.resize(count), index.resize(count);
          EXPECT_EQ(again, index);
          bool allOne = true;
          for (const std::uint8_t byte : bytes) allOne &= byte <= 1;
          EXPECT_EQ(unitAgain, allOne);
          unit = unitAgain;
        }
        std::size_t expected = 0;
        bool expectedUnit = true;
        for (std::int32_t i = 0; i < size; ++i)
          if (values[i] != 0) {
            ASSERT_LT(expected, count);
            EXPECT_EQ(index[expected++], static_cast<std::uint32_t>(i));
            expectedUnit &= values[i] == 1;
          }
        EXPECT_EQ(count, expected);
        EXPECT_EQ(unit, expectedUnit);
        for (std::size_t k = 0; !unit && k < count; ++k) EXPECT_EQ(payload[k], values[index[k]]);
      }
  });
}

}  // namespace
}  // namespace rheo::vector
