// Loops that have no step for a partial sum, and neurons that cannot start later.
// RUN: rheo-opt %s --spk-split-fan-in=chip=tiny -split-input-file -verify-diagnostics

// The loop's one step is the hop from 'a' to itself; a partial sum makes it two (SPEC T2, T5).
// expected-error @below {{R0750: the loop 'a -> a.part -> a' needs 2 steps on the chip, one for each hop, and the float network gives it 1: 1 by 'rec' + 0 by 'a.part->a'; 'a.part' sums 'rec' in parts, which takes one of the hops (SPEC E4): neuron 0 of 'a' needs 81 input axons and 81 synapse words in one core, 'tiny' has 64 and 512}}
module {
spk.network @loop attributes {
    dt = 1.0e-3 : f64, stage = "quant", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}, profile = "lava"} {
  %in = spk.input "in" {shape = array<i64: 1>} : !spk.spikes<1>
  %i = spk.synapse "w" %in {weight = #spk.elements<dense<64> : tensor<80x1xi32>, !spk.fixed<9, 0, signed>>,
      sign_mode = "mixed", weight_bits = 8 : i32} : (!spk.spikes<1>) -> !spk.current<80>
  %r = spk.synapse "rec" %a {float_delay = 1 : i32, weight = #spk.elements<dense<2> : tensor<80x80xi32>, !spk.fixed<9, 0, signed>>,
      sign_mode = "mixed", weight_bits = 8 : i32} : (!spk.spikes<80>) -> !spk.current<80>
  %a = spk.lif "a" (%i, %r) {shape = array<i64: 80>, threshold = #spk.elements<dense<64> : tensor<80xi32>, !spk.fixed<25, 0, signed>>}
      : (!spk.current<80>, !spk.current<80>) -> !spk.spikes<80>
  spk.output "out" (%a) {shape = array<i64: 80>} : !spk.spikes<80>
}
}

// -----
// A bias in the neuron's registers acts from step 0 on, however late the inputs come.
// expected-error @below {{R0433: neuron 0 of 'a' moves without any input, from step 0 on: its start cannot shift by 1 steps}}
module {
spk.network @early attributes {
    dt = 1.0e-3 : f64, stage = "quant", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}, profile = "lava"} {
  %in = spk.input "in" {shape = array<i64: 100>} : !spk.spikes<100>
  %i = spk.synapse "w" %in {weight = #spk.elements<dense<2> : tensor<1x100xi32>, !spk.fixed<9, 0, signed>>,
      sign_mode = "mixed", weight_bits = 8 : i32} : (!spk.spikes<100>) -> !spk.current<1>
  %a = spk.lif "a" (%i) {shape = array<i64: 1>, threshold = #spk.elements<dense<64> : tensor<1xi32>, !spk.fixed<25, 0, signed>>,
      bias = #spk.elements<dense<3> : tensor<1xi32>, !spk.fixed<24, 0, signed>>} : (!spk.current<1>) -> !spk.spikes<1>
  spk.output "out" (%a) {shape = array<i64: 1>} : !spk.spikes<1>
}
}
