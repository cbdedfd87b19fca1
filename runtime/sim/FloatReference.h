// The float reference: runs a network as its file means it, in float32 or float64, without a chip. What every
// chip program is compared with. SPEC F1 to F25.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "network/Network.h"
#include "sim/Engine.h"
#include "support/Error.h"
#include "trace/Recording.h"

namespace rheo {

// Where the input comes from, row by row, so that a data set need not be held as floats. `fill` writes what
// Input node number `input` (in the order of Network::inputs()) receives in one step: `width` values. It is
// called from several threads, each with its own row.
template <class Real>
struct FloatInput {
  std::int64_t batch = 0, steps = 0;
  std::vector<std::int64_t> widths;  // of every input
  std::function<void(std::int64_t sample, std::int64_t step, int input, Real* row)> fill;
};

// Reads traces in place; they have to outlive the FloatInput. One per Input node, by name.
template <class Real>
FloatInput<Real> floatInput(const std::vector<Trace<Real>>& inputs);
// Reads integer payloads in place, the same ones that a chip program takes.
template <class Real>
FloatInput<Real> floatInput(const InputBatch& input, const Network& network);

// R0660 where the input's widths do not fit the Input nodes.
template <class Real>
Status checkFloatInput(const Network& network, const FloatInput<Real>& input);

// Runs every sample from state 0 (SPEC F4 order), samples spread over threads; results do not depend on
// their number, nor on how many inputs are zero: sums run over the sources in ascending order.
//   spikes   of every spiking node, 0 or 1, a count (SPEC F19) or a payload (with recordAllSpikes)
//   states   the probes, "hidden.v", "hidden.u" (the synaptic current I), after the step and its reset
//   outputs  what every Output node receives
//   lag      0 for all
// Errors: R0660 widths that do not fit the Input nodes, R0661 unknown probe, R0662 input that is not finite,
// R0663 cancelled, R0664 more values to record than fit in memory.
template <class Real>
Expected<BasicRecording<Real>> runFloat(const Network& network, const FloatInput<Real>& input,
                                        const RunOptions& options);

}  // namespace rheo
