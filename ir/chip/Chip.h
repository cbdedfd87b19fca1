// The chip dialect in C++.
#pragma once

#include "ir/spk/Spk.h"

// Generated; needs what is above.
#include "ir/chip/ChipDialect.h.inc"
#define GET_OP_CLASSES
#include "ir/chip/ChipOps.h.inc"
