// One step of one neuron in plain integers: what the golden model and the fault campaigns execute.
#pragma once

#include <cstdint>

#include "fixed/IntegerAlgebra.h"
#include "models/Model.h"

namespace rheo {

// Returns the payload of what the neuron sends; 0: nothing. States and parameters in the model's order, one
// input for each port.
using StepFunction = std::int32_t (*)(fixed::IntegerAlgebra&, std::int32_t* state, const std::int32_t* input,
                                      const std::int32_t* parameters);

// Of a model that decode() accepted.
StepFunction stepOf(const models::ModelTable& model);

}  // namespace rheo
