// Numbers drawn for a purpose: Philox under a seed, so that what is drawn depends on no thread and no order.
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "partition/Hypergraph.h"
#include "support/Philox.h"

namespace rheo::partition {

enum class Purpose : std::uint32_t { Start, Direction, Order, Noise };

// The stream of one purpose, and within it of one pair of numbers (a pass, a vertex).
class Random {
 public:
  Random(std::uint64_t seed, Purpose purpose, std::uint32_t first = 0, std::uint32_t second = 0)
      : counter_{0, static_cast<std::uint32_t>(purpose), first, second},
        key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)} {}

  std::uint32_t word() {
    if (left_ == 0) {
      words_ = philox(counter_, key_);
      ++counter_[0];
      left_ = words_.size();
    }
    return words_[--left_];
  }
  double uniform() { return (word() + 0.5) * 0x1p-32; }  // above 0, below 1
  Index below(Index bound) { return static_cast<Index>(std::uint64_t{word()} * bound >> 32); }

  void shuffle(std::vector<Index>& list) {
    for (std::size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[below(static_cast<Index>(i))]);
  }

 private:
  PhiloxCounter counter_;
  PhiloxKey key_;
  PhiloxCounter words_{};
  std::size_t left_ = 0;
};

}  // namespace rheo::partition
