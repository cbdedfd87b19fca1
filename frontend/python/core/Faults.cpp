// Fault campaigns for Python: `_core.Campaign`, and the table of fault kinds.
#include "Arrays.h"
#include "Supervisor.h"
#include "faults/Campaign.h"
#include "faults/Chance.h"

namespace rheo::python {
namespace {

using namespace rheo::faults;

using SharedCampaign = std::shared_ptr<Campaign>;
using Labels = py::array_t<std::int32_t, py::array::c_style | py::array::forcecast>;

constexpr const char* kMechanisms[] = {"memory bit",   "state bit", "neuron",  "core",  "message",
                                       "message loss", "input",     "channel", "device"};

py::list kinds() {
  py::list list;
  for (const KindInfo& kind : allKinds())
    list.append(py::dict(
        py::arg("name") = kind.name, py::arg("about") = kMechanisms[static_cast<int>(kind.mechanism)],
        py::arg("amount") = kind.amount, py::arg("usual") = kind.usual, py::arg("summary") = kind.summary));
  return list;
}

// A column of a vector of structures as an array of its own.
template <class Row, class Value>
py::array_t<Value> column(const std::vector<Row>& rows, Value Row::*member) {
  py::array_t<Value> values(static_cast<py::ssize_t>(rows.size()));
  for (std::size_t k = 0; k < rows.size(); ++k) values.mutable_data()[k] = rows[k].*member;
  return values;
}

py::array_t<std::uint64_t> lots(
    std::uint64_t seed, std::uint32_t stratum,
    const py::array_t<std::uint64_t, py::array::c_style | py::array::forcecast>& places) {
  py::array_t<std::uint64_t> values(places.size());
  for (py::ssize_t k = 0; k < places.size(); ++k)
    values.mutable_data()[k] = lot(seed, stratum, places.data()[k]);
  return values;
}

template <class Work>
auto controlled(const py::object& progress, int threads, Work work) {
  return supervised(progress, [threads, work = std::move(work)](Watch& watch) mutable {
    RunControl control;
    control.threads = threads;
    control.cancel = &watch.cancel;
    control.progress = watch.progress();
    return work(control);
  });
}

py::dict visit(const SharedCampaign& campaign, const std::vector<py::array>& arrays, std::int64_t first,
               std::int64_t count, const Labels& labels, int threads, const py::object& progress) {
  const std::vector<std::int32_t> known(labels.data(), labels.data() + labels.size());
  Visit visit = unwrap(controlled(progress, threads, [=, batch = toBatch(arrays)](RunControl& control) {
    return campaign->visit(batch, first, count, known, control);
  }));
  py::dict result;
  result["tried"] = column(visit.sites, &SiteCount::tried);
  result["raster"] = column(visit.sites, &SiteCount::raster);
  result["output"] = column(visit.sites, &SiteCount::output);
  result["decision"] = column(visit.sites, &SiteCount::decision);
  result["undefined"] = column(visit.sites, &SiteCount::undefined);
  result["spoiled"] = column(visit.sites, &SiteCount::spoiled);
  result["mended"] = column(visit.sites, &SiteCount::mended);
  result["answers"] = py::array_t<std::int32_t>(visit.answers.size(), visit.answers.data());
  return result;
}

// requests: (stratum, first draw, number of draws).
py::list draw(const SharedCampaign& campaign, const std::vector<py::array>& arrays,
              const std::vector<std::tuple<std::size_t, std::uint64_t, std::uint64_t>>& requests, int threads,
              const py::object& progress) {
  std::vector<Campaign::DrawRequest> wanted;
  for (const auto& [stratum, first, count] : requests) {
    if (stratum >= campaign->sites().strata().size()) throw py::index_error("no such stratum");
    wanted.push_back({stratum, first, count});
  }
  const std::vector<std::vector<Draw>> found =
      unwrap(controlled(progress, threads, [=, batch = toBatch(arrays)](RunControl& control) {
        return campaign->draw(batch, wanted, control);
      }));
  py::list results;
  for (const std::vector<Draw>& draws : found) {
    py::array_t<std::uint8_t> damage(static_cast<py::ssize_t>(draws.size()));
    for (std::size_t k = 0; k < draws.size(); ++k)
      damage.mutable_data()[k] = static_cast<std::uint8_t>(draws[k].damage);
    py::dict result;
    result["site"] = column(draws, &Draw::site);
    result["sample"] = column(draws, &Draw::sample);
    result["damage"] = damage;
    result["before"] = column(draws, &Draw::before);
    result["after"] = column(draws, &Draw::after);
    results.append(result);
  }
  return results;
}

py::dict toPython(const Outcome& outcome) {
  return py::dict(py::arg("damage") = static_cast<int>(outcome.damage), py::arg("answer") = outcome.answer,
                  py::arg("deviation") = outcome.deviation);
}

// {"spikes": {population: [steps, n]}, "outputs": {name: [steps, n]}}
py::dict toPython(const Shown& shown, const Program& program, std::int64_t steps) {
  const auto array = [&](const std::vector<std::int32_t>& values) {
    const auto width = steps == 0 ? 0 : std::ssize(values) / steps;
    return py::array_t<std::int32_t>({steps, width}, values.data());
  };
  py::dict spikes, outputs;
  for (std::size_t p = 0; p < shown.spikes.size(); ++p)
    spikes[py::str(program.populations[p].name)] = array(shown.spikes[p]);
  for (std::size_t o = 0; o < shown.outputs.size(); ++o)
    outputs[py::str(program.outputs[o].name)] = array(shown.outputs[o]);
  return py::dict(py::arg("spikes") = spikes, py::arg("outputs") = outputs,
                  py::arg("undefined") = shown.undefined, py::arg("why") = shown.why);
}

py::dict replay(const SharedCampaign& campaign, const std::string& name, const std::vector<py::array>& arrays,
                std::int64_t sample) {
  const Fault fault = unwrap(campaign->faultNamed(name));
  const InputBatch batch = toBatch(arrays);
  Outcome whole;
  std::int32_t before = -1;
  const auto shown = unwrap([&] {
    py::gil_scoped_release release;
    return campaign->replay(fault, batch, sample, whole, before);
  }());
  const Outcome quick = unwrap(campaign->outcomeOf(fault, batch, sample));
  const std::int64_t steps = batch.steps + campaign->program().lag;
  py::dict result;
  result["what"] = unwrap(campaign->describe(fault));
  result["before"] = before;
  result["outcome"] = toPython(whole);
  result["differential"] = toPython(quick);
  result["intact"] = toPython(shown.first, campaign->program(), steps);
  result["faulty"] = toPython(shown.second, campaign->program(), steps);
  return result;
}

SharedCampaign makeCampaign(const Image& image, const std::vector<std::string>& requests, int output,
                            std::vector<double> scale, double tolerance, std::int64_t steps,
                            std::uint64_t instances, std::uint64_t seed) {
  CampaignOptions options;
  for (const std::string& text : requests) options.requests.push_back(unwrap(parseRequest(text)));
  options.decision = {output, std::move(scale), tolerance};
  options.steps = steps, options.instances = instances, options.seed = seed;
  return unwrap([&] {
    py::gil_scoped_release release;
    return Campaign::make(image, std::move(options));
  }());
}

}  // namespace

void bindFaults(py::module_& m) {
  m.def("fault_lots", &lots, py::arg("seed"), py::arg("stratum"), py::arg("places"),
        "A number for each place of a stratum, by which equals are ordered. SPEC B9");
  m.def("fault_kinds", &kinds, "Every kind of fault: {name, about, amount, usual, summary}.");
  py::class_<Campaign, SharedCampaign>(m, "Campaign")
      .def(py::init(&makeCampaign), py::arg("image"), py::arg("requests"), py::arg("output"),
           py::arg("scale"), py::arg("tolerance"), py::arg("steps"), py::arg("instances"), py::arg("seed"))
      .def("strata",
           [](const Campaign& campaign) {
             py::list list;
             for (const Stratum& s : campaign.sites().strata())
               list.append(py::dict(py::arg("kind") = s.request.kind->name,
                                    py::arg("amount") = s.request.amount, py::arg("node") = s.node,
                                    py::arg("bit") = s.bit, py::arg("sites") = s.sites));
             return list;
           })
      .def("fault_name",
           [](const Campaign& campaign, std::size_t stratum, std::uint64_t site) {
             if (stratum >= campaign.sites().strata().size() ||
                 site >= campaign.sites().strata()[stratum].sites)
               throw py::index_error("no such fault");
             return campaign.nameOf(campaign.sites().fault(stratum, site));
           })
      .def("describe",
           [](const Campaign& campaign, std::size_t stratum, std::uint64_t site) {
             if (stratum >= campaign.sites().strata().size() ||
                 site >= campaign.sites().strata()[stratum].sites)
               throw py::index_error("no such fault");
             return unwrap(campaign.describe(campaign.sites().fault(stratum, site)));
           })
      .def("pairs",
           [](const SharedCampaign& campaign, const std::vector<py::array>& arrays, int threads) {
             return unwrap(controlled(py::none(), threads, [=, batch = toBatch(arrays)](RunControl& control) {
               return campaign->pairs(batch, control);
             }));
           })
      .def("answers",
           [](const SharedCampaign& campaign, const std::vector<py::array>& arrays, int threads) {
             const auto found =
                 unwrap(controlled(py::none(), threads, [=, batch = toBatch(arrays)](RunControl& control) {
                   return campaign->answers(batch, control);
                 }));
             return py::array_t<std::int32_t>(found.size(), found.data());
           })
      .def("outcomes",
           [](const SharedCampaign& campaign, const std::string& name, const std::vector<py::array>& arrays,
              int threads) {
             const Fault fault = unwrap(campaign->faultNamed(name));
             const auto found =
                 unwrap(controlled(py::none(), threads, [=, batch = toBatch(arrays)](RunControl& control) {
                   return campaign->outcomes(fault, batch, control);
                 }));
             py::array_t<std::uint8_t> damage(static_cast<py::ssize_t>(found.size()));
             for (std::size_t k = 0; k < found.size(); ++k)
               damage.mutable_data()[k] = static_cast<std::uint8_t>(found[k]);
             return damage;
           })
      .def("visit", &visit, py::arg("inputs"), py::arg("first"), py::arg("count"), py::arg("labels"),
           py::arg("threads"), py::arg("progress"))
      .def("draw_many", &draw, py::arg("inputs"), py::arg("requests"), py::arg("threads"),
           py::arg("progress"))
      .def(
          "draw",
          [](const SharedCampaign& campaign, const std::vector<py::array>& arrays, std::size_t stratum,
             std::uint64_t first, std::uint64_t count, int threads, const py::object& progress) {
            return py::object(draw(campaign, arrays, {{stratum, first, count}}, threads, progress)[0]);
          },
          py::arg("inputs"), py::arg("stratum"), py::arg("first"), py::arg("count"), py::arg("threads"),
          py::arg("progress"))
      .def("replay", &replay, py::arg("fault"), py::arg("inputs"), py::arg("sample"))
      .def("faulty_image", [](const Campaign& campaign, const std::string& name) {
        return unwrap(campaign.faultyImage(unwrap(campaign.faultNamed(name))));
      });
}

}  // namespace rheo::python
