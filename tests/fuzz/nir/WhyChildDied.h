// Starts the reader once more on a file that made it die, to learn where the fault lies.
#pragma once

#include <string>

#include "hdf5/Hdf5Process.h"

namespace rheo::fuzz {

// As for users, but a file that makes libhdf5 run in circles costs seconds, not minutes.
inline constexpr hdf5::ProcessLimits kChildLimits{4ull << 30, 3, 20};

// "died" or, where the child was built with sanitizers that found something, the program or library and the
// kind of fault: "heap-buffer-overflow in libhdf5_serial.so.103".
std::string whyChildDied(const std::string& path);

}  // namespace rheo::fuzz
