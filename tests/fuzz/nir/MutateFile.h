// Changes a few bytes of an HDF5 file, most of them where the library does the most with them.
#pragma once

#include <string>

#include "common/Random.h"

namespace rheo::fuzz {

void mutateFile(std::string& bytes, Random& random);

}  // namespace rheo::fuzz
