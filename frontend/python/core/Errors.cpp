// rheo::Error becomes a Python exception: the classes live in rheobase/errors.py.
#include "Module.h"

namespace rheo::python {
namespace {

const char* kindName(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Usage:
      return "usage";
    case ErrorKind::Format:
      return "format";
    case ErrorKind::Data:
      return "data";
    case ErrorKind::Compile:
      return "compile";
    case ErrorKind::Undecided:
      return "undecided";
    case ErrorKind::Internal:
      return "internal";
  }
  return "internal";
}

const char* severityName(Severity severity) {
  switch (severity) {
    case Severity::Note:
      return "note";
    case Severity::Warning:
      return "warning";
    case Severity::Error:
      return "error";
  }
  return "error";
}

}  // namespace

py::list toPython(const std::vector<Diagnostic>& diagnostics) {
  py::object make = py::module_::import("rheobase.errors").attr("Diagnostic");
  py::list list;
  for (const Diagnostic& d : diagnostics)
    list.append(make(d.code, severityName(d.severity), d.message, d.file, d.where, d.value, d.limit,
                     d.limitSource, d.remedy));
  return list;
}

void raise(const Error& error) {
  py::object classes = py::module_::import("rheobase.errors").attr("BY_KIND");
  py::object type = classes[kindName(error.kind)];
  py::object exception = type(toPython(error.diagnostics));
  PyErr_SetObject(type.ptr(), exception.ptr());
  throw py::error_already_set();
}

}  // namespace rheo::python
