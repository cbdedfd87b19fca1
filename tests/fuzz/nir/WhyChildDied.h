// Starts the reader once more on a file that made it die, to learn where the fault lies.
#pragma once

#include <string>

namespace rheo::fuzz {

// "died" or, where the child was built with sanitizers that found something, the program or library and the
// kind of fault: "heap-buffer-overflow in libhdf5_serial.so.103".
std::string whyChildDied(const std::string& path);

}  // namespace rheo::fuzz
