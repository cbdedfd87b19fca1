// A recurrent float network, printed and read back.
// RUN: rheo-opt %s | rheo-opt | FileCheck %s

// CHECK-LABEL: spk.network @small attributes
// CHECK-SAME: stage = "float"
spk.network @small attributes {
    dt = 1.0e-4 : f64, stage = "float", conventions = {discretization = "euler", reset = "v_reset", spikes = "unit"},
    assumptions = [#spk.assumption<what = "dt", value = "0.0001 s", why = "default", how_to_change = "--dt SECONDS",
                                   warning = true>]} {
  // CHECK: %[[IN:.*]] = spk.input "input" {shape = array<i64: 2>} : !spk.spikes<2>
  %in = spk.input "input" {shape = array<i64: 2>} : !spk.spikes<2>
  // CHECK: spk.synapse "w_in" %[[IN]]
  %a = spk.synapse "w_in" %in {weight = dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf64>,
                               bias = dense<0.5> : tensor<3xf64>} : (!spk.spikes<2>) -> !spk.current<3>
  // The recurrent edge uses a value that is defined below.
  // CHECK: spk.synapse "w_rec" %[[LIF:[0-9]+]] {float_delay = 1 : i32
  %b = spk.synapse "w_rec" %s {weight = dense<0.1> : tensor<3x3xf64>, float_delay = 1 : i32} : (!spk.spikes<3>) -> !spk.current<3>
  // CHECK: %[[LIF]] = spk.cuba_lif "lif1"
  %s = spk.cuba_lif "lif1" (%a, %b) {
      shape = array<i64: 3>, tau_syn = dense<5.0e-3> : tensor<3xf64>, tau_mem = dense<1.0e-2> : tensor<3xf64>,
      r = dense<1.0> : tensor<3xf64>, v_leak = dense<0.0> : tensor<3xf64>, v_threshold = dense<1.0> : tensor<3xf64>
  } : (!spk.current<3>, !spk.current<3>) -> !spk.spikes<3>
  // CHECK: spk.output "output"(%[[LIF]]) {shape = array<i64: 3>} : !spk.spikes<3>
  spk.output "output" (%s) {shape = array<i64: 3>} : !spk.spikes<3>
}
