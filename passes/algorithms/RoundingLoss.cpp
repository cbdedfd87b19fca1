// Lanes are units, not values: each keeps the order of its sum.
#include "algorithms/RoundingLoss.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace rheo {
namespace {

constexpr std::size_t kLanes = 8;
using Lanes = std::array<double, kLanes>;
using Vector = double __attribute__((vector_size(kLanes * sizeof(double))));  // GCC's and Clang's

// Function multiversioning; without fused multiplications (CMakeLists.txt) all versions give the same bits.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define RHEO_WIDE_VECTORS __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define RHEO_WIDE_VECTORS
#endif

// What WeightFormat::round does, without its way through integers: the same number.
RHEO_WIDE_VECTORS void addLosses(std::span<const double> values, std::int64_t stride, double least,
                                 double most, double step, const Lanes& units, Lanes& errors, Lanes& powers) {
  const double shares = 1 / step;  // steps are powers of two
  Vector unit, error{}, power{};
  std::memcpy(&unit, units.data(), sizeof(unit));
  const Vector lowest = Vector{} + least, highest = Vector{} + most;
  for (std::size_t i = 0; i < values.size(); i += static_cast<std::size_t>(stride)) {
    const Vector wanted = values[i] * unit;
    const Vector above = wanted < lowest ? lowest : wanted;
    const Vector clipped = above > highest ? highest : above;
    const Vector miss = ((clipped * shares + kRoundsToWhole) - kRoundsToWhole) * step - wanted;
    error += miss * miss;
    power += wanted * wanted;
  }
  std::memcpy(errors.data(), &error, sizeof(error));
  std::memcpy(powers.data(), &power, sizeof(power));
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
