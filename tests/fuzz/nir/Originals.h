// Valid NIR files to start from: small, and between them every structure of HDF5 that the reader meets.
#pragma once

#include <string>
#include <vector>

namespace rheo::fuzz {

// Their bytes; the same in every run with one version of libhdf5.
std::vector<std::string> originalFiles();

}  // namespace rheo::fuzz
