// The extension module `rheobase._compiler`: networks to images. Loads MLIR and LLVM, so it is imported only when
// something is compiled. Images cross to `_core` as bytes.
#include "../core/Module.h"
#include "chips/Chips.h"
#include "passes/Compile.h"

namespace rheo::python {

static py::dict compileNetwork(const Network& network, const std::string& chip, const std::string& profile,
                               std::optional<std::string> quantSettings, const std::string& quantFile,
                               std::optional<int> weightBits, std::map<std::string, double> calibration,
                               const std::string& toStage, std::optional<std::string> fromStage,
                               const std::string& fromFile, const std::string& dumpDir) {
  CompileOptions options;
  options.chip = unwrap(resolveChip(chip));
  options.profile = profile;
  options.quantSettings = std::move(quantSettings);
  options.quantFile = quantFile;
  options.weightBits = weightBits;
  options.calibration = std::move(calibration);
  options.toStage = toStage;
  options.fromStage = std::move(fromStage);
  options.fromFile = fromFile;
  options.dumpDir = dumpDir;
  CompileResult result = unwrap([&] {
    py::gil_scoped_release release;
    return compile(network, options);
  }());
  py::dict answer;
  answer["image"] = py::none();
  if (result.image) {
    auto bytes = result.image->bytes();
    answer["image"] = py::bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  answer["stage"] = result.stageText;
  answer["notes"] = toPython(result.notes);
  answer["quantization"] = result.quantSettings;
  return answer;
}

}  // namespace rheo::python

PYBIND11_MODULE(_compiler, m) {
  using namespace rheo::python;
  py::module_::import("rheobase._core");  // the class Network is registered there
  m.doc() = "The compiler: from a network to a chip image.";
  m.def("compile", &compileNetwork, py::arg("network"), py::kw_only(), py::arg("chip"), py::arg("profile"),
        py::arg("quant_settings"), py::arg("quant_file"), py::arg("weight_bits"), py::arg("calibration"),
        py::arg("to_stage"), py::arg("from_stage"), py::arg("from_file"), py::arg("dump_dir"));
}
