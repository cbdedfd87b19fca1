// Grey levels to spikes for Python.
#include "Arrays.h"
#include "sim/Encode.h"

namespace rheo::python {

// [batch, channels] uint8 -> [batch, steps, channels] uint8 of 0 and 1.
static py::array encodeLevels(const std::string& how,
                              const py::array_t<std::uint8_t, py::array::c_style>& levels,
                              std::uint64_t firstSample) {
  const Encoder encoder = unwrap(parseEncoder(how));
  if (levels.ndim() != 2) throw py::value_error("levels are [batch, channels]");
  const std::int64_t batch = levels.shape(0), channels = levels.shape(1);
  const std::span<const std::uint8_t> values(levels.data(), levels.size());
  InputBatch result = unwrap([&] {
    py::gil_scoped_release release;
    return encode(encoder, values, batch, channels, firstSample);
  }());
  return toPython(std::move(result.inputs.at(0).narrow), batch, encoder.steps, channels);
}

void bindEncoders(py::module_& m) {
  m.def("encode", &encodeLevels, py::arg("how"), py::arg("levels"), py::arg("first_sample") = 0);
  m.def("encoder_steps", [](const std::string& how) { return unwrap(parseEncoder(how)).steps; });
}

}  // namespace rheo::python
