// What the binding files of `_core` share: each adds its names to the module; errors become exceptions.
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <utility>
#include <vector>

#include "support/Error.h"

namespace rheo::python {

namespace py = pybind11;

// Raises the rheobase.Error subclass of this kind, with all diagnostics. Needs the GIL.
[[noreturn]] void raise(const Error& error);
// A list of rheobase.Diagnostic.
py::list toPython(const std::vector<Diagnostic>& diagnostics);
// Text that may hold a path: bytes that are not UTF-8 survive the way into Python and back (PEP 383).
py::str toPython(const std::string& text);
// A path from the package, which passes bytes: os.fsencode of what the user gave.
inline std::string pathOf(const py::bytes& path) { return path; }

// Exceptions of C++ that no code above expects become rheobase.Error: memory is the user's, all else is ours.
void registerExceptions();

// The value, or the exception.
template <class T>
T unwrap(Expected<T> result) {
  if (!result) raise(result.error());
  return *std::move(result);
}

// What each binding file adds.
void bindChips(py::module_& module);
void bindFaults(py::module_& module);
void bindHdf5(py::module_& module);
void bindNeurons(py::module_& module);
void bindNetworks(py::module_& module);
void bindEncoders(py::module_& module);
void bindImages(py::module_& module);
void bindMeasures(py::module_& module);
void bindPartition(py::module_& module);

}  // namespace rheo::python
