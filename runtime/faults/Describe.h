// What a fault changes, in the names of the user's network.
#pragma once

#include <string>

#include "faults/Effect.h"
#include "faults/Fault.h"
#include "faults/Memories.h"

namespace rheo::faults {

// "weight from 'input'[3] to 'hidden'[17]: 12 becomes -116"
std::string describe(const Fault& fault, const Effect& effect, const FlatProgram& flat,
                     const Memories& memories);

}  // namespace rheo::faults
