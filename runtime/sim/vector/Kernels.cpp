// The kernels, once for each instruction set (this file includes itself through foreach_target.h).
#include "sim/vector/Kernels.h"

#include <algorithm>

#include "models/AllModels.h"
#include "sim/vector/Targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/vector/Kernels.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "sim/vector/Algebra-inl.h"
#include "sim/vector/AlignedVector.h"

HWY_BEFORE_NAMESPACE();
namespace rheo::vector::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D32 = hn::CappedTag<std::int32_t, kPadding>;

// Weights as a vector of int16.
template <class D16>
HWY_INLINE hn::Vec<D16> loadWeights(D16 d, const std::int8_t* from) {
  return hn::PromoteTo(d, hn::LoadU(hn::Rebind<std::int8_t, D16>(), from));
}
template <class D16>
HWY_INLINE hn::Vec<D16> loadWeights(D16 d, const std::int16_t* from) {
  return hn::LoadU(d, from);
}

// sum[0..lanes) += values << shift.
template <class D16>
HWY_INLINE void flush(D16 d16, hn::Vec<D16> values, int shift, std::int32_t* sum) {
#if HWY_TARGET == HWY_SCALAR  // vectors of one lane have no halves
  *sum += static_cast<std::int32_t>(hn::GetLane(values)) * (1 << shift);
#else
  const hn::Repartition<std::int32_t, D16> d32;
  const hn::Half<D16> half;
  const auto low = hn::ShiftLeftSame(hn::PromoteTo(d32, hn::LowerHalf(half, values)), shift);
  const auto high = hn::ShiftLeftSame(hn::PromoteTo(d32, hn::UpperHalf(half, values)), shift);
  std::int32_t* second = sum + hn::Lanes(d32);
  hn::StoreU(hn::Add(hn::LoadU(d32, sum), low), d32, sum);
  hn::StoreU(hn::Add(hn::LoadU(d32, second), high), d32, second);
#endif
}

// One tile of kVectors int16 vectors of targets: the sums stay in registers over the list of rows.
template <int kVectors, class D16, class Weight>
HWY_INLINE void addTile(D16 d, const RowsCall<Weight>& call, std::size_t first) {
  const std::size_t lanes = hn::Lanes(d);
  const Weight* weights = call.weights + first;
  for (std::size_t begin = 0; begin < call.active.count; begin += call.rowsPerFlush) {
    const std::size_t end = std::min(call.active.count, begin + call.rowsPerFlush);
    hn::Vec<D16> sums[kVectors];
    for (int i = 0; i < kVectors; ++i) sums[i] = hn::Zero(d);
    for (std::size_t k = begin; k < end; ++k) {
      const Weight* row = weights + call.active.index[k] * call.stride;
      HWY_UNROLL(16)
      for (int i = 0; i < kVectors; ++i) sums[i] = hn::Add(sums[i], loadWeights(d, row + i * lanes));
    }
    for (int i = 0; i < kVectors; ++i) flush(d, sums[i], call.shift, call.sum + first + i * lanes);
  }
}

template <class Weight>
HWY_INLINE void addUnitRows(const RowsCall<Weight>& call) {
  const hn::ScalableTag<std::int16_t> wide;
  const std::size_t lanes = hn::Lanes(wide);
  const std::size_t width = static_cast<std::size_t>(call.width);
  std::size_t x = 0;
#if HWY_TARGET <= HWY_AVX3
  for (; x + 16 * lanes <= width; x += 16 * lanes) addTile<16>(wide, call, x);  // 32 registers
#endif
  for (; x + 8 * lanes <= width; x += 8 * lanes) addTile<8>(wide, call, x);
  for (; x + 4 * lanes <= width; x += 4 * lanes) addTile<4>(wide, call, x);
  for (; x + 2 * lanes <= width; x += 2 * lanes) addTile<2>(wide, call, x);
  for (; x + lanes <= width; x += lanes) addTile<1>(wide, call, x);
  const hn::CappedTag<std::int16_t, kPadding> narrow;
  for (; x < width; x += hn::Lanes(narrow)) addTile<1>(narrow, call, x);
}

// Graded spikes: products and sums in 32 bits.
template <class Weight>
HWY_INLINE void addGradedRows(const RowsCall<Weight>& call) {
  const D32 d;
  const hn::Rebind<Weight, D32> dw;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t x = 0; x < static_cast<std::size_t>(call.width); x += lanes) {
    auto sum = hn::Zero(d);
    for (std::size_t k = 0; k < call.active.count; ++k) {
      const Weight* row = call.weights + call.active.index[k] * call.stride + x;
      const auto weight = hn::PromoteTo(d, hn::LoadU(dw, row));
      sum = hn::Add(sum, hn::Mul(weight, hn::Set(d, call.active.payload[k])));
    }
    hn::StoreU(hn::Add(hn::LoadU(d, call.sum + x), hn::ShiftLeftSame(sum, call.shift)), d, call.sum + x);
  }
}

void addRows8(const RowsCall<std::int8_t>& call) {
  call.active.payload ? addGradedRows(call) : addUnitRows(call);
}
void addRows16(const RowsCall<std::int16_t>& call) {
  call.active.payload ? addGradedRows(call) : addUnitRows(call);
}

// SPEC N19. By value: what is stored could otherwise change the pointers.
template <bool kUnit>
HWY_INLINE void addTiles(const SharedCall call) {
  const D32 d;
  for (std::size_t k = 0; k < call.active.count; ++k) {
    const std::uint32_t source = call.active.index[k];
    const auto payload = hn::Set(d, kUnit ? 1 : call.active.payload[k]);
    const SharedUse* end = call.uses + call.useStart[source + 1];
    for (const SharedUse* use = call.uses + call.useStart[source]; use != end; ++use) {
      std::int32_t* base = call.sum + use->base;
      const std::uint64_t first = call.tileStart[use->list], last = call.tileStart[use->list + 1];
      const std::int32_t* weights = call.weights + first * kPadding;
      for (std::uint64_t tile = first; tile < last; ++tile) {
        std::int32_t* sum = base + call.offset[tile];
        for (std::size_t x = 0; x < kPadding; x += hn::Lanes(d), weights += hn::Lanes(d)) {
          const auto weight = hn::Load(d, weights);
          const auto product = kUnit ? weight : hn::Mul(weight, payload);
          hn::Store(hn::Add(hn::Load(d, sum + x), product), d, sum + x);
        }
      }
    }
  }
}
void addShared(const SharedCall& call) { call.active.payload ? addTiles<false>(call) : addTiles<true>(call); }

void addShifted(std::int32_t* shifted, int shift, std::int32_t width, std::int32_t* sum) {
  const D32 d;
  for (std::size_t x = 0; x < static_cast<std::size_t>(width); x += hn::Lanes(d)) {
    const auto part = hn::ShiftRightSame(hn::LoadU(d, shifted + x), shift);
    hn::StoreU(hn::Add(hn::LoadU(d, sum + x), part), d, sum + x);
    hn::StoreU(hn::Zero(d), d, shifted + x);
  }
}

// Calls act(lane) for every set lane, in ascending order.
template <class D, class Act>
HWY_INLINE void forEachLane(D d, hn::Mask<D> mask, Act act) {
  alignas(8) std::uint8_t bytes[8] = {};
  hn::StoreMaskBits(d, mask, bytes);
  std::uint64_t bits = bytes[0] | std::uint64_t{bytes[1]} << 8;
  for (; bits != 0; bits &= bits - 1)
    act(static_cast<std::uint32_t>(hwy::Num0BitsBelowLS1Bit_Nonzero64(bits)));
}

// Writes the numbers of the set lanes, counted from `first`, one after another, and something beyond them:
// without branches, because which lanes are set cannot be predicted.
HWY_INLINE std::size_t appendLanes(D32 d, hn::Mask<D32> mask, std::size_t first, std::uint32_t* to) {
  const hn::RebindToUnsigned<D32> du;
  // Iota() of a variable is built in memory, element by element.
  const auto lanes = hn::Add(hn::Iota(du, 0), hn::Set(du, static_cast<std::uint32_t>(first)));
  hn::StoreU(hn::Compress(lanes, hn::RebindMask(du, mask)), du, to);
  return hn::CountTrue(d, mask);
}

template <class D>
HWY_INLINE std::uint64_t bitsOf(D d, hn::Mask<D> mask) {
  std::uint64_t bits = 0;
  alignas(8) std::uint8_t bytes[8] = {};
  hn::StoreMaskBits(d, mask, bytes);
  hwy::CopyBytes<8>(bytes, &bits);
  return bits;
}

// Writes the numbers of the set ones of `width` bits, counted from `first`, and something beyond them, but
// nothing beyond to[width]. One by one where they are few; else a vector at a time, without branches, because
// how many are set in each cannot be predicted.
HWY_INLINE std::size_t appendBits(std::uint64_t bits, std::size_t width, std::size_t first,
                                  std::uint32_t* to) {
  constexpr std::size_t kFew = 6;
  std::size_t count = 0;
  if (hwy::PopCount(bits) <= kFew) {
    for (; bits != 0; bits &= bits - 1)
      to[count++] = static_cast<std::uint32_t>(first + hwy::Num0BitsBelowLS1Bit_Nonzero64(bits));
    return count;
  }
  const D32 d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t x = 0; x < width; x += lanes) {
    alignas(8) std::uint8_t bytes[8] = {};
    const std::uint64_t part = bits >> x;
    hwy::CopyBytes<8>(&part, bytes);
    count += appendLanes(d, hn::LoadMaskBits(d, bytes), first + x, to + count);
  }
  return count;
}

template <class Value, class D, class Append>
HWY_INLINE std::size_t compactAny(D d, const Value* values, std::int32_t size, std::uint32_t* index,
                                  std::int32_t* payload, bool* unit, Append append) {
  const std::size_t lanes = hn::Lanes(d), end = static_cast<std::size_t>(size);
  std::size_t count = 0, x = 0;
  auto notUnit = hn::MaskFromVec(hn::Zero(d));
  // The next step's input usually follows this one's and would otherwise come from memory.
  const std::uintptr_t next = reinterpret_cast<std::uintptr_t>(values + end);
  for (std::size_t byte = 0; byte < end * sizeof(Value); byte += kCacheLine)
    hwy::Prefetch(reinterpret_cast<const Value*>(next + byte));
  for (; x + lanes <= end; x += lanes) {
    const auto value = hn::LoadU(d, values + x);
    const auto active = hn::Ne(value, hn::Zero(d));
    notUnit = hn::Or(notUnit, hn::And(active, hn::Ne(value, hn::Set(d, Value{1}))));
    count += append(d, active, x, index + count);
  }
  bool allUnit = hn::AllFalse(d, notUnit);
  for (; x < end; ++x) {
    if (values[x] == 0) continue;
    index[count++] = static_cast<std::uint32_t>(x);
    allUnit &= values[x] == 1;
  }
  if (!allUnit)
    for (std::size_t k = 0; k < count; ++k) payload[k] = values[index[k]];
  *unit = allUnit;
  return count;
}

std::size_t compact(const std::int32_t* values, std::int32_t size, std::uint32_t* index,
                    std::int32_t* payload, bool* unit) {
  return compactAny(D32(), values, size, index, payload, unit,
                    [](D32 d, auto mask, std::size_t first, std::uint32_t* to)
                        HWY_ATTR { return appendLanes(d, mask, first, to); });
}
std::size_t compactBytes(const std::uint8_t* values, std::int32_t size, std::uint32_t* index,
                         std::int32_t* payload, bool* unit) {
  const hn::CappedTag<std::uint8_t, 64> bytes;
  return compactAny(bytes, values, size, index, payload, unit,
                    [](auto d, auto mask, std::size_t first, std::uint32_t* to)
                        HWY_ATTR { return appendBits(bitsOf(d, mask), hn::Lanes(d), first, to); });
}

template <class D, class Value>
HWY_INLINE void markAny(D d, const Value* values, std::int32_t size, std::uint64_t* bits) {
  const std::size_t lanes = hn::Lanes(d), end = static_cast<std::size_t>(size);
  std::size_t x = 0;
  for (std::size_t word = 0; word * 64 < end; ++word) {
    std::uint64_t part = 0;
    const std::size_t stop = std::min(end, word * 64 + 64);
    for (; x + lanes <= stop; x += lanes)
      part |= bitsOf(d, hn::Ne(hn::LoadU(d, values + x), hn::Zero(d))) << (x % 64);
    for (; x < stop; ++x) part |= std::uint64_t{values[x] != 0} << (x % 64);
    bits[word] = part;
  }
}
void mark(const std::int32_t* values, std::int32_t size, std::uint64_t* bits) {
  markAny(D32(), values, size, bits);
}
void markBytes(const std::uint8_t* values, std::int32_t size, std::uint64_t* bits) {
  markAny(hn::CappedTag<std::uint8_t, 64>(), values, size, bits);
}

bool compare(const std::uint64_t* now, const std::uint64_t* before, std::size_t words, std::size_t limit,
             BitList* came, BitList* gone) {
  std::size_t changed = 0;
  for (std::size_t w = 0; w < words; ++w) changed += hwy::PopCount(now[w] ^ before[w]);
  if (changed >= limit) return false;
  came->count = gone->count = 0;
  for (std::size_t w = 0; w < words; ++w) {
    came->count += appendBits(now[w] & ~before[w], 64, w * 64, came->index + came->count);
    gone->count += appendBits(before[w] & ~now[w], 64, w * 64, gone->index + gone->count);
  }
  return true;
}

void settle(std::int32_t* kept, std::int32_t* gone, std::int32_t width, std::int32_t* sum) {
  const D32 d;
  for (std::size_t x = 0; x < static_cast<std::size_t>(width); x += hn::Lanes(d)) {
    const auto now = hn::Sub(hn::LoadU(d, kept + x), hn::LoadU(d, gone + x));
    hn::StoreU(now, d, kept + x);
    hn::StoreU(hn::Zero(d), d, gone + x);
    hn::StoreU(hn::Add(hn::LoadU(d, sum + x), now), d, sum + x);
  }
}

// What a step sends is spikes or payloads: as payloads, who sends, and without the lanes beyond the last.
// SPEC N18
HWY_INLINE hn::Vec<D32> payloadOf(D32 d, hn::Mask<D32> spike) {
  return hn::IfThenElseZero(spike, hn::Set(d, 1));
}
HWY_INLINE hn::Mask<D32> whoSends(D32, hn::Mask<D32> spike) { return spike; }
HWY_INLINE hn::Mask<D32> onlyValid(hn::Mask<D32> valid, hn::Mask<D32> spike) { return hn::And(spike, valid); }

HWY_INLINE hn::Vec<D32> payloadOf(D32, hn::Vec<D32> payload) { return payload; }
HWY_INLINE hn::Mask<D32> whoSends(D32 d, hn::Vec<D32> payload) { return hn::Ne(payload, hn::Zero(d)); }
HWY_INLINE hn::Vec<D32> onlyValid(hn::Mask<D32> valid, hn::Vec<D32> payload) {
  return hn::IfThenElseZero(valid, payload);
}

// A bit for each of the next `blocks` blocks from `input` on: whether anything arrived.
template <std::size_t kPorts>
HWY_INLINE std::uint64_t blocksWithInput(D32 d, const std::int32_t* input, std::size_t width,
                                         std::size_t blocks) {
  std::uint64_t bits = 0;
  HWY_UNROLL(4)
  for (std::size_t block = 0; block < blocks; ++block) {
    auto any = hn::Zero(d);
    for (std::size_t port = 0; port < kPorts; ++port)
      for (std::size_t x = 0; x < kPadding; x += hn::Lanes(d))
        any = hn::Or(any, hn::LoadU(d, input + port * width + block * kPadding + x));
    bits |= std::uint64_t{!hn::AllTrue(d, hn::Eq(any, hn::Zero(d)))} << block;
  }
  return bits;
}

// The neurons from `x` on, one for each lane; `shared` holds the parameters where all neurons have the same.
// Returns whether all are at rest: the same step, without input,
// would change nothing and say nothing again.
template <class Model, CurrentOverflow kRule, bool kShared>
HWY_INLINE bool updateLanes(const UpdateCall& call, const hn::Vec<D32>* shared, std::size_t x,
                            std::size_t& fired) {
  constexpr std::size_t kStates = Model::table().states.size();
  constexpr std::size_t kPorts = Model::table().ports.size();
  constexpr std::size_t kParameters = Model::table().fixedParameters.size();
  const D32 d;
  using Int = hn::Vec<D32>;
  const std::size_t lanes = hn::Lanes(d), size = static_cast<std::size_t>(call.size);
  const std::size_t width = static_cast<std::size_t>(padded(call.size));
  Int state[kStates], input[kPorts], parameter[kParameters];
  Int moved = hn::Zero(d);
  for (std::size_t k = 0; k < kPorts; ++k) {
    std::int32_t* arrived = call.input + k * width + x;
    input[k] = hn::LoadU(d, arrived);
    hn::StoreU(hn::Zero(d), d, arrived);
    moved = hn::Or(moved, input[k]);
  }
  for (std::size_t k = 0; k < kStates; ++k) state[k] = hn::LoadU(d, call.states[k] + x);
  for (std::size_t k = 0; k < kParameters; ++k)
    parameter[k] = kShared ? shared[k] : hn::LoadU(d, call.parameters[k] + (x & call.parameterMask[k]));
  VectorAlgebra<D32, kRule> algebra(d);
  auto sent = Model::step(algebra, state, input, parameter);
  if (x + lanes > size) {  // the lanes beyond the last neuron compute, but say nothing
    const auto valid = hn::FirstN(d, size - std::min(x, size));
    sent = onlyValid(valid, sent);
    algebra.wrapped = hn::And(algebra.wrapped, valid);
    algebra.saturated = hn::And(algebra.saturated, valid);
  }
  for (std::size_t k = 0; k < kStates; ++k) {
    moved = hn::Or(moved, hn::Xor(state[k], hn::LoadU(d, call.states[k] + x)));
    hn::StoreU(state[k], d, call.states[k] + x);
  }
  auto busy = hn::Or(hn::Ne(moved, hn::Zero(d)), hn::Or(algebra.wrapped, algebra.saturated));
  if constexpr (Model::table().spiking) {
    const Int payload = payloadOf(d, sent);
    hn::StoreU(payload, d, call.payloads + x);
    const auto sends = whoSends(d, sent);
    if constexpr (Model::table().graded)
      hn::StoreU(hn::Compress(payload, sends), d, call.activePayloads + fired);
    fired += appendLanes(d, sends, x, call.active + fired);
    busy = hn::Or(busy, sends);
  }
  if (HWY_UNLIKELY(!hn::AllFalse(d, hn::Or(algebra.wrapped, algebra.saturated)))) {
    forEachLane(d, algebra.wrapped, [&](std::uint32_t lane) { ++call.wraps[x + lane]; });
    forEachLane(d, algebra.saturated, [&](std::uint32_t lane) { ++call.saturations[x + lane]; });
  }
  return hn::AllFalse(d, busy);
}

template <class Model, CurrentOverflow kRule, bool kShared>
HWY_INLINE std::size_t updateBlocks(const UpdateCall& call) {
  constexpr std::size_t kPorts = Model::table().ports.size();
  constexpr std::size_t kParameters = Model::table().fixedParameters.size();
  const D32 d;
  hn::Vec<D32> shared[std::max<std::size_t>(1, kParameters)];
  for (std::size_t k = 0; k < kParameters; ++k) shared[k] = hn::LoadU(d, call.parameters[k]);
  const std::size_t width = static_cast<std::size_t>(padded(call.size)), blocks = width / kPadding;
  std::size_t fired = 0;
  for (std::size_t first = 0; first < blocks; first += 64) {
    const std::size_t count = std::min<std::size_t>(64, blocks - first);
    std::uint64_t resting = call.resting[first / 64];
    std::uint64_t due = ~std::uint64_t{0} >> (64 - count);
    if (resting != 0)
      due &= ~resting | blocksWithInput<kPorts>(d, call.input + first * kPadding, width, count);
    for (; due != 0; due &= due - 1) {
      const std::size_t block = hwy::Num0BitsBelowLS1Bit_Nonzero64(due);
      const std::size_t begin = (first + block) * kPadding;
      bool rests = true;
      for (std::size_t x = 0; x < kPadding; x += hn::Lanes(d))
        rests &= updateLanes<Model, kRule, kShared>(call, shared, begin + x, fired);
      resting = (resting & ~(std::uint64_t{1} << block)) | std::uint64_t{rests} << block;
    }
    call.resting[first / 64] = resting;
  }
  return fired;
}

template <class Model, CurrentOverflow kRule>
std::size_t update(const UpdateCall& call) {
  std::size_t own = 0;
  for (std::size_t k = 0; k < Model::table().fixedParameters.size(); ++k) own |= call.parameterMask[k];
  return own == 0 ? updateBlocks<Model, kRule, true>(call) : updateBlocks<Model, kRule, false>(call);
}

UpdateFunction findUpdate(std::uint8_t opcode, CurrentOverflow rule) {
#define RHEO_MODEL(name)                                                                       \
  if (opcode == models::name::kTable.opcode)                                                   \
    return rule == CurrentOverflow::WrapOnce ? &update<name##Model, CurrentOverflow::WrapOnce> \
                                             : &update<name##Model, CurrentOverflow::WrapTwos>;
#include "models/Models.def"
#undef RHEO_MODEL
  return nullptr;
}

const Kernels* table() {
  static const Kernels kTable{hwy::TargetName(HWY_TARGET),
                              &addRows8,
                              &addRows16,
                              &addShared,
                              &addShifted,
                              &compact,
                              &compactBytes,
                              &mark,
                              &markBytes,
                              &compare,
                              &settle,
                              &findUpdate};
  return &kTable;
}

}  // namespace rheo::vector::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rheo::vector {
HWY_EXPORT(table);
const Kernels& kernels() { return *HWY_DYNAMIC_DISPATCH(table)(); }
}  // namespace rheo::vector
#endif
