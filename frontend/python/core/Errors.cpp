// rheo::Error becomes a Python exception: the classes live in rheobase/errors.py.
#include <new>
#include <stdexcept>

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

// Sets the Python error.
void set(const Error& error) {
  py::object classes = py::module_::import("rheobase.errors").attr("BY_KIND");
  py::object type = classes[kindName(error.kind)];
  py::object exception = type(toPython(error.diagnostics));
  PyErr_SetObject(type.ptr(), exception.ptr());
}

}  // namespace

py::str toPython(const std::string& text) {
  PyObject* decoded =
      PyUnicode_DecodeUTF8(text.data(), static_cast<py::ssize_t>(text.size()), "surrogateescape");
  if (!decoded) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(decoded);
}

py::list toPython(const std::vector<Diagnostic>& diagnostics) {
  py::object make = py::module_::import("rheobase.errors").attr("Diagnostic");
  py::list list;
  for (const Diagnostic& d : diagnostics)
    list.append(make(toPython(d.code), severityName(d.severity), toPython(d.message), toPython(d.file),
                     toPython(d.where), d.value, d.limit, toPython(d.limitSource), toPython(d.remedy)));
  return list;
}

void raise(const Error& error) {
  set(error);
  throw py::error_already_set();
}

void registerExceptions() {
  py::register_exception_translator([](std::exception_ptr thrown) {
    try {
      std::rethrow_exception(thrown);
    } catch (const py::builtin_exception&) {
      throw;  // a wrong argument: pybind11 knows what to raise
    } catch (const std::bad_alloc&) {
      set(Error::of(ErrorKind::Data, {.code = "R0691",
                                      .message = "the machine's memory is not enough for this",
                                      .remedy = "run fewer samples at a time, or record fewer states"}));
    } catch (const std::exception& unexpected) {
      set(Error::of(ErrorKind::Internal, {.code = "R0699",
                                          .message = std::string("a fault of rheobase: ") + unexpected.what(),
                                          .remedy = "please report it with what you did"}));
    }
  });
}

}  // namespace rheo::python
