// What cannot become integers is refused with its rule, all findings of a network at once.
// RUN: rheo-opt %s --spk-quantize=chip=loihi1 -split-input-file -verify-diagnostics

// A reset that loihi1 lacks.
// expected-error @below {{R0411: the network resets by subtraction, 'loihi1' resets to zero}}
module {
spk.network @subtract attributes {
    dt = 1.0e-4 : f64, stage = "float", conventions = {discretization = "euler", reset = "subtract", spikes = "unit"}} {
  %in = spk.input "in" {shape = array<i64: 1>} : !spk.spikes<1>
  %current = spk.synapse "w" %in {weight = dense<1.0> : tensor<1x1xf64>} : (!spk.spikes<1>) -> !spk.current<1>
  %spikes = spk.lif "lif" (%current) {shape = array<i64: 1>, tau = dense<2.5e-3> : tensor<1xf64>, r = dense<1.0> : tensor<1xf64>,
      v_leak = dense<0.0> : tensor<1xf64>, v_threshold = dense<0.1> : tensor<1xf64>} : (!spk.current<1>) -> !spk.spikes<1>
  spk.output "out" (%spikes) {shape = array<i64: 1>} : !spk.spikes<1>
}
}

// -----
// A step longer than two time constants: both are named.
// expected-error @below {{R0305: a step of 0.1 s is longer than a time constant of 'a': dt / tau is 40}}
// expected-error @below {{R0305: a step of 0.1 s is longer than a time constant of 'b': dt / tau is 20}}
module {
spk.network @slow attributes {
    dt = 0.1 : f64, stage = "float", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}} {
  %in = spk.input "in" {shape = array<i64: 1>} : !spk.spikes<1>
  %i = spk.synapse "w" %in {weight = dense<1.0> : tensor<1x1xf64>} : (!spk.spikes<1>) -> !spk.current<1>
  %a = spk.lif "a" (%i) {shape = array<i64: 1>, tau = dense<2.5e-3> : tensor<1xf64>, r = dense<1.0> : tensor<1xf64>,
      v_leak = dense<0.0> : tensor<1xf64>, v_threshold = dense<0.1> : tensor<1xf64>} : (!spk.current<1>) -> !spk.spikes<1>
  %j = spk.synapse "x" %a {weight = dense<1.0> : tensor<1x1xf64>} : (!spk.spikes<1>) -> !spk.current<1>
  %b = spk.li "b" (%j) {shape = array<i64: 1>, tau = dense<5.0e-3> : tensor<1xf64>, r = dense<1.0> : tensor<1xf64>,
      v_leak = dense<0.0> : tensor<1xf64>} : (!spk.current<1>) -> !spk.potential<1>
  spk.output "out" (%b) {shape = array<i64: 1>} : !spk.potential<1>
}
}

// -----
// expected-error @below {{R0703: this pass needs one spk.network in the stage 'float'}}
module {
}
