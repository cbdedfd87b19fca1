// A neuron with more inputs than a core of the chip has axons gets its sum in parts (SPEC E4): hidden helpers without
// memory add slices of its inputs up and send the sums as graded spikes; the owner takes them with weight 1. The exponent
// stays at the owner, since flooring acts on the whole sum (W5).
// RUN: rheo-opt %s --spk-split-fan-in=chip=tiny | FileCheck %s
// What follows needs nothing new: the helpers are a hop, and the connection that skips them waits for it (T2, T4).
// RUN: rheo-opt %s --spk-split-fan-in=chip=tiny --spk-legalize=chip=tiny | FileCheck %s --check-prefix=LEGAL

// CHECK: spk.network @wide
// CHECK-SAME: assumptions = [{{.*}}partial sums of 'a'
// What was done, and what a checker needs to follow it: 100 sources in two slices, which arrive together.
// CHECK-SAME: rewrites = [#spk.rewrite<rule = "partial sums", origin = "a", witness = "{\22helper\22:\22a.part\22,\22owner\22:\22a\22,\22projection\22:\22w\22
// CHECK-SAME: {\22first\22:0,\22count\22:50,\22delay\22:0},{\22first\22:50,\22count\22:50,\22delay\22:0}
spk.network @wide attributes {
    dt = 1.0e-3 : f64, stage = "quant", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}, profile = "lava"} {
  // CHECK: %[[IN:.*]] = spk.input "in"
  %in = spk.input "in" {shape = array<i64: 100>} : !spk.spikes<100>
  %side = spk.input "side" {shape = array<i64: 1>} : !spk.spikes<1>
  // What fits is left alone; it is the other projection that goes through helpers.
  // CHECK: spk.synapse "w_side"
  // LEGAL: spk.synapse "w_side" %{{[0-9]+}} {delay = 1 : i32
  %s = spk.synapse "w_side" %side {weight = #spk.elements<dense<64> : tensor<1x1xi32>, !spk.fixed<9, -1, signed>>,
      sign_mode = "mixed", weight_bits = 8 : i32} : (!spk.spikes<1>) -> !spk.current<1>
  // Its weights as they are, with exponent 0, a row for each part.
  // CHECK: %[[W:.*]] = spk.synapse "w" %[[IN]]
  // CHECK-SAME: tensor<100x2xi32>
  // CHECK-SAME: tensor<100xi16>, !spk.fixed<9, 0, signed>>
  %w = spk.synapse "w" %in {weight = #spk.elements<dense<2> : tensor<1x100xi32>, !spk.fixed<9, -2, signed>>,
      sign_mode = "mixed", weight_bits = 8 : i32} : (!spk.spikes<100>) -> !spk.current<1>
  // CHECK: %[[PART:.*]] = spk.graded_vec "a.part"(%[[W]]) {hidden
  // CHECK-SAME: threshold = #spk.elements<dense<0>
  // LEGAL: spk.graded_vec "a.part"
  // LEGAL-SAME: lag = 1 : i32
  // The sum is a convolution of one place for each row: two synapses for each neuron, one weight for each part.
  // CHECK: spk.synapse "a.part->a" %[[PART]] {convolution = #spk.convolution<[2, 1, 1] -> [1, 1, 1], kernel[1, 1]
  // CHECK-SAME: sign_mode = "excitatory"
  // CHECK-SAME: tensor<1x2x1x1xi16>, !spk.fixed<9, -2, signed>>
  // CHECK: spk.lif "a"
  // LEGAL: spk.lif "a"
  // LEGAL-SAME: lag = 2 : i32
  %a = spk.lif "a" (%s, %w) {shape = array<i64: 1>, threshold = #spk.elements<dense<64> : tensor<1xi32>, !spk.fixed<25, 0, signed>>}
      : (!spk.current<1>, !spk.current<1>) -> !spk.spikes<1>
  spk.output "out" (%a) {shape = array<i64: 1>} : !spk.spikes<1>
}
