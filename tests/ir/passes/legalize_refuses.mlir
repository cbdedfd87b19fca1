// Loops that a chip's hops cannot follow, and numbers that its registers cannot hold.
// RUN: rheo-opt %s --spk-legalize=chip=tiny -split-input-file -verify-diagnostics

// Two populations in a loop with one step of float delay: two hops do not fit (SPEC T5).
// expected-error @below {{R0750}}
module {
spk.network @loop attributes {
    dt = 1.0e-3 : f64, stage = "quant", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}, profile = "lava"} {
  %in = spk.input "in" {shape = array<i64: 1>} : !spk.spikes<1>
  %i = spk.synapse "w" %in {weight = #spk.elements<dense<64> : tensor<1x1xi32>, !spk.fixed<9, 0, signed>>,
      sign_mode = "mixed", weight_bits = 8 : i32} : (!spk.spikes<1>) -> !spk.current<1>
  %a = spk.lif "a" (%i, %back) {shape = array<i64: 1>, threshold = #spk.elements<dense<64> : tensor<1xi32>, !spk.fixed<25, 0, signed>>}
      : (!spk.current<1>, !spk.current<1>) -> !spk.spikes<1>
  %there = spk.synapse "there" %a {weight = #spk.elements<dense<64> : tensor<1x1xi32>, !spk.fixed<9, 0, signed>>,
      sign_mode = "mixed", weight_bits = 8 : i32} : (!spk.spikes<1>) -> !spk.current<1>
  %b = spk.lif "b" (%there) {shape = array<i64: 1>, threshold = #spk.elements<dense<64> : tensor<1xi32>, !spk.fixed<25, 0, signed>>}
      : (!spk.current<1>) -> !spk.spikes<1>
  %back = spk.synapse "back" %b {float_delay = 1 : i32, weight = #spk.elements<dense<64> : tensor<1x1xi32>, !spk.fixed<9, 0, signed>>,
      sign_mode = "mixed", weight_bits = 8 : i32} : (!spk.spikes<1>) -> !spk.current<1>
  spk.output "out" (%b) {shape = array<i64: 1>} : !spk.spikes<1>
}
}

// -----
// An exponent beyond the chip's, and a sum beyond the arithmetic's (SPEC W8): both at once.
// expected-error @below {{R0510: neuron 0 of 'a' could receive 520192 in one step, the arithmetic holds 262144}}
// expected-error @below {{R0428: 'w' needs a weight exponent of 11, 'tiny' has at most 7}}
module {
spk.network @large attributes {
    dt = 1.0e-3 : f64, stage = "quant", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}, profile = "lava"} {
  %in = spk.input "in" {shape = array<i64: 1>} : !spk.spikes<1>
  %i = spk.synapse "w" %in {weight = #spk.elements<dense<254> : tensor<1x1xi32>, !spk.fixed<9, 11, signed>>,
      sign_mode = "mixed", weight_bits = 8 : i32} : (!spk.spikes<1>) -> !spk.current<1>
  %a = spk.lif "a" (%i) {shape = array<i64: 1>, threshold = #spk.elements<dense<64> : tensor<1xi32>, !spk.fixed<25, 0, signed>>}
      : (!spk.current<1>) -> !spk.spikes<1>
  spk.output "out" (%a) {shape = array<i64: 1>} : !spk.spikes<1>
}
}

// -----
// A threshold that no register means (SPEC N9).
// expected-error @below {{R0420: threshold 100 of 'a' is no multiple of 64}}
module {
spk.network @odd attributes {
    dt = 1.0e-3 : f64, stage = "quant", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}, profile = "lava"} {
  %in = spk.input "in" {shape = array<i64: 1>} : !spk.spikes<1>
  %i = spk.synapse "w" %in {weight = #spk.elements<dense<2> : tensor<1x1xi32>, !spk.fixed<9, 0, signed>>,
      sign_mode = "mixed", weight_bits = 8 : i32} : (!spk.spikes<1>) -> !spk.current<1>
  %a = spk.lif "a" (%i) {shape = array<i64: 1>, threshold = #spk.elements<dense<100> : tensor<1xi32>, !spk.fixed<25, 0, signed>>}
      : (!spk.current<1>) -> !spk.spikes<1>
  spk.output "out" (%a) {shape = array<i64: 1>} : !spk.spikes<1>
}
}
