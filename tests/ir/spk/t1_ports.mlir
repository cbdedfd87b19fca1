// A neuron of two ports takes a sum for each: two neurons, four rows of weights. SPEC T1
// RUN: rheo-opt %s | FileCheck %s

// CHECK-LABEL: spk.network @n
// CHECK: spk.synapse "w" {{.*}}tensor<4x1xf64>{{.*}}-> !spk.current<4>
// CHECK: spk.resonate_and_fire "n"{{.*}}!spk.fixed<17, -15, signed>{{.*}}(!spk.current<4>) -> !spk.spikes<2>
spk.network @n attributes {dt = 1.0 : f64, stage = "float", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}} {
  %in = spk.input "in" {shape = array<i64: 1>} : !spk.spikes<1>
  %w = spk.synapse "w" %in {weight = dense<1.0> : tensor<4x1xf64>} : (!spk.spikes<1>) -> !spk.current<4>
  %n = spk.resonate_and_fire "n" (%w) {shape = array<i64: 2>, cosine = #spk.elements<dense<4096> : tensor<2xi32>, !spk.fixed<17, -15, signed>>} : (!spk.current<4>) -> !spk.spikes<2>
}
