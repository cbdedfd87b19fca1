// Networks for Python: built from arrays, shown as dictionaries.
#include <fmt/format.h>

#include <map>

#include "Arrays.h"
#include "Supervisor.h"
#include "Tensors.h"
#include "load/Load.h"
#include "models/Model.h"
#include "network/Network.h"
#include "sim/FitConventions.h"
#include "sim/FloatReference.h"
#include "support/Text.h"

namespace rheo::python {
namespace {

const char* dtypeName(DType type) {
  switch (type) {
    case DType::Float16:
      return "float16";
    case DType::Float32:
      return "float32";
    case DType::Float64:
      return "float64";
    case DType::Int64:
      return "int64";
  }
  return "float64";
}

py::list nodes(const Network& network) {
  py::list list;
  for (const Node& node : network.nodes) {
    py::dict parameters;
    for (const auto& [name, tensor] : node.parameters) {
      std::vector<py::ssize_t> shape(tensor.shape.begin(), tensor.shape.end());
      py::array_t<double> values(shape, tensor.values.data());
      parameters[py::str(name)] = py::dict(py::arg("values") = values.attr("astype")(dtypeName(tensor.dtype)),
                                           py::arg("unit") = tensor.unit);
    }
    py::list states;
    if (const models::ModelTable* model = models::findNodeModel(node.kind).model)
      for (const std::string_view state : model->states) states.append(py::str(std::string(state)));
    list.append(py::dict(py::arg("name") = node.name, py::arg("kind") = node.kind,
                         py::arg("input_shape") = node.inputShape, py::arg("output_shape") = node.outputShape,
                         py::arg("parameters") = parameters, py::arg("origin") = node.origin,
                         py::arg("states") = states, py::arg("stateful") = node.stateful(),
                         py::arg("spiking") = node.spiking()));
  }
  return list;
}

py::list edges(const Network& network) {
  py::list list;
  for (const Edge& edge : network.edges)
    list.append(
        py::make_tuple(network.nodes[edge.source].name, network.nodes[edge.target].name, edge.delaySteps));
  return list;
}

py::list assumptions(const Network& network) {
  py::list list;
  for (const Assumption& a : network.assumptions)
    list.append(py::dict(py::arg("what") = a.what, py::arg("value") = a.value, py::arg("why") = a.why,
                         py::arg("how_to_change") = a.howToChange, py::arg("warning") = a.warning));
  return list;
}

py::dict wordsOf(const Conventions& conventions) {
  py::dict values(py::arg("dt") = conventions.dt);
  for (const ConventionRow& row : conventionRows())
    values[py::str(row.name)] = py::str(row.text(conventions));
  return values;
}

// (name, title, flag, values, default, meaning) of every convention but dt.
py::list conventionTable() {
  py::list table;
  for (const ConventionRow& row : conventionRows()) {
    py::list values;
    for (const std::string_view value : row.values) values.append(py::str(value));
    table.append(py::make_tuple(py::str(row.name), row.title(), row.flag(), values,
                                py::str(row.text(Conventions())), py::str(row.meaning)));
  }
  return table;
}

// (name, {convention: value}) of every set of --as; dt is None where the framework does not fix it.
py::list frameworkTable() {
  py::list table;
  for (const FrameworkConventions& framework : frameworks()) {
    const py::dict values = wordsOf(framework.conventions());
    values["dt"] = framework.dt;
    table.append(py::make_tuple(py::str(framework.name), values));
  }
  return table;
}

// choices: of the conventions that are pinned, by name.
ConventionOptions conventionOptions(std::optional<double> dt,
                                    const std::map<std::string, std::string>& choices,
                                    std::string framework) {
  ConventionOptions options;
  options.dt = dt;
  options.framework = std::move(framework);
  for (const ConventionRow& row : conventionRows())
    if (const auto found = choices.find(std::string(row.name)); found != choices.end()) {
      const std::optional<int> value = row.find(found->second);
      if (!value) throw py::value_error(fmt::format("'{}' cannot be '{}'", row.name, found->second));
      row.pinIn(options, *value);
    }
  return options;
}

// nodes: (name, kind, {parameter: array}, shape or None); edges: (source index, target index); notes:
// assumptions.
Network build(const std::string& name, const py::list& nodeList,
              const std::vector<std::pair<int, int>>& edgeList, const ConventionOptions& options,
              const std::vector<py::dict>& notes) {
  Network network;
  network.name = name;
  for (const py::dict& note : notes) {
    auto text = [&](const char* key) { return note[key].cast<std::string>(); };
    network.assumptions.push_back(
        {text("what"), text("value"), text("why"), text("how_to_change"), note["warning"].cast<bool>()});
  }
  for (const py::handle& item : nodeList) {
    auto entry = item.cast<py::tuple>();
    Node node;
    node.name = entry[0].cast<std::string>();
    node.kind = entry[1].cast<std::string>();
    node.origin = node.name;
    for (const auto& [key, value] : entry[2].cast<py::dict>())
      node.parameters[key.cast<std::string>()] = toTensor(py::array::ensure(value));
    if (!entry[3].is_none()) node.inputShape = node.outputShape = entry[3].cast<std::vector<std::int64_t>>();
    network.nodes.push_back(std::move(node));
  }
  for (auto [source, target] : edgeList) network.edges.push_back({source, target, 0});
  return unwrap([&] {
    py::gil_scoped_release release;
    return finishNetwork(std::move(network), options, "");
  }());
}

// Reads the arrays in place: one for each Input node, [batch, steps, size], C order, of one of four types.
template <class Real>
FloatInput<Real> inputOf(const Network& network, const std::vector<py::array>& arrays) {
  struct View {
    const void* data;
    char type;
    std::int64_t width;
  };
  FloatInput<Real> input;
  std::vector<View> views;
  for (const py::array& array : arrays) {
    if (array.ndim() != 3 || !(array.flags() & py::array::c_style))
      throw py::value_error("inputs are [batch, steps, size] in C order");
    input.batch = array.shape(0);
    input.steps = array.shape(1);
    input.widths.push_back(array.shape(2));
    const char type = array.dtype().char_();
    if (type != 'B' && type != 'i' && type != 'f' && type != 'd')
      throw py::value_error("inputs are uint8, int32, float32 or float64");
    views.push_back({array.data(), type, array.shape(2)});
  }
  input.fill = [views, steps = input.steps](std::int64_t sample, std::int64_t step, int index, Real* row) {
    const View& view = views[index];
    const std::int64_t first = (sample * steps + step) * view.width;
    auto copy = [&](const auto* values) {
      for (std::int64_t k = 0; k < view.width; ++k) row[k] = static_cast<Real>(values[first + k]);
    };
    if (view.type == 'B') copy(static_cast<const std::uint8_t*>(view.data));
    if (view.type == 'i') copy(static_cast<const std::int32_t*>(view.data));
    if (view.type == 'f') copy(static_cast<const float*>(view.data));
    if (view.type == 'd') copy(static_cast<const double*>(view.data));
  };
  return input;
}

template <class Real>
py::dict runNetwork(const std::shared_ptr<Network>& network, const std::vector<py::array>& arrays,
                    std::vector<std::string> probes, bool spikes, int threads, const py::object& progress) {
  RunOptions given;
  given.probes = std::move(probes);
  given.recordAllSpikes = spikes;
  given.threads = threads;
  Expected<BasicRecording<Real>> recording = supervised(
      progress,
      [network, input = inputOf<Real>(*network, arrays), options = std::move(given)](Watch& watch) mutable {
        options.cancel = &watch.cancel;
        options.progress = watch.progress();
        return runFloat<Real>(*network, input, options);
      });
  return toPython(unwrap(std::move(recording)));
}

// (name, values under which the network can step differently, whether it is but rounded) of every convention.
py::list distinctConventions(const Network& network) {
  const ConventionUses uses = usesOf(network);
  py::list table;
  for (const ConventionRow& row : conventionRows()) {
    py::list values;
    for (const int value : row.distinct(uses)) values.append(py::str(row.values[value]));
    table.append(py::make_tuple(py::str(row.name), values, row.rounding));
  }
  return table;
}

// series: (node, state or "", float32 [batch, steps, width], tolerance).
py::dict fit(const std::shared_ptr<Network>& network, const std::vector<py::array>& arrays,
             const py::list& series, std::vector<double> timeSteps, const ConventionOptions& pinned,
             int threads, const py::object& progress) {
  std::vector<RecordedSeries> recorded;
  for (const py::handle& item : series) {
    auto entry = item.cast<py::tuple>();
    const auto values = entry[2].cast<py::array_t<float, py::array::c_style | py::array::forcecast>>();
    if (values.ndim() != 3) throw py::value_error("recordings are [batch, steps, width]");
    RecordedSeries& one = recorded.emplace_back();
    one.node = entry[0].cast<std::string>();
    one.state = entry[1].cast<std::string>();
    one.values = Trace<float>(values.shape(0), values.shape(1), values.shape(2));
    std::copy(values.data(), values.data() + values.size(), one.values.values.begin());
    one.tolerance = entry[3].cast<float>();
  }
  FitOptions given;
  given.timeSteps = std::move(timeSteps);
  given.pinned = pinned;
  given.threads = threads;
  const FitResult result = unwrap(
      supervised(progress, [network, input = inputOf<float>(*network, arrays), recorded = std::move(recorded),
                            options = std::move(given)](Watch& watch) mutable {
        options.cancel = &watch.cancel;
        options.progress = watch.progress();
        return fitConventions(*network, input, recorded, options);
      }));
  py::list fits;
  for (const ConventionFit& found : result.fits) {
    py::object first = py::none();
    if (found.series >= 0)
      first = py::dict(py::arg("series") = found.series, py::arg("sample") = found.sample,
                       py::arg("step") = found.step, py::arg("neuron") = found.neuron,
                       py::arg("ours") = found.ours, py::arg("recorded") = found.recorded);
    fits.append(py::dict(py::arg("conventions") = wordsOf(found.conventions),
                         py::arg("offset") = found.offset, py::arg("wrong") = found.wrong,
                         py::arg("cells") = found.cells, py::arg("first") = first));
  }
  return py::dict(py::arg("tried") = result.tried, py::arg("fits") = fits);
}

}  // namespace

void bindNetworks(py::module_& m) {
  py::class_<ConventionOptions>(m, "ConventionOptions")
      .def(py::init(&conventionOptions), py::arg("dt"), py::arg("choices"), py::arg("framework"));
  m.def("convention_table", &conventionTable);
  m.def("framework_table", &frameworkTable);
  py::class_<Network, std::shared_ptr<Network>>(m, "Network")
      .def_property_readonly("name", [](const Network& network) { return toPython(network.name); })
      .def("nodes", &nodes)
      .def("edges", &edges)
      .def("assumptions", &assumptions)
      .def("conventions", [](const Network& network) { return wordsOf(network.conventions); })
      .def("distinct_conventions", &distinctConventions)
      .def("under",
           [](const Network& network, const ConventionOptions& options) {
             return unwrap(underConventions(network, options));
           })
      .def("fit_conventions", &fit)
      .def("run_float32", &runNetwork<float>)
      .def("run_float64", &runNetwork<double>);
  m.def("build_network", &build);
  m.def("load_network", [](const py::bytes& file, const ConventionOptions& options) {
    Network network = unwrap(supervised(
        py::none(), [path = pathOf(file), options](Watch&) { return loadNetwork(path, options); },
        OnInterrupt::LeaveBehind));
    // The name is the file's, which may be any bytes; an image holds text only.
    if (!isPlainText(network.name))
      for (char& character : network.name)
        if (character < 0x20 || character == 0x7f) character = '_';
    return network;
  });
}

}  // namespace rheo::python
