// Numbers at which code goes wrong: ends of ranges, neighbours, powers of two.
#pragma once

#include <cstdint>

#include "common/Random.h"

namespace rheo::fuzz {

// Something else in the place of `value`, which has `bits` bits.
inline std::uint64_t otherValue(std::uint64_t value, int bits, Random& random) {
  const std::uint64_t all = ~std::uint64_t{0} >> (64 - bits);
  const auto bit = [&] { return std::uint64_t{1} << random.below(static_cast<std::uint64_t>(bits)); };
  switch (random.below(10)) {
    case 0:
      return 0;
    case 1:
      return all;
    case 2:
      return all >> 1;  // the largest signed value
    case 3:
      return (all >> 1) + 1;  // the smallest
    case 4:
      return bit();
    case 5:
      return (value + 1) & all;
    case 6:
      return (value - 1) & all;
    case 7:
      return random.below(20) & all;
    case 8:
      return random.next() & all;
    default:
      return value ^ bit();
  }
}

}  // namespace rheo::fuzz
