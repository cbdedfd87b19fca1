// The measures of spike trains for Python: of lists of times and of rasters.
#include "measures/Measures.h"

#include "Arrays.h"
#include "Supervisor.h"

namespace rheo::python {
namespace {

using namespace rheo::measures;
using Numbers = py::array_t<double, py::array::c_style>;
using Offsets = py::array_t<std::int64_t, py::array::c_style>;
using Cells = py::array_t<std::uint8_t, py::array::c_style>;

Options optionsOf(const py::dict& given) {
  Options options;
  options.cost = given["cost"].cast<double>();
  options.tau = given["tau"].cast<double>();
  options.within = given["within"].cast<double>();
  options.window = {given["start"].cast<double>(), given["end"].cast<double>()};
  return options;
}

const Measure& named(const std::string& name) {
  const Measure* measure = findMeasure(name);
  if (!measure) throw py::value_error("no measure of this name");
  return *measure;
}

Trains trainsOf(const Numbers& times, const Offsets& offsets) {
  const Trains trains{{times.data(), static_cast<std::size_t>(times.size())},
                      {offsets.data(), static_cast<std::size_t>(offsets.size())}};
  bool good = offsets.size() > 0 && offsets.at(0) == 0 && trains.offsets.back() == times.size();
  for (py::ssize_t i = 1; good && i < offsets.size(); ++i) good = offsets.at(i - 1) <= offsets.at(i);
  if (!good) throw py::value_error("offsets ascend from 0 to the number of times");
  return trains;
}

// One number for each pair of trains.
py::array ofPairs(const std::string& name, const Numbers& timesA, const Offsets& offsetsA,
                  const Numbers& timesB, const Offsets& offsetsB, const py::dict& options, int threads) {
  const Measure& measure = named(name);
  const Trains a = trainsOf(timesA, offsetsA), b = trainsOf(timesB, offsetsB);
  if (a.count() != b.count()) throw py::value_error("as many trains on both sides");
  std::vector<double> result(a.count());
  supervised(py::none(), [&, read = optionsOf(options)](Watch& watch) {
    ofTrains(measure, a, b, read, threads, result, &watch.cancel);
    return true;
  });
  return py::array_t<double>(static_cast<py::ssize_t>(result.size()), result.data());
}

Raster rasterOf(const Cells& cells) {
  if (cells.ndim() != 3) throw py::value_error("rasters are [samples, steps, neurons]");
  return {
      {cells.data(), static_cast<std::size_t>(cells.size())}, cells.shape(0), cells.shape(1), cells.shape(2)};
}

// {measure: [samples, neurons]} of two rasters [samples, steps, neurons] of 0 and 1.
py::dict ofRastersNamed(const std::vector<std::string>& names, const Cells& left, const Cells& right,
                        double dt, const py::dict& options, int threads) {
  std::vector<const Measure*> measures;
  for (const std::string& name : names) measures.push_back(&named(name));
  const Raster a = rasterOf(left), b = rasterOf(right);
  if (a.samples != b.samples || a.steps != b.steps || a.neurons != b.neurons)
    throw py::value_error("rasters of one shape");
  const Options read = optionsOf(options);
  std::vector<std::vector<double>> values = supervised(
      py::none(), [&](Watch& watch) { return ofRasters(measures, a, b, dt, read, threads, &watch.cancel); });
  py::dict result;
  for (std::size_t m = 0; m < names.size(); ++m) {
    py::array found = toPython(std::move(values[m]), 1, a.samples, a.neurons);
    result[py::str(names[m])] = found.attr("reshape")(a.samples, a.neurons);
  }
  return result;
}

}  // namespace

void bindMeasures(py::module_& m) {
  m.def("measure_trains", &ofPairs);
  m.def("measure_rasters", &ofRastersNamed);
  m.def("earth_mover", [](std::vector<double> a, std::vector<double> b) {
    if (a.empty() || b.empty()) throw py::value_error("no numbers");
    py::gil_scoped_release release;
    return earthMover(std::move(a), std::move(b));
  });
  py::dict needs;
  for (const Measure& measure : allMeasures()) needs[py::str(std::string(measure.name))] = measure.needsApart;
  m.attr("measures_need_apart") = needs;
}

}  // namespace rheo::python
