// Lags, and the axon delays that keep the chip in step with the float network: delay = lag(target) - lag(source) - 1 +
// float_delay (SPEC T2, T4, T5). A connection that skips a layer waits for it.
// RUN: rheo-opt %s --spk-legalize=chip=tiny | FileCheck %s

// CHECK: spk.network @skip attributes {chip = "tiny"
// CHECK-SAME: stage = "legal"
spk.network @skip attributes {
    dt = 1.0e-3 : f64, stage = "quant", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}, profile = "lava"} {
  %in = spk.input "in" {shape = array<i64: 1>} : !spk.spikes<1>
  // CHECK: spk.synapse "w1" %{{[0-9]+}} {sign_mode
  %i1 = spk.synapse "w1" %in {weight = #spk.elements<dense<64> : tensor<1x1xi32>, !spk.fixed<9, 0, signed>>,
      sign_mode = "mixed", weight_bits = 8 : i32} : (!spk.spikes<1>) -> !spk.current<1>
  // CHECK: spk.lif "a"
  // CHECK-SAME: lag = 1 : i32
  %a = spk.lif "a" (%i1, %r) {shape = array<i64: 1>, threshold = #spk.elements<dense<64> : tensor<1xi32>, !spk.fixed<25, 0, signed>>,
      ranges = {v = #spk.range<minimum = -10, maximum = 4096, proven = true, note = "">}} : (!spk.current<1>, !spk.current<1>) -> !spk.spikes<1>
  // Its own spikes come back after one step, as in the float network.
  // CHECK: spk.synapse "w_rec" %{{[0-9]+}} {float_delay = 1 : i32
  %r = spk.synapse "w_rec" %a {float_delay = 1 : i32, weight = #spk.elements<dense<-2> : tensor<1x1xi32>, !spk.fixed<9, 0, signed>>,
      sign_mode = "mixed", weight_bits = 8 : i32} : (!spk.spikes<1>) -> !spk.current<1>
  %i2 = spk.synapse "w2" %a {weight = #spk.elements<dense<64> : tensor<1x1xi32>, !spk.fixed<9, 0, signed>>,
      sign_mode = "mixed", weight_bits = 8 : i32} : (!spk.spikes<1>) -> !spk.current<1>
  // CHECK: spk.synapse "w_skip" %{{[0-9]+}} {delay = 1 : i32
  %i3 = spk.synapse "w_skip" %in {weight = #spk.elements<dense<2> : tensor<1x1xi32>, !spk.fixed<9, 0, signed>>,
      sign_mode = "mixed", weight_bits = 8 : i32} : (!spk.spikes<1>) -> !spk.current<1>
  // CHECK: spk.li "b"
  // CHECK-SAME: lag = 2 : i32
  %b = spk.li "b" (%i2, %i3) {shape = array<i64: 1>, decay_v = #spk.elements<dense<1024> : tensor<1xi32>, !spk.fixed<13, -12, unsigned>>,
      ranges = {v = #spk.range<minimum = 0, maximum = 20000, proven = true, note = "">}} : (!spk.current<1>, !spk.current<1>) -> !spk.potential<1>
  spk.output "out" (%b) {shape = array<i64: 1>} : !spk.potential<1>
}
