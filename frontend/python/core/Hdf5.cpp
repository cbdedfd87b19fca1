// HDF5 files for Python, over the reader process: groups with their attributes, numbers and texts.
#include <pybind11/numpy.h>

#include <algorithm>

#include "Module.h"
#include "Supervisor.h"
#include "hdf5/Hdf5Process.h"

namespace rheo::python {
namespace {

using hdf5::Tree;

template <class Number>
py::array numbers(const Tensor& tensor) {
  py::array_t<Number> array(std::vector<py::ssize_t>(tensor.shape.begin(), tensor.shape.end()));
  std::transform(tensor.values.begin(), tensor.values.end(), array.mutable_data(),
                 [](double value) { return static_cast<Number>(value); });
  return array;
}

py::dict named(const std::vector<Tree>& trees);

// A group: (children, attributes), dictionaries. Numbers: an array, float16 as float32. Texts: a str, or a
// list of them all. What was not read: None.
py::object valueOf(const Tree& tree) {
  switch (tree.kind) {
    case Tree::Kind::Group:
      return py::make_tuple(named(tree.children), named(tree.attributes));
    case Tree::Kind::Array:
      if (tree.array.dtype == DType::Int64) return numbers<std::int64_t>(tree.array);
      if (tree.array.dtype == DType::Float64) return numbers<double>(tree.array);
      return numbers<float>(tree.array);
    case Tree::Kind::Strings: {
      py::list texts;
      for (const std::string& text : tree.strings) texts.append(toPython(text));
      return tree.shape.empty() ? py::object(texts[0]) : py::object(texts);
    }
    case Tree::Kind::Unreadable:
      break;
  }
  return py::none();
}

py::dict named(const std::vector<Tree>& trees) {
  py::dict entries;
  for (const Tree& tree : trees) entries[toPython(tree.name)] = valueOf(tree);
  return entries;
}

}  // namespace

void bindHdf5(py::module_& m) {
  m.def(
      "read_hdf5",
      [](const py::bytes& file) {
        return valueOf(unwrap(supervised(
            py::none(), [path = pathOf(file)](Watch&) { return hdf5::readHdf5(path); },
            OnInterrupt::LeaveBehind)));
      },
      py::arg("file"), "The root group of an HDF5 file.");
}

}  // namespace rheo::python
