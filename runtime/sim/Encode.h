// Grey levels to spikes, the same for the float network and the chip. SPEC D1 to D3.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "sim/Engine.h"
#include "support/Error.h"

namespace rheo {

struct Encoder {
  enum class Kind : std::uint8_t {
    Rate,     // SPEC D1: spike iff w * 255 < x * 2^32, w a Philox word of (seed; channel, step, sample)
    Current,  // SPEC D2: v += x; above 255, spike and v = 0
    Latency,  // SPEC D3: one spike, in step floor((255 - x) * steps / 256); none for x = 0
  } kind = Kind::Rate;
  std::int64_t steps = 0;
  std::uint64_t seed = 0;  // rate only
};

// "rate:T,seed" (seed 0 if left out), "current:T" or "latency:T". Errors: R0606.
Expected<Encoder> parseEncoder(const std::string& text);

// `levels` is [batch, channels] grey levels 0..255; the result has one input, [batch, steps, channels] of
// 0 and 1. `firstSample` numbers the first sample, so that a data set encoded in pieces gives the same
// spikes as at once. Errors: R0601 if the sizes do not fit.
Expected<InputBatch> encode(const Encoder& encoder, std::span<const std::uint8_t> levels, std::int64_t batch,
                            std::int64_t channels, std::uint64_t firstSample = 0);

}  // namespace rheo
