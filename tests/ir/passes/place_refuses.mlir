// Every limit that is exceeded is reported in one run: fan-in, memory and cores.
// RUN: rheo-opt %s --chip-place=chip=tiny -verify-diagnostics

// expected-error @below {{R0412: neuron 0 of 'wide' needs 100 input axons in one core, 'tiny' has 64}}
// expected-error @below {{R0417: the network needs 17 cores, 'tiny' has 16; 'big' alone lies on 17}}
module {
spk.network @large attributes {chip = "tiny",
    dt = 1.0e-3 : f64, stage = "legal", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}, profile = "lava"} {
  %in = spk.input "in" {shape = array<i64: 100>} : !spk.spikes<100>
  %few = spk.input "few" {shape = array<i64: 1>} : !spk.spikes<1>
  %i = spk.synapse "w" %in {weight = #spk.elements<dense<2> : tensor<1x100xi32>, !spk.fixed<9, 0, signed>>,
      sign_mode = "mixed", weight_bits = 8 : i32} : (!spk.spikes<100>) -> !spk.current<1>
  %v = spk.li "wide" (%i) {shape = array<i64: 1>, lag = 1 : i32} : (!spk.current<1>) -> !spk.potential<1>
  %j = spk.synapse "x" %few {weight = #spk.elements<dense<2> : tensor<520x1xi32>, !spk.fixed<9, 0, signed>>,
      sign_mode = "mixed", weight_bits = 8 : i32} : (!spk.spikes<1>) -> !spk.current<520>
  %big = spk.li "big" (%j) {shape = array<i64: 520>, lag = 1 : i32} : (!spk.current<520>) -> !spk.potential<520>
  spk.output "out" (%big) {shape = array<i64: 520>} : !spk.potential<520>
}
}
