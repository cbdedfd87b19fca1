// The random numbers of one fuzzed input. They depend on the seed and on the input's number alone, so that
// any input can be made again without the ones before it.
#pragma once

#include <cstdint>

namespace rheo::fuzz {

class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t input) : state_(mix(seed) + mix(~input)) {}

  // SplitMix64: an input may take thousands of numbers, and setting up must cost nothing.
  std::uint64_t next() { return mix(state_ += 0x9e3779b97f4a7c15); }
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }  // bound > 0
  bool oneIn(std::uint64_t chances) { return below(chances) == 0; }
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most - least) + 1));
  }
  template <class List>
  auto& pick(List& list) {
    return list[static_cast<std::size_t>(below(list.size()))];
  }

 private:
  static std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  }
  std::uint64_t state_;
};

}  // namespace rheo::fuzz
