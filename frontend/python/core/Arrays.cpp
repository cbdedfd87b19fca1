// numpy arrays become input batches.
#include "Arrays.h"

namespace rheo::python {

InputBatch toBatch(const std::vector<py::array>& arrays) {
  InputBatch batch;
  for (const py::array& array : arrays) {
    if (array.ndim() != 3) throw py::value_error("inputs are [batch, steps, size]");
    batch.batch = array.shape(0);
    batch.steps = array.shape(1);
    InputBatch::Series series;
    if (py::isinstance<py::array_t<std::uint8_t>>(array)) {
      auto values = py::array_t<std::uint8_t, py::array::c_style | py::array::forcecast>(array);
      if (values.ptr() == array.ptr())
        series.borrowed = {values.data(), static_cast<std::size_t>(values.size())};
      else
        series.narrow.assign(values.data(), values.data() + values.size());
    } else {
      auto values = py::array_t<std::int32_t, py::array::c_style | py::array::forcecast>(array);
      series.wide.assign(values.data(), values.data() + values.size());
    }
    batch.inputs.push_back(std::move(series));
  }
  return batch;
}

}  // namespace rheo::python
