// A placed network of one core, printed and read back, and what the verifiers refuse.
// RUN: rheo-opt %s -split-input-file -verify-diagnostics | FileCheck %s

// CHECK-LABEL: chip.module @small
chip.module @small attributes {chip = "tiny", profile = "lava", dt = 1.0e-3 : f64} {
  chip.population @out {model = "lif", shape = array<i64: 2>, lag = 1 : i32,
                        parameters = {threshold = #spk.elements<dense<64> : tensor<2xi32>, !spk.fixed<25, 0, signed>>},
                        ranges = {v = #spk.range<minimum = -10, maximum = 10, proven = true, note = "">}}
  chip.input @in {shape = array<i64: 3>, encoding = "binary", max_payload = 1 : i32}
  chip.output @spikes {shape = array<i64: 2>, populations = [@out], states = [""]}
  // CHECK: chip.projection @w : @in -> @out
  chip.projection @w : @in -> @out {weight = #spk.elements<dense<4> : tensor<2x3xi32>, !spk.fixed<9, -1, signed>>,
                                    delay = 0 : i32, sign_mode = "mixed", weight_bits = 8 : i32}
  // CHECK: chip.core 0
  chip.core 0 {
    chip.slice @out {first_neuron = 0 : i32, count = 2 : i32, first_compartment = 5 : i32}
    chip.group @w {index = 0 : i32, kind = "dense", slice = 0 : i32,
                   delay_bits = 0 : i32, index_bits = 0 : i32}
    // CHECK: chip.axon {delay = 0 : i32, first_axon = 0 : i32, group = 0 : i32, source_count = 3 : i32}
    chip.axon {group = 0 : i32, first_axon = 0 : i32, delay = 0 : i32, source_count = 3 : i32}
    chip.axon {group = 0 : i32, first_axon = 3 : i32, delay = 2 : i32, sources = array<i32: 0, 2>}
  }
}

// -----
chip.module @m attributes {chip = "tiny", profile = "lava", dt = 1.0e-3 : f64} {
  // expected-error @+1 {{R0702: 'p' has no fixed parameter 'threshold'}}
  chip.population @p {model = "li", shape = array<i64: 2>, lag = 1 : i32,
                      parameters = {threshold = #spk.elements<dense<64> : tensor<2xi32>, !spk.fixed<25, 0, signed>>}}
}

// -----
chip.module @m attributes {chip = "tiny", profile = "lava", dt = 1.0e-3 : f64} {
  chip.population @p {model = "li", shape = array<i64: 2>, lag = 1 : i32, parameters = {}}
  chip.core 0 {
    // expected-error @+1 {{R0702: 'p' has 2 neurons, a slice of it goes from 1 to 3}}
    chip.slice @p {first_neuron = 1 : i32, count = 2 : i32, first_compartment = 0 : i32}
  }
}

// -----
chip.module @m attributes {chip = "tiny", profile = "lava", dt = 1.0e-3 : f64} {
  chip.population @p {model = "li", shape = array<i64: 2>, lag = 1 : i32, parameters = {}}
  // expected-error @+1 {{R0702: 'o' reads state '' of @p}}
  chip.output @o {shape = array<i64: 2>, populations = [@p], states = [""]}
}

// -----
// A convolution of [1, 1, 4] to two tiles of [2, 1, 3], through kernels. SPEC I10
// CHECK-LABEL: chip.module @tiles
chip.module @tiles attributes {chip = "loihi2", profile = "lava", dt = 1.0e-3 : f64} {
  chip.population @map {model = "lif", shape = array<i64: 2, 1, 3>, lag = 1 : i32, parameters = {}}
  chip.input @in {shape = array<i64: 1, 1, 4>, encoding = "binary", max_payload = 1 : i32}
  // CHECK: convolution = #spk.convolution<[1, 1, 4] -> [2, 1, 3], kernel[1, 2], stride[1, 1], padding[0, 0], dilation[1, 1], groups 1>
  chip.projection @w : @in -> @map {weight = #spk.elements<dense<4> : tensor<2x1x1x2xi32>, !spk.fixed<9, 0, signed>>,
    convolution = #spk.convolution<[1, 1, 4] -> [2, 1, 3], kernel [1, 2], stride [1, 1], padding [0, 0], dilation [1, 1], groups 1>,
    delay = 0 : i32, sign_mode = "mixed", weight_bits = 8 : i32}
  chip.core 0 {
    // CHECK: chip.slice @map {count = 2 : i32, first_compartment = 0 : i32, first_neuron = 0 : i32, repeats = 2 : i32, stride = 3 : i32}
    chip.slice @map {first_neuron = 0 : i32, count = 2 : i32, first_compartment = 0 : i32, repeats = 2 : i32, stride = 3 : i32}
    chip.group @w {index = 0 : i32, kind = "kernel", slice = 0 : i32, delay_bits = 0 : i32, index_bits = 0 : i32}
    chip.axon {group = 0 : i32, first_axon = 0 : i32, delay = 0 : i32, source_count = 3 : i32}
  }
}

// -----
chip.module @m attributes {chip = "loihi2", profile = "lava", dt = 1.0e-3 : f64} {
  chip.population @map {model = "lif", shape = array<i64: 2, 1, 3>, lag = 1 : i32, parameters = {}}
  chip.input @in {shape = array<i64: 5>, encoding = "binary", max_payload = 1 : i32}
  // expected-error @+1 {{R0702: 'w' has a convolution of 4 sources and 6 targets between 5 and 6}}
  chip.projection @w : @in -> @map {weight = #spk.elements<dense<4> : tensor<2x1x1x2xi32>, !spk.fixed<9, 0, signed>>,
    convolution = #spk.convolution<[1, 1, 4] -> [2, 1, 3], kernel [1, 2], stride [1, 1], padding [0, 0], dilation [1, 1], groups 1>,
    delay = 0 : i32, sign_mode = "mixed", weight_bits = 8 : i32}
}

// -----
chip.module @m attributes {chip = "tiny", profile = "lava", dt = 1.0e-3 : f64} {
  chip.population @p {model = "lif", shape = array<i64: 2>, lag = 1 : i32, parameters = {}}
  chip.input @in {shape = array<i64: 2>, encoding = "binary", max_payload = 1 : i32}
  chip.projection @w : @in -> @p {weight = #spk.elements<dense<4> : tensor<2x2xi32>, !spk.fixed<9, 0, signed>>,
    delay = 0 : i32, sign_mode = "mixed", weight_bits = 8 : i32}
  chip.core 0 {
    chip.slice @p {first_neuron = 0 : i32, count = 2 : i32, first_compartment = 0 : i32}
    // expected-error @+1 {{R0702: 'w' has kernels, but is no convolution}}
    chip.group @w {index = 0 : i32, kind = "kernel", slice = 0 : i32, delay_bits = 0 : i32, index_bits = 0 : i32}
  }
}

// -----
chip.module @m attributes {chip = "tiny", profile = "lava", dt = 1.0e-3 : f64} {
  chip.population @p {model = "lif", shape = array<i64: 2>, lag = 1 : i32, parameters = {}}
  chip.input @in {shape = array<i64: 2>, encoding = "binary", max_payload = 1 : i32}
  // expected-error @+1 {{R0702: 'w' has a synapse with a delay of 63 steps, outside [0, 62]}}
  chip.projection @w : @in -> @p {weight = #spk.elements<dense<4> : tensor<2x2xi32>, !spk.fixed<9, 0, signed>>,
    delays = dense<[[0, 63], [1, 2]]> : tensor<2x2xi8>, delay = 0 : i32, sign_mode = "mixed", weight_bits = 8 : i32}
}

// -----
chip.module @m attributes {chip = "tiny", profile = "lava", dt = 1.0e-3 : f64} {
  chip.population @p {model = "lif", shape = array<i64: 2>, lag = 1 : i32, parameters = {}}
  chip.input @in {shape = array<i64: 2>, encoding = "binary", max_payload = 1 : i32}
  // expected-error @+1 {{R0702: 'w' has a weight 4, which is no multiple of 16: 5 weight bits hold none between}}
  chip.projection @w : @in -> @p {weight = #spk.elements<dense<4> : tensor<2x2xi32>, !spk.fixed<9, 0, signed>>,
    delay = 0 : i32, sign_mode = "mixed", weight_bits = 5 : i32}
}

// -----
// expected-error @+1 {{R0702: a convolution has a kernel, stride or dilation outside [1, 2^16]}}
#long = #spk.convolution<[1, 1, 4] -> [2, 1, 4], kernel [1, 1000001], stride [1, 1], padding [0, 500000], dilation [1, 1], groups 1>

// -----
// expected-error @+1 {{R0702: a convolution has more outputs than its input leaves room for}}
#wide = #spk.convolution<[1, 1, 4] -> [2, 1, 5], kernel [1, 2], stride [1, 1], padding [0, 0], dilation [1, 1], groups 1>
