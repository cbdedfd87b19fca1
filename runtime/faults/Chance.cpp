// Random draws of faults from Philox.
#include "faults/Chance.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <vector>

#include "support/Philox.h"

namespace rheo::faults {
namespace {

// The streams of one seed.
enum NoiseStream : std::uint32_t { kLoss = 1, kNoise = 2, kDeletion = 3, kJitter = 4 };

// The last words of counters that number something else than samples and steps.
enum Draws : std::uint32_t { kWide = ~0u, kNormal = ~1u, kLots = ~2u };

PhiloxKey keyOf(std::uint64_t seed) {
  return {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
}

PhiloxCounter wordsOf(std::uint64_t seed, std::uint64_t number, std::uint32_t of, Draws draws) {
  return philox({static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(number >> 32), of, draws},
                keyOf(seed));
}

std::uint64_t wideWord(std::uint64_t seed, std::uint64_t number, std::uint32_t of, Draws draws) {
  const PhiloxCounter words = wordsOf(seed, number, of, draws);
  return std::uint64_t{words[1]} << 32 | words[0];
}

bool happens(std::uint32_t draw, double rate) { return static_cast<double>(draw) < rate * 0x1p32; }

}  // namespace

std::uint32_t chance(std::uint64_t seed, std::uint32_t stream, std::uint64_t sample, std::uint32_t step,
                     std::uint32_t index) {
  const auto high = static_cast<std::uint32_t>(sample >> 32);
  return philox({index, step, static_cast<std::uint32_t>(sample), stream ^ (high << 8)}, keyOf(seed))[0];
}

std::uint64_t wideChance(std::uint64_t seed, std::uint64_t number) {
  return wideWord(seed, number, 0, kWide);
}

std::uint64_t lot(std::uint64_t seed, std::uint32_t stratum, std::uint64_t place) {
  return wideWord(seed, place, stratum, kLots);
}

double normalChance(std::uint64_t seed, std::uint32_t stream, std::uint64_t index) {
  const PhiloxCounter words = wordsOf(seed, index, stream, kNormal);
  const double first = (static_cast<double>(words[0]) + 1) * 0x1p-32;  // in (0, 1]
  const double second = static_cast<double>(words[1]) * 0x1p-32;
  return std::sqrt(-2 * std::log(first)) * std::cos(2 * std::numbers::pi * second);
}

bool messageLost(const LossEdit& loss, std::int64_t sample, std::int64_t step, std::int32_t source) {
  return happens(chance(loss.seed, kLoss, static_cast<std::uint64_t>(sample),
                        static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(source)),
                 loss.rate);
}

void disturbTrain(const InputEdit& edit, std::int64_t sample, std::int32_t channel,
                  std::span<std::int32_t> train) {
  using What = InputEdit::What;
  const auto draw = [&](NoiseStream stream, std::size_t step) {
    return chance(edit.seed, stream, static_cast<std::uint64_t>(sample), static_cast<std::uint32_t>(step),
                  static_cast<std::uint32_t>(channel));
  };
  switch (edit.what) {
    case What::None:
      return;
    case What::Silent:
    case What::Always:
      if (edit.channel == channel) std::fill(train.begin(), train.end(), edit.what == What::Always ? 1 : 0);
      return;
    case What::Noise:
      for (std::size_t t = 0; t < train.size(); ++t)
        if (train[t] == 0 && happens(draw(kNoise, t), edit.rate)) train[t] = 1;
      return;
    case What::Deletion:
      for (std::size_t t = 0; t < train.size(); ++t)
        if (train[t] != 0 && happens(draw(kDeletion, t), edit.rate)) train[t] = 0;
      return;
    case What::Jitter: {
      std::vector<std::int32_t> moved(train.size());
      const std::int64_t last = std::ssize(train) - 1;
      for (std::size_t t = 0; t < train.size(); ++t) {
        if (train[t] == 0) continue;
        const auto now = static_cast<std::int64_t>(t);
        const std::int64_t from = std::max<std::int64_t>(0, now - edit.by);
        const auto width = static_cast<std::uint64_t>(std::min(last, now + edit.by) - from + 1);
        const std::int64_t to =
            from + static_cast<std::int64_t>(std::uint64_t{draw(kJitter, t)} * width >> 32);
        std::int32_t& place = moved[static_cast<std::size_t>(to)];
        if (std::abs(std::int64_t{train[t]}) > std::abs(std::int64_t{place})) place = train[t];
      }
      std::copy(moved.begin(), moved.end(), train.begin());
      return;
    }
  }
}

}  // namespace rheo::faults
