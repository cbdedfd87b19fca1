// Chip records for Python, as dictionaries.
#include "chips/Chips.h"

#include "Module.h"
#include "chip/LimitRules.h"

namespace rheo::python {
namespace {

py::dict describe(const ChipSpec& chip) {
  py::dict limits;
  for (const auto& [name, limit] : chip.limits)
    limits[py::str(name)] = py::dict(py::arg("value") = limit.value, py::arg("unit") = limit.unit,
                                     py::arg("source") = limit.source, py::arg("inferred") = limit.inferred);
  py::dict costs;
  for (const auto& [name, cost] : chip.costs)
    costs[py::str(name)] = py::dict(py::arg("value") = cost.value, py::arg("unit") = cost.unit,
                                    py::arg("source") = cost.source, py::arg("inferred") = cost.inferred);
  py::list layouts;
  for (const LayoutSpec& layout : chip.layouts) {
    py::list fields;
    for (const FieldSpec& field : layout.fields)
      fields.append(py::dict(py::arg("name") = field.name, py::arg("width") = field.width,
                             py::arg("signed") = field.isSigned));
    layouts.append(py::dict(py::arg("record") = layout.record, py::arg("fields") = fields));
  }
  const GridShape grid = chip.grid();
  py::list deadLinks;
  for (const DeadLink& link : grid.deadLinks) deadLinks.append(py::make_tuple(link.first, link.second));
  return py::dict(
      py::arg("comparison") = chip.comparison, py::arg("usable_cores") = chip.usableCores(),
      py::arg("name") = chip.name, py::arg("title") = chip.title, py::arg("profiles") = chip.profiles,
      py::arg("extensions") = chip.extensions, py::arg("limits") = limits, py::arg("layouts") = layouts,
      py::arg("dead_cores") = grid.deadCores, py::arg("dead_links") = deadLinks, py::arg("costs") = costs);
}

}  // namespace

void bindChips(py::module_& m) {
  m.attr("LARGEST_LIMIT") = kLargestLimit;
  m.def("chip_schema", &chipSchema);
  // SPEC I12: (column, row) of the tile that a core of one chip of the kind lies in.
  m.def("places_in_chip", [](const py::bytes& nameOrPath, const std::vector<std::int32_t>& cores) {
    GridShape shape = unwrap(resolveChip(pathOf(nameOrPath))).grid();
    shape.chips = shape.chipColumns = 1;
    shape.deadCores.clear();
    shape.deadLinks.clear();
    const Grid grid(shape);
    py::list places;
    for (const std::int32_t core : cores)
      places.append(py::make_tuple(grid.columnOf(grid.tileOf(core)), grid.rowOf(grid.tileOf(core))));
    return places;
  });
  m.def("chips", [] {
    py::list list;
    for (const ChipSpec& chip : builtinChips()) list.append(describe(chip));
    return list;
  });
  m.def("resolve_chip",
        [](const py::bytes& nameOrPath) { return describe(unwrap(resolveChip(pathOf(nameOrPath)))); });
}

}  // namespace rheo::python
