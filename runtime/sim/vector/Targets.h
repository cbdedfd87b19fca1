// The instruction sets that files with vector kernels are compiled for; included before foreach_target.h.
#pragma once

// Kernels hold vectors in arrays, which types without a compile-time size do not allow.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
