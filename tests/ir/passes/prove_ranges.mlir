// Intervals that no input makes the states leave (SPEC P1), and what is said where one may overflow.
// RUN: rheo-opt %s --spk-prove-ranges -split-input-file -verify-diagnostics | FileCheck %s

// A spike adds 64 * 2 = 128 to the potential, of which a quarter is lost in a step: 4 * 128 at most, less rounding.
// CHECK-LABEL: spk.network @leaky
spk.network @leaky attributes {
    dt = 1.0e-3 : f64, stage = "quant", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}, profile = "lava"} {
  %in = spk.input "in" {shape = array<i64: 1>} : !spk.spikes<1>
  %i = spk.synapse "w" %in {weight = #spk.elements<dense<2> : tensor<1x1xi32>, !spk.fixed<9, 0, signed>>,
      sign_mode = "mixed", weight_bits = 8 : i32} : (!spk.spikes<1>) -> !spk.current<1>
  // CHECK: spk.li "li"
  // CHECK-SAME: ranges = {v = #spk.range<minimum = 0, maximum = 509, proven = true, note = "">}
  %v = spk.li "li" (%i) {shape = array<i64: 1>, decay_v = #spk.elements<dense<1024> : tensor<1xi32>, !spk.fixed<13, -12, unsigned>>}
      : (!spk.current<1>) -> !spk.potential<1>
  spk.output "out" (%v) {shape = array<i64: 1>} : !spk.potential<1>
}

// -----
// Without a leak nothing holds inhibition back.
// CHECK-LABEL: spk.network @leakless
spk.network @leakless attributes {
    dt = 1.0e-3 : f64, stage = "quant", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}, profile = "lava"} {
  %in = spk.input "in" {shape = array<i64: 1>} : !spk.spikes<1>
  %i = spk.synapse "w" %in {weight = #spk.elements<dense<-2> : tensor<1x1xi32>, !spk.fixed<9, 0, signed>>,
      sign_mode = "mixed", weight_bits = 8 : i32} : (!spk.spikes<1>) -> !spk.current<1>
  // CHECK: minimum = -8388607
  // CHECK-SAME: proven = false, note = "potential of 1 of 1 neurons may saturate, not in the first 65535 steps"
  // expected-warning @below {{R0311: 'int' may overflow for some input: potential of 1 of 1 neurons may saturate}}
  %v = spk.integrator "int" (%i) {shape = array<i64: 1>} : (!spk.current<1>) -> !spk.potential<1>
  spk.output "out" (%v) {shape = array<i64: 1>} : !spk.potential<1>
}
