// What the verifiers of spk refuse: one mistake in each part.
// RUN: rheo-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{R0702: 'n' needs a positive dt in seconds}}
spk.network @n attributes {dt = 0.0 : f64, stage = "float", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}} {
}

// -----
spk.network @n attributes {dt = 1.0 : f64, stage = "float", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}} {
  // expected-error @+1 {{R0702: 'i' lacks 'r'}}
  %i = spk.integrator "i" () {shape = array<i64: 2>} : () -> !spk.potential<2>
}

// -----
spk.network @n attributes {dt = 1.0 : f64, stage = "float", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}} {
  // expected-error @+1 {{R0702: 'n' has 'tau' 0.000000e+00 at element 0, it must be positive}}
  %i = spk.li "n" () {shape = array<i64: 2>, tau = dense<0.0> : tensor<2xf64>, r = dense<1.0> : tensor<2xf64>, v_leak = dense<0.0> : tensor<2xf64>} : () -> !spk.potential<2>
}

// -----
spk.network @n attributes {dt = 1.0 : f64, stage = "float", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}} {
  // expected-error @+1 {{R0702: 'n' has its integers and cannot carry 'tau'}}
  %i = spk.li "n" () {shape = array<i64: 2>, tau = dense<1.0> : tensor<2xf64>, decay_v = #spk.elements<dense<96> : tensor<2xi32>, !spk.fixed<13, -12, unsigned>>} : () -> !spk.potential<2>
}

// -----
spk.network @n attributes {dt = 1.0 : f64, stage = "quant", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}} {
  // expected-error @+1 {{R0702: 'n' is past the float stage and cannot carry 'r'}}
  %i = spk.integrator "n" () {shape = array<i64: 2>, r = dense<1.0> : tensor<2xf64>} : () -> !spk.potential<2>
}

// -----
spk.network @n attributes {dt = 1.0 : f64, stage = "quant", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}} {
  // expected-error @+1 {{R0702: 'n' has 'decay_v' 4097 at element 0, outside [0, 4096]}}
  %i = spk.li "n" () {shape = array<i64: 2>, decay_v = #spk.elements<dense<4097> : tensor<2xi32>, !spk.fixed<13, -12, unsigned>>} : () -> !spk.potential<2>
}

// -----
spk.network @n attributes {dt = 1.0 : f64, stage = "quant", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}} {
  %in = spk.input "in" {shape = array<i64: 1>} : !spk.spikes<1>
  // expected-error @+1 {{R0702: 'w' has 'weight' 255 at element 0, outside [-256, 254]}}
  %w = spk.synapse "w" %in {weight = #spk.elements<dense<255> : tensor<1x1xi32>, !spk.fixed<9, 0, signed>>, sign_mode = "mixed", weight_bits = 8 : i32} : (!spk.spikes<1>) -> !spk.current<1>
}

// -----
spk.network @n attributes {dt = 1.0 : f64, stage = "quant", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}} {
  %in = spk.input "in" {shape = array<i64: 1>} : !spk.spikes<1>
  // expected-error @+1 {{R0702: 'w' has weight_bits 1, mixed weights need 2 or more}}
  %w = spk.synapse "w" %in {weight = #spk.elements<dense<-256> : tensor<1x1xi32>, !spk.fixed<9, 0, signed>>, sign_mode = "mixed", weight_bits = 1 : i32} : (!spk.spikes<1>) -> !spk.current<1>
}

// -----
spk.network @n attributes {dt = 1.0 : f64, stage = "float", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}} {
  %in = spk.input "in" {shape = array<i64: 1>} : !spk.spikes<1>
  // expected-error @+1 {{R0702: 'w' has a delay of 63 steps, outside [0, 62]}}
  %w = spk.synapse "w" %in {weight = dense<1.0> : tensor<1x1xf64>, delay = 63 : i32} : (!spk.spikes<1>) -> !spk.current<1>
}

// -----
// expected-error @+1 {{R0702: value 16 does not fit '!spk.fixed<4, 0, unsigned>'}}
spk.network @n attributes {dt = 1.0 : f64, x = #spk.elements<dense<16> : tensor<1xi32>, !spk.fixed<4, 0, unsigned>>, stage = "float", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}} {
}

// -----
spk.network @n attributes {dt = 1.0 : f64, stage = "float", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}} {
  %in = spk.input "in" {shape = array<i64: 1>} : !spk.spikes<1>
  %w = spk.synapse "w" %in {weight = dense<1.0> : tensor<2x1xf64>} : (!spk.spikes<1>) -> !spk.current<2>
  // expected-error @+1 {{R0702: 'n' takes 4 sums, but a current of type '!spk.current<2>'}}
  %n = spk.prod_neuron "n" (%w) {shape = array<i64: 2>} : (!spk.current<2>) -> !spk.spikes<2>
}

// -----
spk.network @n attributes {dt = 1.0 : f64, stage = "float", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}} {
  %in = spk.input "in" {shape = array<i64: 3>} : !spk.spikes<3>
  // expected-error @+1 {{R0702: 'w' has places of type 'tensor<2xi32>', expected [synapses, 2] of i32}}
  %w = spk.synapse "w" %in {weight = dense<1.0> : tensor<2xf64>, places = dense<0> : tensor<2xi32>} : (!spk.spikes<3>) -> !spk.current<2>
}

// -----
spk.network @n attributes {dt = 1.0 : f64, stage = "float", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}} {
  %in = spk.input "in" {shape = array<i64: 3>} : !spk.spikes<3>
  // expected-error @+1 {{R0702: 'w' has a synapse from 3 to 1, which lies outside 3 sources and 2 targets}}
  %w = spk.synapse "w" %in {weight = dense<1.0> : tensor<2xf64>, places = dense<[[0, 1], [1, 3]]> : tensor<2x2xi32>} : (!spk.spikes<3>) -> !spk.current<2>
}

// -----
spk.network @n attributes {dt = 1.0 : f64, stage = "float", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}} {
  %in = spk.input "in" {shape = array<i64: 3>} : !spk.spikes<3>
  // expected-error @+1 {{R0702: 'w' has places out of order, or twice: (1, 0)}}
  %w = spk.synapse "w" %in {weight = dense<1.0> : tensor<3xf64>, places = dense<[[0, 1], [1, 2], [1, 0]]> : tensor<3x2xi32>} : (!spk.spikes<3>) -> !spk.current<2>
}

// -----
spk.network @n attributes {dt = 1.0 : f64, stage = "float", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}} {
  %in = spk.input "in" {shape = array<i64: 3>} : !spk.spikes<3>
  // expected-error @+1 {{R0702: 'w' has 'weight' of type 'tensor<2xf64>'}}
  %w = spk.synapse "w" %in {weight = dense<1.0> : tensor<2xf64>, places = dense<[[0, 1], [1, 0], [1, 2]]> : tensor<3x2xi32>} : (!spk.spikes<3>) -> !spk.current<2>
}
