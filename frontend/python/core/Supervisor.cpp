// Work that an interrupted call left behind.
#include "Supervisor.h"

#include <vector>

namespace rheo::python {

void leaveBehind(std::shared_ptr<void> future) {
  static std::vector<std::shared_ptr<void>>* behind = nullptr;
  if (!behind) {
    behind = new std::vector<std::shared_ptr<void>>;
    py::module_::import("atexit").attr("register")(py::cpp_function([] {
      py::gil_scoped_release release;
      behind->clear();  // the last owner of a future waits for its work
    }));
  }
  behind->push_back(std::move(future));
}

}  // namespace rheo::python
