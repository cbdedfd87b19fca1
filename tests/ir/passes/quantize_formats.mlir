// Nine bits on a chip that stores eight: a projection for each sign, whose sums add up to the one there was. SPEC W10.
// RUN: rheo-opt %s "--spk-quantize=chip=loihi2 weight-bits=9" --spk-prove-ranges --spk-legalize=chip=loihi2 | FileCheck %s

// CHECK: spk.network @signs
// CHECK-SAME: rule = "a projection for each format"
spk.network @signs attributes {
    dt = 1.0e-4 : f64, stage = "float", conventions = {discretization = "euler", reset = "v_reset", spikes = "unit"}} {
  %in = spk.input "in" {shape = array<i64: 2>} : !spk.spikes<2>
  // CHECK: spk.synapse "w[8b,e[[E:-?[0-9]+]],excitatory]" {{.*}}sign_mode = "excitatory", {{.*}}<[[UP:w_w[^>]*]]> : tensor<1xi16>
  // CHECK-SAME: weight_bits = 8
  // CHECK: spk.synapse "w[8b,e[[E]],inhibitory]" {{.*}}sign_mode = "inhibitory", {{.*}}<[[DOWN:w_w[^>]*]]> : tensor<1xi16>
  // CHECK-SAME: weight_bits = 8
  // CHECK: spk.lif "lif"(%{{[^,]*}}, %{{[^,]*}})
  %current = spk.synapse "w" %in {weight = dense<[[2.55, -1.27]]> : tensor<1x2xf64>} : (!spk.spikes<2>) -> !spk.current<1>
  %spikes = spk.lif "lif" (%current) {shape = array<i64: 1>, tau = dense<2.5e-3> : tensor<1xf64>, r = dense<1.0> : tensor<1xf64>,
      v_leak = dense<0.0> : tensor<1xf64>, v_threshold = dense<0.1> : tensor<1xf64>} : (!spk.current<1>) -> !spk.spikes<1>
  spk.output "out" (%spikes) {shape = array<i64: 1>} : !spk.spikes<1>
}
// 255 and -127, which two lists of one sign hold and one of mixed sign does not.
// CHECK: [[UP]]: "0x02000000FF00"
// CHECK: [[DOWN]]: "0x0200000081FF"
