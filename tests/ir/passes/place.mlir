// Legal stage to placed stage: a population of 40 neurons is cut at tiny's 32 compartments; sources reach both cores.
// RUN: rheo-opt %s --chip-place="chip=tiny mapper=order" | FileCheck %s
// RUN: rheo-opt %s --chip-place="chip=tiny mapper=order" | rheo-opt | FileCheck %s

// CHECK: chip.module @wide attributes {chip = "tiny"
// CHECK: chip.input @in {encoding = "binary", max_payload = 1 : i32, shape = array<i64: 2>}
// CHECK: chip.population @li {lag = 1 : i32, model = "li"
// CHECK: chip.output @out {populations = [@li], shape = array<i64: 40>, states = ["v"]}
// CHECK: chip.projection @w : @in -> @li
// CHECK: chip.core 0
// CHECK: chip.slice @li {count = 32 : i32, first_compartment = 0 : i32, first_neuron = 0 : i32}
// CHECK: chip.group @w {delay_bits = 0 : i32, index = 0 : i32, index_bits = {{.*}}kind = "dense", slice = 0 : i32}
// CHECK: chip.axon {delay = 0 : i32, first_axon = 0 : i32, group = 0 : i32, source_count = 2 : i32}
// CHECK: chip.core 1
// CHECK: chip.slice @li {count = 8 : i32, first_compartment = 0 : i32, first_neuron = 32 : i32}
spk.network @wide attributes {chip = "tiny",
    dt = 1.0e-3 : f64, stage = "legal", conventions = {discretization = "euler", reset = "zero", spikes = "unit"}, profile = "lava"} {
  %in = spk.input "in" {shape = array<i64: 2>} : !spk.spikes<2>
  %i = spk.synapse "w" %in {weight = #spk.elements<dense<2> : tensor<40x2xi32>, !spk.fixed<9, 0, signed>>,
      sign_mode = "mixed", weight_bits = 8 : i32} : (!spk.spikes<2>) -> !spk.current<40>
  %v = spk.li "li" (%i) {shape = array<i64: 40>, lag = 1 : i32} : (!spk.current<40>) -> !spk.potential<40>
  spk.output "out" (%v) {shape = array<i64: 40>} : !spk.potential<40>
}
