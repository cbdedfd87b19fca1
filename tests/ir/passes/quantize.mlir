// Float stage to quant stage: shared/data's LIF neuron. k = dt / tau = 0.04, so dv is 4096 * 0.04 = 163.84 rounded.
// RUN: rheo-opt %s --spk-quantize=chip=loihi2 | FileCheck %s

// CHECK: spk.network @one attributes
// CHECK-SAME: profile = "lava"
// CHECK-SAME: quantization =
// CHECK-SAME: stage = "quant"
spk.network @one attributes {
    dt = 1.0e-4 : f64, stage = "float", conventions = {discretization = "euler", reset = "v_reset", spikes = "unit"}} {
  %in = spk.input "in" {shape = array<i64: 1>} : !spk.spikes<1>
  // A bias becomes synapses of a hidden neuron that fires in every step (SPEC F6).
  // CHECK: spk.lif "bias"() {bias = #spk.elements<dense<64>
  // CHECK-SAME: hidden
  // CHECK: spk.synapse "w" {{.*}}sign_mode = "excitatory"
  // CHECK-SAME: !spk.fixed<9,
  // CHECK-NOT: bias =
  %current = spk.synapse "w" %in {weight = dense<1.0> : tensor<1x1xf64>, bias = dense<-0.01> : tensor<1xf64>} : (!spk.spikes<1>) -> !spk.current<1>
  // CHECK: spk.synapse "w.bias" {{.*}}sign_mode = "inhibitory"
  // CHECK: spk.lif "lif"
  // CHECK-SAME: decay_v = #spk.elements<dense<164>
  // CHECK-SAME: scales = {v = dense<
  // CHECK-NOT: tau
  %spikes = spk.lif "lif" (%current) {shape = array<i64: 1>, tau = dense<2.5e-3> : tensor<1xf64>, r = dense<1.0> : tensor<1xf64>,
      v_leak = dense<0.0> : tensor<1xf64>, v_threshold = dense<0.1> : tensor<1xf64>} : (!spk.current<1>) -> !spk.spikes<1>
  spk.output "out" (%spikes) {shape = array<i64: 1>} : !spk.spikes<1>
}
