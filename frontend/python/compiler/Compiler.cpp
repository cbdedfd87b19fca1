// The extension module `rheobase._compiler`: networks to images. Loads MLIR and LLVM, so it is imported only
// when something is compiled. Images cross to `_core` as bytes.
#include "../core/Module.h"
#include "../core/Supervisor.h"
#include "chips/Chips.h"
#include "llvm/Config/llvm-config.h"
#include "passes/Compile.h"

namespace rheo::python {

static py::object describe(const std::optional<MappingFigures>& figures) {
  if (!figures) return py::none();
  return py::dict(py::arg("cores") = figures->cores, py::arg("connectivity") = figures->connectivity,
                  py::arg("hops") = figures->hops);
}

static py::object describe(const MappingReport& report) {
  py::object bound = py::none();
  if (report.bound)
    bound = py::dict(py::arg("connectivity") = report.bound->value, py::arg("reason") = report.bound->reason);
  py::object kept = py::none();
  if (report.kept)
    kept = py::dict(py::arg("kept") = report.kept->kept, py::arg("moved") = report.kept->moved,
                    py::arg("added") = report.kept->added, py::arg("refused") = report.notKept);
  const bool asKept = report.kept && report.notKept.empty();
  return py::dict(py::arg("taken") = asKept          ? "kept"
                                     : report.mapped ? "graph"
                                                     : "order",
                  py::arg("kept") = kept, py::arg("order") = describe(report.inOrder),
                  py::arg("graph") = describe(report.byGraph), py::arg("at_least") = bound,
                  py::arg("refused") = report.refused);
}

// [(id, {limit's name: what the core holds})]
static py::list describe(const std::vector<HeldByCore>& held) {
  py::list list;
  for (const HeldByCore& core : held) {
    py::dict use;
    for (const CoreLimit& limit : coreLimits()) use[limit.name] = core.use.*limit.use;
    list.append(py::make_tuple(core.id, use));
  }
  return list;
}

static py::list describe(const std::vector<ProjectionFidelity>& fidelity) {
  py::list list;
  for (const ProjectionFidelity& f : fidelity)
    list.append(py::dict(py::arg("projection") = f.name, py::arg("bits") = f.bits,
                         py::arg("weights") = f.weights, py::arg("vanished") = f.vanished,
                         py::arg("clipped") = f.clipped, py::arg("signal") = f.signal,
                         py::arg("error") = f.error, py::arg("drift") = f.drift));
  return list;
}

static py::dict compileNetwork(
    const std::shared_ptr<Network>& network, const py::bytes& chip, const std::string& profile,
    std::optional<std::string> quantSettings, const py::bytes& quantFile, std::optional<int> weightBits,
    bool keepWeights, bool examine, bool witness, bool emit, std::map<std::string, double> calibration,
    std::map<std::string, std::vector<double>> rates, std::uint64_t seed, const std::string& toStage,
    std::optional<std::pair<int, int>> periodicReset, bool splitFanIn, bool cloneFanOut, bool relayFanIn,
    bool shareProfiles, const std::string& scales, bool exponentPerRow, const std::string& mapper,
    const std::optional<py::bytes>& keep, const py::bytes& keepFile, std::optional<std::string> fromStage,
    const py::bytes& fromFile, const py::bytes& dumpDir) {
  CompileOptions options;
  options.chip = unwrap(resolveChip(pathOf(chip)));
  options.profile = profile;
  options.quantSettings = std::move(quantSettings);
  options.quantFile = pathOf(quantFile);
  options.weightBits = weightBits;
  options.keepWeights = keepWeights;
  options.examine = examine;
  options.witness = witness;
  options.emit = emit;
  options.calibration = std::move(calibration);
  options.rates = std::move(rates);
  options.seed = seed;
  if (periodicReset) options.periodicReset = PeriodicReset{periodicReset->first, periodicReset->second};
  options.splitFanIn = splitFanIn;
  options.mapper = mapper;
  if (keep) {
    const std::string_view bytes = *keep;
    options.keep = unwrap(Image::parse({bytes.begin(), bytes.end()}, pathOf(keepFile)));
  }
  options.cloneFanOut = cloneFanOut;
  options.relayFanIn = relayFanIn;
  options.shareProfiles = shareProfiles;
  options.scales = scales;
  options.exponentPerRow = exponentPerRow;
  options.toStage = toStage;
  options.fromStage = std::move(fromStage);
  options.fromFile = pathOf(fromFile);
  options.dumpDir = pathOf(dumpDir);
  // A compilation that writes files is waited for, so that none appears after the call.
  const OnInterrupt onInterrupt = options.dumpDir.empty() ? OnInterrupt::LeaveBehind : OnInterrupt::Wait;
  CompileResult result = unwrap(supervised(
      py::none(), [network, options = std::move(options)](Watch&) { return compile(*network, options); },
      onInterrupt));
  py::dict answer;
  answer["image"] = py::none();
  if (result.image) {
    auto bytes = result.image->bytes();
    answer["image"] = py::bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  answer["held"] = describe(result.held);
  answer["witness"] = py::none();
  if (!result.witness.empty())
    answer["witness"] =
        py::bytes(reinterpret_cast<const char*>(result.witness.data()), result.witness.size());
  answer["stage"] = py::bytes(result.stageText);
  answer["notes"] = toPython(result.notes);
  answer["quantization"] = result.quantSettings;
  answer["fidelity"] = describe(result.fidelity);
  answer["placement"] = result.mapping ? describe(*result.mapping) : py::none();
  return answer;
}

}  // namespace rheo::python

PYBIND11_MODULE(_compiler, m) {
  using namespace rheo::python;
  py::module_::import("rheobase._core");  // the class Network is registered there
  m.doc() = "The compiler: from a network to a chip image.";
  m.attr("llvm_version") = LLVM_VERSION_STRING;
  registerExceptions();
  m.def("compile", &compileNetwork, py::arg("network"), py::kw_only(), py::arg("chip"), py::arg("profile"),
        py::arg("quant_settings"), py::arg("quant_file"), py::arg("weight_bits"), py::arg("keep_weights"),
        py::arg("examine"), py::arg("witness"), py::arg("emit"), py::arg("calibration"), py::arg("rates"),
        py::arg("seed"), py::arg("to_stage"), py::arg("periodic_reset"), py::arg("split_fan_in"),
        py::arg("clone_fan_out"), py::arg("relay_fan_in"), py::arg("share_profiles"), py::arg("scales"),
        py::arg("exponent_per_row"), py::arg("mapper"), py::arg("keep"), py::arg("keep_file"),
        py::arg("from_stage"), py::arg("from_file"), py::arg("dump_dir"));
}
