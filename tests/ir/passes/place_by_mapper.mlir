// Legal stage to placed stage with the mapper: even neurons reach even ones, odd ones odd; on cores of four each kind
// has a core of its own, whose slice lists them. Populations in order would put both kinds on both cores.
// RUN: echo '{"base": "tiny", "name": "four", "limits": {"neurons_per_core": 4}}' > %t.json
// RUN: rheo-opt %s --chip-place="chip=%t.json mapper=graph" | FileCheck %s
// RUN: rheo-opt %s --chip-place="chip=%t.json mapper=graph" | rheo-opt | FileCheck %s
// RUN: rheo-opt %s --chip-place="chip=%t.json mapper=order" | FileCheck %s --check-prefix=ORDER
// RUN: ! rheo-opt %s --chip-place="chip=%t.json mapper=graf" 2>%t.err && cat %t.err | FileCheck %s --check-prefix=WRONG

// CHECK: chip.module @kinds attributes
// CHECK-SAME: what = "placement", value = "neurons as the mapper groups them"
// CHECK-SAME: how_to_change = "--mapper order"
// CHECK: chip.slice @lif {count = 4 : i32, first_compartment = 0 : i32, first_neuron = [[A:[01]]] : i32, neurons = array<i32: [[A]], {{2, 4, 6|3, 5, 7}}>}
// CHECK: chip.slice @lif {count = 4 : i32, first_compartment = 0 : i32, first_neuron = [[B:[01]]] : i32, neurons = array<i32: [[B]], {{2, 4, 6|3, 5, 7}}>}

// ORDER: chip.slice @lif {count = 4 : i32, first_compartment = 0 : i32, first_neuron = 0 : i32}
// ORDER: chip.slice @lif {count = 4 : i32, first_compartment = 0 : i32, first_neuron = 4 : i32}

// WRONG: R0690: there is no mapper 'graf'
spk.network @kinds attributes {chip = "four",
    dt = 1.0e-3 : f64, stage = "legal", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}, profile = "lava"} {
  %in = spk.input "in" {shape = array<i64: 1>} : !spk.spikes<1>
  %i = spk.synapse "w" %in {weight = #spk.elements<dense<2> : tensor<8x1xi32>, !spk.fixed<9, 0, signed>>,
      sign_mode = "mixed", weight_bits = 8 : i32} : (!spk.spikes<1>) -> !spk.current<8>
  %j = spk.synapse "loop" %v {weight = #spk.elements<dense<[
        [2, 0, 2, 0, 2, 0, 2, 0], [0, 2, 0, 2, 0, 2, 0, 2], [2, 0, 2, 0, 2, 0, 2, 0], [0, 2, 0, 2, 0, 2, 0, 2],
        [2, 0, 2, 0, 2, 0, 2, 0], [0, 2, 0, 2, 0, 2, 0, 2], [2, 0, 2, 0, 2, 0, 2, 0], [0, 2, 0, 2, 0, 2, 0, 2]]>
      : tensor<8x8xi32>, !spk.fixed<9, 0, signed>>,
      float_delay = 1 : i32, sign_mode = "mixed", weight_bits = 8 : i32} : (!spk.spikes<8>) -> !spk.current<8>
  %v = spk.lif "lif" (%i, %j) {shape = array<i64: 8>, lag = 1 : i32, threshold = #spk.elements<dense<64> : tensor<8xi32>, !spk.fixed<25, 0, signed>>} : (!spk.current<8>, !spk.current<8>) -> !spk.spikes<8>
  spk.output "out" (%v) {shape = array<i64: 8>} : !spk.spikes<8>
}
