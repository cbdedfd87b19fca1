// Runs the HDF5 reader as a limited child process and decodes what it sends. The HDF5 library is not safe on
// hostile files (its history has heap overflows and endless loops), so it never runs in the caller's process.
#pragma once

#include <cstdint>
#include <string>

#include "Stream.h"
#include "Tree.h"
#include "support/Error.h"

namespace rheo::hdf5 {

struct ProcessLimits {
  std::uint64_t memoryBytes = 4ull << 30;  // address space of the reader
  int cpuSeconds = 60;
  int wallSeconds = 120;
};

// Reads a whole file. Errors: R0101 (no such file, a directory, empty, unreadable), R0102 (the reader
// program is missing or could not start), R0103 (the file cannot be read as HDF5: the reader's reason),
// R0104 (the reader died, hung or answered nonsense).
Expected<Tree> readHdf5(const std::string& path, const Limits& limits = {},
                        const ProcessLimits& processLimits = {});

// Where the reader program is: $RHEOBASE_HDF5_READER if set, else rheo-hdf5-reader beside the shared
// object or program that holds this function, else in ../libexec/rheobase or ../bin from there. Empty if
// there is none.
std::string findReader();

}  // namespace rheo::hdf5
