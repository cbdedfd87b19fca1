// Lanes are units, not values: each keeps the order of its sum, and the compiler can make vectors of them.
#include "algorithms/RoundingLoss.h"

#include <algorithm>
#include <array>

namespace rheo {
namespace {

constexpr std::size_t kLanes = 8;
using Lanes = std::array<double, kLanes>;

// Function multiversioning: AVX2 has no fused multiplication, so that both versions give the same bits.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define RHEO_WIDE_VECTORS __attribute__((target_clones("avx2", "default")))
#else
#define RHEO_WIDE_VECTORS
#endif

// What WeightFormat::round does, without its way through integers: the same number.
RHEO_WIDE_VECTORS void addLosses(std::span<const double> values, std::int64_t stride, double least,
                                 double most, double step, const Lanes& units, Lanes& errors, Lanes& powers) {
  const double shares = 1 / step;  // steps are powers of two
  const Lanes unit = units;
  Lanes error{}, power{};
  for (std::size_t i = 0; i < values.size(); i += static_cast<std::size_t>(stride)) {
    const double value = values[i];
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const double wanted = value * unit[lane];
      const double above = wanted < least ? least : wanted;
      const double clipped = above > most ? most : above;
      const double miss = ((clipped * shares + kRoundsToWhole) - kRoundsToWhole) * step - wanted;
      error[lane] += miss * miss;
      power[lane] += wanted * wanted;
    }
  }
  errors = error;
  powers = power;
}

}  // namespace

std::vector<RoundingLoss> roundingLosses(std::span<const double> values, std::int64_t stride,
                                         const WeightFormat& format, std::span<const double> units) {
  std::vector<RoundingLoss> losses(units.size());
  for (std::size_t first = 0; first < units.size(); first += kLanes) {
    const std::size_t count = std::min(kLanes, units.size() - first);
    Lanes some{}, errors{}, powers{};
    std::copy_n(units.begin() + static_cast<std::ptrdiff_t>(first), count, some.begin());
    addLosses(values, stride, format.least(), format.most(), format.step(), some, errors, powers);
    for (std::size_t lane = 0; lane < count; ++lane) losses[first + lane] = {errors[lane], powers[lane]};
  }
  return losses;
}

}  // namespace rheo
