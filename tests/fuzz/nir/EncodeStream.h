// A tree as the bytes that the reader process would send. The opposite of hdf5::decodeStream.
#pragma once

#include <string>

#include "hdf5/Tree.h"

namespace rheo::fuzz {

std::string encodeStream(const hdf5::Tree& root);

// What the reader process sends where it cannot read the file.
std::string encodeReport(const std::string& where, const std::string& message);

}  // namespace rheo::fuzz
