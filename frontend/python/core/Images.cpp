// Images, engines and sessions for Python: `_core.Image`, `_core.Engine`, `_core.Session`.

#include "Arrays.h"
#include "Supervisor.h"
#include "chip/Image.h"
#include "chip/LimitRules.h"
#include "chip/Program.h"
#include "chip/Traffic.h"
#include "sim/LoadJit.h"
#include "sim/vector/Kernels.h"

namespace rheo::python {
namespace {

using SharedProgram = std::shared_ptr<Program>;

template <class Vector>
std::vector<std::int64_t> shapeOf(const Vector* shape) {
  return shape ? std::vector<std::int64_t>(shape->begin(), shape->end()) : std::vector<std::int64_t>();
}

py::list populations(const image::Header& header) {
  py::list list;
  for (const image::Population* p : *header.populations()) {
    py::dict scales;
    for (const image::Scale* scale : *p->scales())
      scales[scale->state()->c_str()] = py::array_t<double>(scale->values()->size(), scale->values()->data());
    list.append(py::dict(py::arg("name") = p->name()->str(), py::arg("model") = p->model()->str(),
                         py::arg("size") = p->size(), py::arg("shape") = shapeOf(p->shape()),
                         py::arg("lag") = p->lag(), py::arg("scale") = scales,
                         py::arg("hidden") = p->hidden(),
                         py::arg("clone_of") = p->clone_of() ? p->clone_of()->str() : std::string(),
                         py::arg("originals") = shapeOf(p->originals())));
  }
  return list;
}

py::list inputs(const image::Header& header) {
  py::list list;
  for (const image::Input* input : *header.inputs())
    list.append(py::dict(
        py::arg("name") = input->name()->str(), py::arg("shape") = shapeOf(input->shape()),
        py::arg("size") = input->size(), py::arg("encoding") = image::EnumNameEncoding(input->encoding()),
        py::arg("max_payload") = input->max_payload(), py::arg("routes") = input->routes()->records()));
  return list;
}

py::list outputs(const image::Header& header) {
  py::list list;
  for (const image::Output* output : *header.outputs()) {
    py::list parts;
    for (const image::OutputPart* part : *output->parts())
      parts.append(
          py::dict(py::arg("population") = header.populations()->Get(part->population())->name()->str(),
                   py::arg("state") = part->state() ? part->state()->str() : std::string()));
    list.append(py::dict(py::arg("name") = output->name()->str(), py::arg("shape") = shapeOf(output->shape()),
                         py::arg("parts") = parts));
  }
  return list;
}

py::list cores(const image::Header& header) {
  py::list list;
  for (const image::Core* core : *header.cores()) {
    py::list slices, memories;
    for (const image::Slice* s : *core->slices()) {
      const image::Population& population = *header.populations()->Get(s->population());
      const models::ModelTable* model = models::findModel(population.model()->string_view());
      slices.append(py::dict(py::arg("population") = population.name()->str(),
                             py::arg("first_neuron") = s->first_neuron(), py::arg("count") = s->count(),
                             py::arg("ports") = model ? model->ports.size() : 1,
                             py::arg("first_compartment") = s->first_compartment()));
    }
    for (const image::Memory* memory : *core->memories())
      memories.append(py::dict(py::arg("name") = memory->name()->str(), py::arg("words") = memory->words(),
                               py::arg("records") = memory->records()));
    list.append(py::dict(py::arg("id") = core->id(), py::arg("chip") = core->chip(),
                         py::arg("slices") = slices, py::arg("memories") = memories));
  }
  return list;
}

py::list statements(const image::Header& header) {
  py::list list;
  for (const image::Range* r : *header.ranges())
    list.append(py::dict(py::arg("population") = header.populations()->Get(r->population())->name()->str(),
                         py::arg("state") = r->state()->str(), py::arg("minimum") = r->minimum(),
                         py::arg("maximum") = r->maximum(), py::arg("proven") = r->proven(),
                         py::arg("note") = r->note() ? r->note()->str() : std::string()));
  return list;
}

py::list layouts(const image::Header& header) {
  py::list list;
  for (const image::Layout* layout : *header.layouts()) {
    py::list fields;
    for (const image::Field* field : *layout->fields())
      fields.append(py::dict(py::arg("name") = field->name()->str(), py::arg("width") = field->width(),
                             py::arg("signed") = field->signed_()));
    list.append(py::dict(py::arg("record") = layout->record()->str(), py::arg("fields") = fields));
  }
  return list;
}

py::dict describe(const Image& image) {
  const image::Header& h = image.header();
  py::list assumptions;
  for (const image::Assumption* a : *h.assumptions())
    assumptions.append(py::dict(py::arg("what") = a->what()->str(), py::arg("value") = a->value()->str(),
                                py::arg("why") = a->why()->str(),
                                py::arg("how_to_change") = a->how_to_change()->str(),
                                py::arg("warning") = a->warning()));
  py::dict limits;
  for (const image::Limit* l : *h.limits())
    limits[l->name()->c_str()] =
        py::dict(py::arg("value") = l->value(), py::arg("unit") = l->unit()->str(),
                 py::arg("source") = l->source()->str(), py::arg("inferred") = l->inferred());
  return py::dict(py::arg("generator") = h.generator()->str(), py::arg("network") = h.network()->str(),
                  py::arg("chip") = h.chip()->str(), py::arg("profile") = h.profile()->str(),
                  py::arg("dt") = h.dt(), py::arg("populations") = populations(h),
                  py::arg("inputs") = inputs(h), py::arg("outputs") = outputs(h), py::arg("cores") = cores(h),
                  py::arg("ranges") = statements(h), py::arg("assumptions") = assumptions,
                  py::arg("limits") = limits, py::arg("layouts") = layouts(h),
                  py::arg("quantization") = h.quantization()->str());
}

SharedProgram decoded(const Image& image) {
  Expected<Program> program = [&] {
    py::gil_scoped_release release;
    return decode(image);
  }();
  return std::make_shared<Program>(unwrap(std::move(program)));
}

// Every record of one memory of a core, field by field as they lie there: {field: values}. Empty where the
// core has no such memory.
py::dict records(const Image& image, std::size_t core, const std::string& name) {
  const image::Header& header = image.header();
  py::dict fields;
  if (core >= header.cores()->size()) throw py::index_error("no such core");
  for (const image::Memory* memory : *header.cores()->Get(core)->memories())
    for (const image::Layout* layout : *header.layouts()) {
      if (memory->name()->str() != name || layout->record()->str() != name) continue;
      const std::span<const std::uint64_t> words = image.words(*memory);
      const RecordView view(*layout, words);
      const std::uint64_t count = std::min<std::uint64_t>(memory->records(), words.size() * 64);
      for (const image::Field* field : *layout->fields()) {
        py::array_t<std::int64_t> values(static_cast<py::ssize_t>(count));
        for (std::uint64_t r = 0; r < count; ++r) values.mutable_data()[r] = view.get(r, field);
        fields[py::str(field->name()->str())] = values;
      }
    }
  return fields;
}

// How the tiles lie, and where the cores in use do: (column, row) over all chips.
py::dict gridOf(const Program& program) {
  const Grid& grid = program.routing.grid();
  const GridShape& shape = grid.shape();
  const auto place = [&](std::int32_t tile) { return py::make_tuple(grid.columnOf(tile), grid.rowOf(tile)); };
  py::dict places;
  for (const Core& core : program.cores) places[py::int_(core.id)] = place(grid.tileOf(core.id));
  py::list deadCores, deadLinks, detours;
  for (const std::int32_t core : shape.deadCores)
    deadCores.append(py::make_tuple(core, place(grid.tileOf(core))));
  for (const DeadLink& link : shape.deadLinks)
    deadLinks.append(py::make_tuple(place(link.first), place(link.second)));
  for (const auto& [way, direction] : program.routing.detours())
    detours.append(py::make_tuple(place(way.first), place(way.second), directionName(direction)));
  return py::dict(
      py::arg("columns") = grid.columns(), py::arg("rows") = grid.rows(), py::arg("chips") = shape.chips,
      py::arg("chip_columns") = shape.chipColumns, py::arg("tile_columns") = shape.tileColumns,
      py::arg("tile_rows") = shape.tileRows, py::arg("cores_per_tile") = shape.coresPerTile,
      py::arg("cores_per_chip") = shape.coresPerChip, py::arg("chip_link_hops") = shape.chipLinkHops,
      py::arg("usable_cores") = grid.usableCores().size(), py::arg("places") = places,
      py::arg("dead_cores") = deadCores, py::arg("dead_links") = deadLinks, py::arg("detours") = detours);
}

// rates: one array for each population, or none.
py::dict trafficOf(const Program& program, const std::vector<std::vector<double>>& rates) {
  std::vector<std::int32_t> ids;
  for (const Core& core : program.cores) ids.push_back(core.id);
  const Traffic traffic = [&] {
    py::gil_scoped_release release;
    return rheo::trafficOf(flowsOf(program, rates), ids, program.routing);
  }();
  const Grid& grid = program.routing.grid();
  py::list links;
  for (const LinkLoad& link : traffic.links)
    links.append(py::make_tuple(py::make_tuple(grid.columnOf(link.tile), grid.rowOf(link.tile)),
                                directionName(link.direction), link.load));
  return py::dict(py::arg("hops") = traffic.hops, py::arg("hops_at_least") = traffic.hopsAtLeast,
                  py::arg("chip_crossings") = traffic.chipCrossings,
                  py::arg("largest_load") = traffic.largestLoad, py::arg("links") = links);
}

// Compartments, axons, synapses and routes of every core, as decoded.
py::list counts(const Program& program) {
  py::list list;
  for (const Core& core : program.cores) {
    std::uint64_t synapses = 0;
    int longestDelay = 0;
    std::size_t records = 0;
    for (const Axon& axon : core.axons) {
      synapses += axon.synapseCount;
      records += axon.atom == 0;
    }
    for (const Synapse& synapse : core.synapses) longestDelay = std::max(longestDelay, synapse.delay);
    std::int64_t states = 0;
    for (const CompartmentSlice& slice : core.slices)
      states += slice.count *
                std::ssize(program.populations[static_cast<std::size_t>(slice.population)].model->states);
    list.append(py::dict(py::arg("id") = core.id, py::arg("compartments") = core.compartments,
                         py::arg("inputs") = core.inputs, py::arg("axons") = records,
                         py::arg("synapses") = synapses, py::arg("groups") = core.groups.size(),
                         py::arg("routes") = core.routes.size(), py::arg("state_words") = states,
                         py::arg("delay_slots") = delaySlots(core.inputs, longestDelay)));
  }
  return list;
}

py::list axonsOf(const Core& core) {
  py::list axons;
  for (const Axon& axon : core.axons) {
    py::list synapses;
    for (std::uint64_t k = axon.firstSynapse; k < axon.firstSynapse + axon.synapseCount; ++k) {
      const Synapse& s = core.synapses[k];
      synapses.append(py::make_tuple(axon.base + s.input, s.weight, s.delay));
    }
    axons.append(
        py::dict(py::arg("record") = axon.record, py::arg("atom") = axon.atom, py::arg("group") = axon.group,
                 py::arg("exponent") = core.groups[axon.group].exponent, py::arg("synapses") = synapses));
  }
  return axons;
}

// [(record, atom)] of the axons of a core, in the order in which routes count them. SPEC I5
std::vector<std::pair<std::int32_t, std::int32_t>> axonRecordsOf(const Program& program, std::int32_t id) {
  std::vector<std::pair<std::int32_t, std::int32_t>> records;
  for (const Core& core : program.cores)
    if (core.id == id)
      for (const Axon& axon : core.axons) records.emplace_back(axon.record, axon.atom);
  return records;
}

// Where the spikes of sources [first, first + count) go: (core, axon) pairs for each, every atom of a record
// an axon.
py::list routesOf(const Program& program, const std::vector<std::uint64_t>& start,
                  const std::vector<Route>& routes, std::int32_t first, std::int32_t count) {
  py::list list;
  for (std::int32_t source = first; source < first + count; ++source) {
    py::list targets;
    for (std::uint64_t k = start[source]; k < start[source + 1]; ++k)
      targets.append(py::make_tuple(program.cores[routes[k].core].id, routes[k].axon));
    list.append(targets);
  }
  return list;
}

// The same for every channel of an input.
py::list inputRoutes(const Program& program, const std::string& name) {
  for (const InputInfo& input : program.inputs)
    if (input.name == name) return routesOf(program, input.routeStart, input.routes, 0, input.size);
  throw py::key_error("no such input");
}

// What the words of one core decode to: every axon with its synapses (input, weight, delay in steps),
// every neuron's parameters and routes.
py::dict coreDetail(const Program& program, std::int32_t id) {
  for (const Core& core : program.cores) {
    if (core.id != id) continue;
    py::list slices;
    for (const CompartmentSlice& slice : core.slices) {
      const PopulationInfo& population = program.populations[slice.population];
      py::dict values;
      for (std::size_t p = 0; p < population.model->fixedParameters.size(); ++p) {
        const auto& row = core.parameters[p];
        values[py::str(std::string(population.model->fixedParameters[p].name))] = std::vector<std::int32_t>(
            row.begin() + slice.firstCompartment, row.begin() + slice.firstCompartment + slice.count);
      }
      slices.append(py::dict(
          py::arg("population") = population.name, py::arg("first_neuron") = slice.firstNeuron,
          py::arg("first_compartment") = slice.firstCompartment, py::arg("first_input") = slice.firstInput,
          py::arg("count") = slice.count, py::arg("registers") = values,
          py::arg("routes") =
              routesOf(program, core.routeStart, core.routes, slice.firstCompartment, slice.count)));
    }
    return py::dict(py::arg("id") = core.id, py::arg("slices") = slices, py::arg("axons") = axonsOf(core));
  }
  throw py::key_error("no such core");
}

py::dict runEngine(const std::shared_ptr<Engine>& engine, const std::vector<py::array>& arrays,
                   const RunOptions& given, const py::object& progress) {
  Expected<Recording> recording =
      supervised(progress, [engine, batch = toBatch(arrays), options = given](Watch& watch) mutable {
        options.cancel = &watch.cancel;
        options.progress = watch.progress();
        return run(*engine, batch, options);
      });
  return toPython(unwrap(std::move(recording)));
}

// One sample, one step at a time.
struct PythonSession {
  std::shared_ptr<const Engine> engine;
  std::unique_ptr<Session> session;

  void step(const std::vector<py::array_t<std::int32_t, py::array::c_style | py::array::forcecast>>& inputs) {
    std::vector<std::span<const std::int32_t>> spans;
    for (const auto& input : inputs) spans.emplace_back(input.data(), input.size());
    const auto& expected = engine->program().inputs;
    if (spans.size() != expected.size()) throw py::value_error("one array for each input is needed");
    for (std::size_t k = 0; k < spans.size(); ++k)
      if (spans[k].size() != static_cast<std::size_t>(expected[k].size))
        throw py::value_error("an input has the wrong size");
    session->step(spans);
  }
  py::array_t<std::int32_t> spikes(int population) const {
    auto values = session->spikes(population);
    return py::array_t<std::int32_t>(values.size(), values.data());
  }
  py::array_t<std::int32_t> read(int population, int state) const {
    py::array_t<std::int32_t> result(engine->program().populations.at(population).size);
    session->readState(population, state, {result.mutable_data(), static_cast<std::size_t>(result.size())});
    return result;
  }
  void write(int population, int state,
             const py::array_t<std::int32_t, py::array::c_style | py::array::forcecast>& in) {
    if (in.size() != engine->program().populations.at(population).size)
      throw py::value_error("a state has the wrong size");
    session->writeState(population, state, {in.data(), static_cast<std::size_t>(in.size())});
  }
  py::bytes save() const {
    auto bytes = session->save();
    return py::bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  void restore(const std::string& bytes) {
    unwrap(session->restore({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}));
  }
};

}  // namespace

void bindImages(py::module_& m) {
  py::class_<Image>(m, "Image")
      .def_static("load",
                  [](const py::bytes& file) {
                    const std::string path = pathOf(file);
                    return unwrap([&] {
                      py::gil_scoped_release release;
                      return Image::load(path);
                    }());
                  })
      .def_static("parse",
                  [](const py::bytes& content, const std::string& name) {
                    const std::string_view view = content;
                    return unwrap([&] {
                      py::gil_scoped_release release;
                      return Image::parse({view.begin(), view.end()}, name);
                    }());
                  })
      .def("bytes",
           [](const Image& image) {
             auto bytes = image.bytes();
             return py::bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size());
           })
      .def("describe", &describe)
      .def("records", &records, py::arg("core"), py::arg("memory"),
           "Every record of a memory of the core at this index: {field: values}.")
      .def("decode", &decoded);
  py::class_<Program, std::shared_ptr<Program>>(m, "Program")
      .def_property_readonly("lag", [](const Program& p) { return p.lag; })
      .def_property_readonly("max_delay", [](const Program& p) { return p.maxDelay; })
      .def("counts", &counts)
      .def("grid", &gridOf)
      .def("traffic", &trafficOf, py::arg("rates"))
      .def("core", &coreDetail)
      .def("axon_records", &axonRecordsOf)
      .def("input_routes", &inputRoutes)
      .def("states", [](const Program& program) {
        py::dict result;
        for (const PopulationInfo& population : program.populations) {
          py::list states;
          for (std::string_view state : population.model->states) states.append(std::string(state));
          result[py::str(population.name)] = states;
        }
        return result;
      });
  py::class_<Engine, std::shared_ptr<Engine>>(m, "Engine")
      .def_property_readonly("name", &Engine::name)
      .def(
          "run",
          [](const std::shared_ptr<Engine>& engine, const std::vector<py::array>& inputs,
             std::vector<std::string> probes, bool spikes, bool hidden, int threads,
             const py::object& progress) {
            RunOptions options;
            options.probes = std::move(probes);
            options.recordAllSpikes = spikes;
            options.recordHidden = hidden;
            options.threads = threads;
            return runEngine(engine, inputs, options, progress);
          },
          py::arg("inputs"), py::arg("probes"), py::arg("spikes"), py::arg("hidden"), py::arg("threads"),
          py::arg("progress"))
      .def("open", [](std::shared_ptr<Engine> engine) {
        std::unique_ptr<Session> session = engine->open();
        return PythonSession{std::move(engine), std::move(session)};
      });
  py::class_<PythonSession>(m, "Session")
      .def("step", &PythonSession::step)
      .def("reset", [](PythonSession& s) { s.session->reset(); })
      .def("spikes", &PythonSession::spikes)
      .def("read", &PythonSession::read)
      .def("write", &PythonSession::write)
      .def("save", &PythonSession::save)
      .def("restore", &PythonSession::restore);
  m.def("golden",
        [](std::shared_ptr<Program> program) -> std::shared_ptr<Engine> { return makeGolden(program); });
  m.def("vector",
        [](std::shared_ptr<Program> program) -> std::shared_ptr<Engine> { return makeVector(program); });
  m.def("jit", [](std::shared_ptr<Program> program) -> std::shared_ptr<Engine> {
    return unwrap(supervised(
        py::none(), [program](Watch&) { return makeJit(program); }, OnInterrupt::LeaveBehind));
  });
  m.def(
      "vector_target", [] { return vector::kernels().target; },
      "The instruction set that the vector engine uses on this processor.");
}

}  // namespace rheo::python
