// Trees become HDF5 files, in memory: who calls it decides where the bytes go, and when. The library that
// runs here only ever sees what this program made; files from outside are the reader process's
// (../Hdf5Process.h).
#pragma once

#include <string>

#include "hdf5/Tree.h"
#include "support/Error.h"

namespace rheo::hdf5 {

// Whether an object can be called so: not empty, and nothing that HDF5 would take for a path.
bool isName(const std::string& name);

// The bytes of a file whose root is `root`, a group. Arrays are stored in their dtype, whole and
// uncompressed; strings as UTF-8 of variable length, which is what h5py writes and expects; children and
// attributes in their order; truth values compressed, as h5py writes them. Nothing stored tells when: equal
// trees give equal bytes. Names are such (isName): else R0670. R0699 the library refused, or an array is not
// what its shape says. Not to be called by two threads at a time: the library is not safe there.
Expected<std::string> fileOf(const Tree& root);

}  // namespace rheo::hdf5
