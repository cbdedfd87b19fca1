// The inner loops of the vector engine, compiled once for each instruction set; the best one that the
// processor has is chosen at run time. Widths are padded: every array that a kernel writes has room for a
// multiple of kPadding elements.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fixed/Profile.h"
#include "models/Model.h"

namespace rheo::vector {

inline constexpr std::int32_t kPadding = 16;  // targets; one vector of int32 on the widest instruction set

constexpr std::int32_t padded(std::int32_t size) { return (size + kPadding - 1) / kPadding * kPadding; }
// Words that hold a bit for every block of kPadding neurons.
constexpr std::size_t restWords(std::int32_t size) {
  return (static_cast<std::size_t>(padded(size) / kPadding) + 63) / 64;
}

// Sources that sent something in a step, in ascending order.
struct ActiveView {
  const std::uint32_t* index = nullptr;
  const std::int32_t* payload = nullptr;  // nullptr: every payload is 1
  std::size_t count = 0;
};

// Adds rows of a matrix [sources, stride] to `sum` [width], shifted left: sum[i] += rowSum[i] << shift.
// Partial sums live in 16 bits for at most `rowsPerFlush` rows: the caller proved that they cannot
// overflow. With payloads, products are formed in 32 bits.
template <class Weight>
struct RowsCall {
  const Weight* weights;
  std::size_t stride;
  std::int32_t width;  // a multiple of kPadding
  std::size_t rowsPerFlush;
  int shift;
  ActiveView active;
  std::int32_t* sum;
};

// Where a list of a kernel's synapses lands: its places are counted from `base`, modulo 2^32.
struct SharedUse {
  std::uint32_t list;
  std::uint32_t base;
};

// Adds what the spikes of sources bring through shared lists. A list is made of tiles: kPadding neighbouring
// targets with their weights, zero for those that the list does not reach. Tiles land on multiples of
// kPadding: what is stored by one spike is loaded by the next, which is fast only where both are the same
// vector.
struct SharedCall {
  const std::uint64_t* useStart;   // [sources + 1]
  const SharedUse* uses;           // what a source's spike reaches
  const std::uint64_t* tileStart;  // [lists + 1]
  const std::int32_t* offset;      // [tiles] of a tile's first target, from the base of each use
  const std::int32_t* weights;     // [tiles][kPadding]
  ActiveView active;
  std::int32_t* sum;
};

// One step of every neuron of a population, by the model's step.h. Neurons come in blocks of kPadding; one
// that is at rest (no input, and nothing changed the last time) stays as it is until input arrives.
struct UpdateCall {
  std::int32_t size = 0;
  std::int32_t* states[models::kMaxStates] = {};
  // Neuron i reads parameters[k][i & parameterMask[k]]; a mask of 0 means one value (repeated kPadding
  // times).
  const std::int32_t* parameters[models::kMaxParameters] = {};
  std::size_t parameterMask[models::kMaxParameters] = {};
  std::int32_t* input = nullptr;           // [ports][padded(size)]; zero afterwards
  std::uint64_t* resting = nullptr;        // [restWords(size)]: a bit for each block; clear where unknown
  std::int32_t* payloads = nullptr;        // out: 1 where a neuron fired, or its payload
  std::uint32_t* active = nullptr;         // out: indices of the neurons that sent; room for padded(size)
  std::int32_t* activePayloads = nullptr;  // out: their payloads; null where all are 1
  std::int64_t* wraps = nullptr;
  std::int64_t* saturations = nullptr;
};
using UpdateFunction = std::size_t (*)(const UpdateCall& call);  // returns how many neurons fired

// Numbers of bits, ascending.
struct BitList {
  std::uint32_t* index = nullptr;  // room for all bits of all words
  std::size_t count = 0;
};

struct Kernels {
  const char* target;  // "AVX2"
  void (*addRows8)(const RowsCall<std::int8_t>& call);
  void (*addRows16)(const RowsCall<std::int16_t>& call);
  void (*addShared)(const SharedCall& call);
  // sum[i] += shifted[i] >> shift, flooring; clears `shifted`. SPEC W5.
  void (*addShifted)(std::int32_t* shifted, int shift, std::int32_t width, std::int32_t* sum);
  // Writes the indices and values of the elements that are not zero; returns their number. `unit` tells
  // whether all of them are 1. `index` and `payload` have room for padded(size) elements.
  std::size_t (*compact)(const std::int32_t* values, std::int32_t size, std::uint32_t* index,
                         std::int32_t* payload, bool* unit);
  std::size_t (*compactBytes)(const std::uint8_t* values, std::int32_t size, std::uint32_t* index,
                              std::int32_t* payload, bool* unit);
  // Bit i of `bits` [size / 64, rounded up] tells whether values[i] is not zero.
  void (*mark)(const std::int32_t* values, std::int32_t size, std::uint64_t* bits);
  void (*markBytes)(const std::uint8_t* values, std::int32_t size, std::uint64_t* bits);
  // Lists the bits that came and went; returns false, without lists, if these are `limit` or more.
  bool (*compare)(const std::uint64_t* now, const std::uint64_t* before, std::size_t words, std::size_t limit,
                  BitList* came, BitList* gone);
  // kept[i] -= gone[i]; gone[i] = 0; sum[i] += kept[i].
  void (*settle)(std::int32_t* kept, std::int32_t* gone, std::int32_t width, std::int32_t* sum);
  // nullptr for an opcode that no model has.
  UpdateFunction (*update)(std::uint8_t opcode, CurrentOverflow rule);
};

// Of the best instruction set that this processor has and Highway has not been told to leave out.
const Kernels& kernels();

}  // namespace rheo::vector
