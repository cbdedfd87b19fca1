// The models' step.h read in plain integers.
#include "sim/ModelStep.h"

#include "models/AllModels.h"

namespace rheo {
namespace {

namespace steps {
#include "models/AllSteps.inc"
}  // namespace steps

template <auto step>
std::int32_t payloadOf(fixed::IntegerAlgebra& algebra, std::int32_t* state, const std::int32_t* input,
                       const std::int32_t* parameters) {
  return static_cast<std::int32_t>(step(algebra, state, input, parameters));
}

}  // namespace

StepFunction stepOf(const models::ModelTable& model) {
#define RHEO_MODEL(name)                           \
  if (model.opcode == models::name::kTable.opcode) \
    return &payloadOf<&steps::name::step<fixed::IntegerAlgebra>>;
#include "models/Models.def"
#undef RHEO_MODEL
  return nullptr;  // decode() refuses unknown models
}

}  // namespace rheo
