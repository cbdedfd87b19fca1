// Loops over many weights in vectors as wide as the machine has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

// Function multiversioning; without fused multiplications (CMakeLists.txt) all versions give the same bits.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define RHEO_WIDE_VECTORS __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define RHEO_WIDE_VECTORS
#endif

namespace rheo {

inline constexpr std::size_t kLanes = 8;
// GCC's and Clang's.
using WideDouble = double __attribute__((vector_size(kLanes * sizeof(double))));
using WideInt64 = std::int64_t __attribute__((vector_size(kLanes * sizeof(std::int64_t))));
using WideInt32 = std::int32_t __attribute__((vector_size(kLanes * sizeof(std::int32_t))));

}  // namespace rheo
