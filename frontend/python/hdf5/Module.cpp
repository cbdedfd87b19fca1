// The extension module `rheobase._hdf5`: dictionaries to the bytes of an HDF5 file. Links libhdf5, and thirty
// libraries behind it, so it is imported only when something is exported.
#include "../core/Module.h"

#include "../core/Tensors.h"
#include "hdf5/writer/Writer.h"

namespace rheo::python {
namespace {

using hdf5::Tree;

void setNumbers(Tree& tree, const py::array& array) {
  tree.kind = Tree::Kind::Array;
  tree.array = toTensor(array);
  const std::string type = py::str(array.dtype());
  tree.boolean = type == "bool";
  if (tree.boolean) tree.array.dtype = DType::Int64;
  if (tree.array.dtype == DType::Float64 && type != "float64")
    throw py::type_error("numbers of type " + type + " are not written");
}

// dict: a group, whose attributes are in its attribute of that name if it has one; str: one text; tuple of
// str: texts [n]; list of pairs of str: texts [n, 2]; array: numbers.
Tree treeOf(const std::string& name, const py::handle& value) {
  Tree tree;
  tree.name = name;
  if (py::isinstance<py::dict>(value)) {
    for (const auto& [key, child] : value.cast<py::dict>())
      tree.children.push_back(treeOf(key.cast<std::string>(), child));
    for (const auto& [key, child] : py::getattr(value, "attributes", py::dict()).cast<py::dict>())
      tree.attributes.push_back(treeOf(key.cast<std::string>(), child));
  } else if (py::isinstance<py::str>(value)) {
    tree.kind = Tree::Kind::Strings;
    tree.strings = {value.cast<std::string>()};
  } else if (py::isinstance<py::tuple>(value)) {
    tree.kind = Tree::Kind::Strings;
    tree.strings = value.cast<std::vector<std::string>>();
    tree.shape = {static_cast<std::int64_t>(tree.strings.size())};
  } else if (py::isinstance<py::list>(value)) {
    tree.kind = Tree::Kind::Strings;
    for (const auto& [left, right] : value.cast<std::vector<std::pair<std::string, std::string>>>()) {
      tree.strings.push_back(left);
      tree.strings.push_back(right);
    }
    tree.shape = {static_cast<std::int64_t>(tree.strings.size() / 2), 2};
  } else if (py::isinstance<py::array>(value)) {
    setNumbers(tree, value.cast<py::array>());
  } else {
    throw py::type_error("a file holds dictionaries, texts, pairs of texts and arrays");
  }
  return tree;
}

}  // namespace
}  // namespace rheo::python

PYBIND11_MODULE(_hdf5, m) {
  using namespace rheo::python;
  py::module_::import("rheobase._core");
  m.doc() = "HDF5 files from dictionaries.";
  m.def("is_name", &rheo::hdf5::isName, py::arg("name"), "Whether an object in a file can be called so.");
  registerExceptions();
  // Under the GIL: the library takes one thread at a time.
  m.def(
      "file_of", [](const py::dict& root) { return py::bytes(unwrap(rheo::hdf5::fileOf(treeOf("", root)))); },
      py::arg("root"));
}
