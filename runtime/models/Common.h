// The parameters that several models share, declared once.
#pragma once

#include <array>

#include "fixed/Arithmetic.h"
#include "models/Model.h"

namespace rheo::models {

inline constexpr FixedParameter kDecayU{"decay_u",
                                        0,
                                        fixed::kDecayOne,
                                        fixed::kDecayOne,
                                        "1/4096",
                                        "du + 1",
                                        "share of the synaptic current lost in a step",
                                        "iDecay"};
inline constexpr FixedParameter kDecayV{
    "decay_v", 0, fixed::kDecayOne, 0, "1/4096", "dv", "share of the membrane potential lost in a step",
    "vDecay"};
inline constexpr FixedParameter kBias{"bias",
                                      -(1 << 22),
                                      (1 << 22),
                                      0,
                                      "v",
                                      "bias_mant << bias_exp",
                                      "added to the membrane potential in every step",
                                      "bias << 6"};
inline constexpr FixedParameter kThreshold{"threshold",
                                           -(1 << 23),
                                           (1 << 23),
                                           fixed::kStateMax,
                                           "v",
                                           "vth << 6",
                                           "a spike needs the membrane potential strictly above it",
                                           "vThMant << 6"};
inline constexpr FixedParameter kResetKeep{
    "reset_keep", -1, 0, 0, "mask", "", "bits of the membrane potential that survive a spike: none or all"};
inline constexpr FixedParameter kResetAmount{
    "reset_amount", -(1 << 23), (1 << 23), 0, "v", "", "subtracted from what survives a spike"};

// Of thresholds that adapt. SPEC N23.
inline constexpr FixedParameter kDecayTheta{"decay_theta",
                                            0,
                                            fixed::kDecayOne,
                                            0,
                                            "1/4096",
                                            "4096 delta_theta",
                                            "share of the adaptation lost in a step",
                                            "thDecay"};
inline constexpr FixedParameter kDecayR{"decay_r",
                                        0,
                                        fixed::kDecayOne,
                                        0,
                                        "1/4096",
                                        "4096 delta_r",
                                        "share of the refractory trace lost in a step",
                                        "refDecay"};
inline constexpr FixedParameter kTheta0{"theta_0",      -(1 << 23),          1 << 23,       0, "v",
                                        "theta_0 << 6", "threshold at rest", "vThMant << 6"};
inline constexpr FixedParameter kThetaStep{
    "theta_step",  -(1 << 23), 1 << 23, 0, "v", "theta_step << 6", "rise of the threshold at a spike",
    "vThStep << 6"};

// Of programs that send payloads. SPEC N25 to N28.
inline constexpr std::int32_t kWide = 0x7FFFFFFF;
inline constexpr FixedParameter kChangeThreshold{"threshold",
                                                 -kWide,
                                                 kWide,
                                                 0,
                                                 "state",
                                                 "vth << (spike_exp + state_exp)",
                                                 "a message needs a change of at least this size",
                                                 "vThMant << 12"};
inline constexpr FixedParameter kBias32{"bias",
                                        -kWide,
                                        kWide,
                                        0,
                                        "state",
                                        "bias << (spike_exp + state_exp)",
                                        "added to the sum in every step",
                                        "bias << 12"};
inline constexpr FixedParameter kRectified{
    "rectified", 0, 1, 1, "", "act_mode", "1: negative activations are 0", "activation"};
inline constexpr FixedParameter kStateExponent{"state_exponent",
                                               0,
                                               31,
                                               0,
                                               "bits",
                                               "state_exp",
                                               "bits of the state below a payload: shifted away, flooring"};
inline constexpr FixedParameter kCumulative{
    "cumulative", 0, 1, 0, "", "cum_error", "1: changes add up until they reach the threshold"};
inline constexpr FixedParameter kPayloadThreshold{
    "threshold",
    -kWide,
    kWide,
    1,
    "payload",
    "vth",
    "a message needs a sum, or its magnitude, strictly above it"};

inline constexpr FixedParameter kInputShift{
    "input_shift", 0, 31, 0, "bits", "state_exp", "left shift of what arrives"};

// Of resonators, the two parts of whose state turn into one another. SPEC N30 to N32.
inline constexpr FixedParameter kCosine{"cosine",
                                        -fixed::kTurnOne,
                                        fixed::kTurnOne,
                                        fixed::kTurnOne,
                                        "1/32768",
                                        "cos_decay << (15 - decay_bits)",
                                        "share of each part of the state that stays",
                                        "cosDecay << 3"};
inline constexpr FixedParameter kSine{
    "sine",
    -fixed::kTurnOne,
    fixed::kTurnOne,
    0,
    "1/32768",
    "sin_decay << (15 - decay_bits)",
    "share of the real part that the imaginary one takes; the other way round negated",
    "sinDecay << 3"};
inline constexpr std::array<std::string_view, 2> kComplex{"real", "imag"};  // states, and ports
inline constexpr std::array<std::string_view, 4> kComplexAdapting{"real", "imag", "adaptation", "r"};
inline constexpr std::array kComplexAdaptingFixed{kCosine, kSine,   kInputShift, kDecayTheta,
                                                  kDecayR, kTheta0, kThetaStep};
inline constexpr std::array<std::string_view, 2> kTwoInputs{"in1", "in2"};

using Need = FloatParameter::Need;
using Range = FloatParameter::Range;
inline constexpr FloatParameter kTauSyn{
    "tau_syn", "s", Need::Required, 0, Range::Positive, "time constant of the synaptic current"};
inline constexpr FloatParameter kTauMem{
    "tau_mem", "s", Need::Required, 0, Range::Positive, "time constant of the membrane potential"};
inline constexpr FloatParameter kTau{
    "tau", "s", Need::Required, 0, Range::Positive, "time constant of the membrane potential"};
inline constexpr FloatParameter kResistance{"r", "V/A",      Need::Required,
                                            0,   Range::Any, "resistance: gain of the input current"};
inline constexpr FloatParameter kVLeak{"v_leak", "V",        Need::Required,
                                       0,        Range::Any, "potential to which the membrane leaks"};
inline constexpr FloatParameter kInputWeight{"w_in", "1",        Need::Optional,
                                             1,      Range::Any, "elementwise gain of the input"};
inline constexpr FloatParameter kVThreshold{
    "v_threshold", "V", Need::Required, 0, Range::Any, "a spike needs v strictly above it"};
inline constexpr FloatParameter kVReset{"v_reset", "V",        Need::Optional,
                                        0,         Range::Any, "membrane potential after a spike"};

}  // namespace rheo::models
