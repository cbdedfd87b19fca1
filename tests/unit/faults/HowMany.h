// How many random images the tests of faults try; RHEO_NETWORKS says otherwise.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace rheo::faults {

inline std::uint64_t networks(std::uint64_t usual) {
  const char* text = std::getenv("RHEO_NETWORKS");
  return text ? std::strtoull(text, nullptr, 10) : usual;
}

}  // namespace rheo::faults
