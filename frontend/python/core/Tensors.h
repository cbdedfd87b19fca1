// Numpy arrays become tensors.
#pragma once

#include <pybind11/numpy.h>

#include "Module.h"
#include "network/Network.h"

namespace rheo::python {

// Its dtype where a tensor has that one, else float64.
inline Tensor toTensor(const py::array& array) {
  Tensor tensor;
  const std::string type = py::str(array.dtype());
  tensor.dtype = type == "float32"   ? DType::Float32
                 : type == "float16" ? DType::Float16
                 : type == "int64"   ? DType::Int64
                                     : DType::Float64;
  tensor.shape.assign(array.shape(), array.shape() + array.ndim());
  auto values = py::array_t<double, py::array::c_style | py::array::forcecast>(array);
  tensor.values.assign(values.data(), values.data() + values.size());
  return tensor;
}

}  // namespace rheo::python
