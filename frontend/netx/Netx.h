// .net files: networks that lava-dl's SLAYER exports as HDF5 and its NetX runs on Lava. Their numbers are a
// chip's integers already, so their neurons become exact nodes (SPEC F14).
//
//   layer i               nodes of the Network
//   input                 "input", and with neurons "layer<i>.input" (weights of 1) and "layer<i>"
//   dense                 "layer<i>.weight" (Linear), "layer<i>" (neurons)
//   dense_rec             those and "layer<i>.weight_rec" from the neurons to themselves; its delays become
//                         those of the next layer's weights, as SLAYER trains them
//   conv, convT           "layer<i>.weight" (Conv2d, ConvTranspose2d), "layer<i>"
//   pool, unpool          the same, with a group for each channel
//   flatten               "layer<i>" (Flatten), or nothing where what comes before is flat
//   average               "layer<i>": the mean over each group, only as the last layer
//   concat                no node; the next layer's weights are "layer<i>.weight.0", ".1", ...: one a part
//
// Neurons keep SLAYER's order, [channels, rows, columns] in C order. Its kernels are correlated, as NIR's
// (SPEC F15); pairs of numbers are for rows, columns. NetX turns both round, for Lava's order [columns, rows,
// channels] and its convolution, so that the same sums come out.
//
// LOIHI, CUBA: cuba_lif with decay_u = iDecay, decay_v = vDecay, threshold = 64 vThMant, bias = 64 bias: what
// NetX hands to Lava's LIF (du = iDecay - 1, bias_exp = 6). With lava-dl's threshold of neurons that are not
// to spike, 2^18 - 1 (its Affine block), it is a cuba_li, whose potential is read. In an input layer NetX's
// caller writes weight x + bias into their bias in every step: here a lif, to which that number comes as a
// payload (SPEC N12: 64 times it is added).
//
// SDNN: sigma_delta with threshold = 2^12 vThMant, bias = 2^12 bias, 6 bits of state below its messages;
// delta in an input layer; sigma with sigma_output.
//
// ALIF: atrlif with decay_u = iDecay, theta_0 = 64 vThMant, theta_step = 64 vThStep. NetX cannot read it.
//
// RF_PHASE, RF_IZHIKEVICH behind complex synapses: resonate_and_fire, resonate_and_fire_izhikevich with sine
// and cosine as stored and states 6 bits up; "layer<i>.weight" has two rows for each of them, the real one
// first. ADRF_PHASE, ADRF_IZHIKEVICH: their adaptive kin, where NetX reads the others.
//
// Parameters of neurons are one number, or one for each channel: as SLAYER's CUDA kernels read them, whose
// code for processors spreads those of a convolution along its columns.
#pragma once

#include <cstdint>
#include <string>

#include "hdf5/Tree.h"
#include "network/Network.h"
#include "support/Error.h"

namespace rheo::netx {

// lava-dl's threshold of neurons that are not to spike: beyond every potential (SPEC N7).
inline constexpr std::int64_t kNeverSpikes = (1 << 18) - 1;

// The older name of neurons of type CUBA.
inline constexpr const char* kOlderCuba = "LOIHI";

// Of Loihi's bias register, 12 bits and a sign, through which NetX drives the neurons of an input layer.
inline constexpr std::int64_t kMostDrive = (1 << 12) - 1;
// What NetX gives Lava's processes of sigma-delta networks, both 6 bits; and resonators the first.
inline constexpr int kStateExponent = 6, kSpikeExponent = 6;
// Times both, a state still has 32 bits.
inline constexpr std::int64_t kMostMantissa = std::int64_t{1} << 18;

// Whether a tree is a .net file's, by its content.
bool isNetx(const hdf5::Tree& tree);

// The network that the tree of a .net file describes, as finishNetwork takes it; `file` names the file in
// messages, its stem the network. Errors: R0105 something is missing, R0108 something is of another type,
// R0112 a layer, neuron or field that is not supported, R0113 arrays that do not fit together, or numbers
// that are no integers; R0205, R0209 windows that do not fit.
Expected<Network> parseNetx(hdf5::Tree tree, const std::string& file);

}  // namespace rheo::netx
