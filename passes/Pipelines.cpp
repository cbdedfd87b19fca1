// The compiler's story: what a network goes through, stage by stage, until it is an image.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "chip/LimitRules.h"
#include "emit/Emit.h"
#include "ir/Diagnostics.h"
#include "ir/FromNetwork.h"
#include "ir/Stages.h"
#include "mapping/MappingText.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Pass/PassManager.h"
#include "network/NetworkText.h"
#include "passes/Compile.h"
#include "passes/Emission.h"
#include "passes/NetIo.h"
#include "passes/Passes.h"
#include "passes/Witness.h"
#include "support/File.h"
#include "support/Text.h"

namespace rheo {
namespace {

constexpr Stage kStages[] = {Stage::Import, Stage::Float,  Stage::Quant,
                             Stage::Legal,  Stage::Placed, Stage::Image};

Error unknownStage(const std::string& name) {
  std::vector<std::string> names;
  for (const Stage stage : kStages) names.emplace_back(stageName(stage));
  Diagnostic diagnostic;
  diagnostic.code = "R0690";
  diagnostic.message = fmt::format("there is no stage '{}'", name);
  diagnostic.remedy = didYouMean(name, names);
  return Error::of(ErrorKind::Usage, std::move(diagnostic));
}

// SPEC V1
Diagnostic unwitnessed() {
  Diagnostic diagnostic;
  diagnostic.code = "R0431";
  diagnostic.severity = Severity::Note;
  diagnostic.message =
      "no witness checks this image: what was read is a stage behind the quantized network, or its synapses "
      "take more than the 2 GB that a witness holds";
  diagnostic.remedy = "go on from the quant stage or an earlier one to have the image checked";
  return diagnostic;
}

class Compilation {
 public:
  Compilation(const Network& network, const CompileOptions& options) : network_(&network), options_(options) {
    context_.disableMultithreading();
    loadDialects(context_);
  }

  Expected<CompileResult> run();

 private:
  Status prepare();
  Status resume();
  Status enter(Stage stage);
  Status runPasses(std::vector<std::unique_ptr<mlir::Pass>> passes);
  std::unique_ptr<mlir::Pass> proveAnew();
  Status leave(Stage stage);
  Status bearWitness();
  bool needsWitness();
  bool countingTellsAll();
  Status relay();
  Status write(const std::string& file, std::span<const std::uint8_t> bytes) const;
  std::string textOf(Stage stage) const;

  const Network* network_;
  Network resumed_;  // where a dumped one is gone on from
  const CompileOptions& options_;
  Stage first_ = Stage::Import, last_ = Stage::Image;
  const Profile* profile_ = nullptr;
  bool witnessed_ = true;
  QuantOptions quantize_;
  Mapper mapper_ = Mapper::Auto;
  mlir::MLIRContext context_;
  mlir::OwningOpRef<mlir::ModuleOp> module_;
  CompileResult result_;
};

// What each stage is made by.
Status Compilation::enter(Stage stage) {
  std::vector<std::unique_ptr<mlir::Pass>> passes;
  switch (stage) {
    case Stage::Import:
      return ok();
    case Stage::Float: {
      Expected<mlir::OwningOpRef<mlir::ModuleOp>> made = fromNetwork(*network_, context_);
      if (!made) return std::move(made).error();
      module_ = *std::move(made);
      return ok();
    }
    case Stage::Quant:
      passes.push_back(createQuantizePass(quantize_));
      passes.push_back(createProveRangesPass(options_.examine));
      return runPasses(std::move(passes));
    case Stage::Legal:
      if (options_.relayFanIn)
        if (Status relayed = relay(); !relayed) return relayed;
      if (options_.splitFanIn) {
        passes.push_back(createSplitFanInPass(options_.chip));
        passes.push_back(proveAnew());  // of the helpers
      }
      passes.push_back(createLegalizePass(options_.chip));
      return runPasses(std::move(passes));
    case Stage::Placed:
      passes.push_back(createPlaceOnCoresPass(
          {&options_.chip, options_.rates, options_.seed, options_.cloneFanOut, mapper_,
           options_.keep ? &*options_.keep : nullptr, &result_.mapping, &result_.held}));
      return runPasses(std::move(passes));
    case Stage::Image: {
      if (!options_.emit && countingTellsAll()) return ok();
      Expected<Image> image = imageOf(*module_, options_.chip, options_.fromStage.has_value());
      if (!image) return std::move(image).error();
      result_.image = *std::move(image);
      if (!result_.witness.empty()) return checkAgainst(result_.witness, *result_.image);
      if (witnessed_) result_.notes.push_back(unwitnessed());
      return ok();
    }
  }
  return ok();
}

Expected<CompileResult> Compilation::run() {
  if (Status ready = prepare(); !ready) return std::move(ready).error();
  const auto refused = [&](Error error) {
    if (options_.examine)
      error.diagnostics.insert(error.diagnostics.end(), result_.notes.begin(), result_.notes.end());
    return error;
  };
  for (const Stage stage : kStages) {
    if (stage < first_ || stage > last_) continue;
    if (stage > first_ || !options_.fromStage)
      if (Status entered = enter(stage); !entered) return refused(std::move(entered).error());
    if (Status left = leave(stage); !left) return std::move(left).error();
  }
  return std::move(result_);
}

Status Compilation::prepare() {
  const std::optional<Stage> last = findStage(options_.toStage);
  if (!last) return unknownStage(options_.toStage);
  last_ = *last;
  Expected<const Profile*> profile = resolveProfile(options_.chip, options_.profile);
  if (!profile) return std::move(profile).error();
  profile_ = *profile;
  if (!options_.mapper.empty()) {
    Expected<Mapper> mapper = mapperOf(options_.mapper);
    if (!mapper) return std::move(mapper).error();
    mapper_ = *mapper;
  }
  if (options_.keep && mapper_ == Mapper::Graph)
    return Error::of(ErrorKind::Usage, "R0690", "",
                     "an earlier image is to keep its cores, and the mapper would move its neurons",
                     "leave --mapper graph out, or --keep");
  if (options_.keep && last_ < Stage::Placed)
    return Error::of(
        ErrorKind::Usage, "R0690", "",
        fmt::format("the stage '{}' has no cores that an earlier image could keep", stageName(last_)),
        "go on to the placed stage or the image, or leave --keep out");
  Expected<ScaleMethod> method = parseScaleMethod(options_.scales);
  if (!method) return std::move(method).error();
  quantize_.method = *method;
  quantize_.chip = &options_.chip;
  quantize_.profile = profile_;
  quantize_.pinsFile = options_.quantFile;
  quantize_.examine = options_.examine;
  quantize_.keepWeights = options_.keepWeights;
  quantize_.writeSettings =
      options_.emit || options_.quantSettings || last_ != Stage::Image || !options_.dumpDir.empty();
  quantize_.shareProfiles = options_.shareProfiles;
  quantize_.exponentPerRow = options_.exponentPerRow;
  if (options_.examine) quantize_.fidelity = &result_.fidelity;
  quantize_.periodicReset = options_.periodicReset;
  quantize_.largestPotential = options_.calibration;
  if (options_.quantSettings) {
    Expected<QuantSettings> settings = QuantSettings::fromJson(*options_.quantSettings, options_.quantFile);
    if (!settings) return std::move(settings).error();
    quantize_.pins = *std::move(settings);
  }
  if (options_.weightBits) quantize_.pins.weightBits = options_.weightBits;
  return options_.fromStage ? resume() : ok();
}

// Finds out which stage a text is of, and that it was made for the same chip and arithmetic.
Status Compilation::resume() {
  const auto refuse = [&](ErrorKind kind, const char* code, std::string message, std::string remedy) {
    Diagnostic diagnostic;
    diagnostic.code = code;
    diagnostic.file = options_.fromFile;
    diagnostic.message = std::move(message);
    diagnostic.remedy = std::move(remedy);
    return Status(Error::of(kind, std::move(diagnostic)));
  };
  if (isNetworkText(*options_.fromStage)) {
    Expected<Network> network = networkFromText(*options_.fromStage, options_.fromFile);
    if (!network) return std::move(network).error();
    resumed_ = *std::move(network);
    network_ = &resumed_;
    first_ = Stage::Import;
  } else {
    Expected<mlir::OwningOpRef<mlir::ModuleOp>> module =
        parseModule(*options_.fromStage, options_.fromFile, context_);
    if (!module) return std::move(module).error();
    module_ = *std::move(module);
    std::string chip, profile, name;
    if (!module_->getOps<chip::ModuleOp>().empty()) {
      chip::ModuleOp placed = *module_->getOps<chip::ModuleOp>().begin();
      first_ = Stage::Placed;
      name = placed.getSymName().str();
      chip = placed.getChip().str();
      profile = placed.getProfile().str();
    } else if (!module_->getOps<spk::NetworkOp>().empty()) {
      spk::NetworkOp network = *module_->getOps<spk::NetworkOp>().begin();
      first_ = findStage({network.getStage().data(), network.getStage().size()}).value_or(Stage::Float);
      name = network.getSymName().str();
      chip = network.getChip().value_or("").str();
      profile = network.getProfile().value_or("").str();
    } else {
      return refuse(ErrorKind::Format, "R0704", "the file holds neither an spk.network nor a chip.module",
                    "give a file that --dump-stages wrote");
    }
    const std::string& expected = network_->name.empty() ? "network" : network_->name;
    if (name != expected)
      return refuse(ErrorKind::Data, "R0690",
                    fmt::format("the stage was made from the network '{}', not from '{}'", name, expected),
                    "give the network that the stage was dumped from");
    if (first_ > Stage::Float && (options_.quantSettings || options_.weightBits || options_.periodicReset ||
                                  !options_.calibration.empty())) {
      Diagnostic unused;
      unused.code = "R0303";
      unused.severity = Severity::Warning;
      unused.file = options_.fromFile;
      unused.message = fmt::format(
          "settings act on the way to the quant stage, they change nothing in a file of "
          "the stage '{}'",
          stageName(first_));
      unused.remedy = "resume from the float stage to use them";
      result_.notes.push_back(std::move(unused));
    }
    const auto tooLate = [&](const char* what, Stage before) {
      Diagnostic unused;
      unused.code = "R0303";
      unused.severity = Severity::Warning;
      unused.file = options_.fromFile;
      unused.message = fmt::format("{} on the way from the {} stage, a file of the stage '{}' stays as it is",
                                   what, stageName(before), stageName(first_));
      unused.remedy = fmt::format("resume from the {} stage to have it done", stageName(before));
      result_.notes.push_back(std::move(unused));
    };
    if (first_ > Stage::Quant && options_.splitFanIn) tooLate("fan-in is split", Stage::Quant);
    if (first_ > Stage::Quant && options_.relayFanIn) tooLate("relays come in", Stage::Quant);
    if (first_ > Stage::Legal && options_.cloneFanOut) tooLate("neurons are cloned", Stage::Legal);
    if (first_ > Stage::Legal && (options_.keep || mapper_ != Mapper::Auto))
      tooLate("neurons get their cores", Stage::Legal);
    if (!chip.empty() && chip != options_.chip.name)
      return refuse(ErrorKind::Usage, "R0690",
                    fmt::format("the stage was made for '{}', not for '{}'", chip, options_.chip.name),
                    fmt::format("add --chip {}", chip));
    if (!profile.empty() && profile != profile_->name)
      return refuse(
          ErrorKind::Usage, "R0690",
          fmt::format("the stage was made with the arithmetic '{}', not '{}'", profile, profile_->name),
          fmt::format("add --profile {}", profile));
    if (Status sound = checkStage(*module_, first_); !sound) {
      Error error = std::move(sound).error();
      error.kind = ErrorKind::Format;  // somebody edited it: not a fault of a pass
      for (Diagnostic& diagnostic : error.diagnostics) diagnostic.file = options_.fromFile;
      return error;
    }
  }
  // Numbers may have been edited: what was proven about them is proven again.
  if (first_ == Stage::Quant || first_ == Stage::Legal) {
    std::vector<std::unique_ptr<mlir::Pass>> passes;
    passes.push_back(createProveRangesPass(options_.examine));
    if (Status proven = runPasses(std::move(passes)); !proven) return proven;
  }
  if (first_ > last_)
    return refuse(ErrorKind::Usage, "R0690",
                  fmt::format("the file is of the stage '{}', which comes after '{}'", stageName(first_),
                              stageName(last_)),
                  "choose a later stage with --to");
  return ok();
}

// Behind what changes the network: what was said of ranges holds no longer.
std::unique_ptr<mlir::Pass> Compilation::proveAnew() {
  std::erase_if(result_.notes, [](const Diagnostic& note) { return note.code == "R0311"; });
  return createProveRangesPass();
}

Status Compilation::runPasses(std::vector<std::unique_ptr<mlir::Pass>> passes) {
  mlir::PassManager manager(&context_, mlir::ModuleOp::getOperationName());
  manager.enableVerifier(false);  // checkStage does that, of what they make together
  for (std::unique_ptr<mlir::Pass>& pass : passes) manager.addPass(std::move(pass));
  DiagnosticCollector collector(&context_, "R0702");
  const bool succeeded = mlir::succeeded(manager.run(*module_));
  if (succeeded && !collector.failed()) {
    for (Diagnostic& note : collector.take()) {  // some passes run again, behind what changes the network
      const bool known = std::any_of(
          result_.notes.begin(), result_.notes.end(),
          [&](const Diagnostic& other) { return other.code == note.code && other.message == note.message; });
      if (!known) result_.notes.push_back(std::move(note));
    }
    return ok();
  }
  // What a verifier finds between passes is ours.
  return collector.status(succeeded, ErrorKind::Internal, "a pass failed without a message");
}

std::string Compilation::textOf(Stage stage) const {
  if (stage == Stage::Import) return networkToText(*network_);
  return dumpModule(*module_);
}

// Relays have to be compared with the network without them, and where a witness may become too large, that is
// said.
bool Compilation::needsWitness() {
  constexpr std::int64_t kSurelyFit = std::int64_t{1} << 26;  // weights
  if (options_.witness || options_.relayFanIn || !options_.dumpDir.empty()) return true;
  std::int64_t weights = 0;
  for (auto network : module_->getOps<spk::NetworkOp>())
    for (auto synapse : network.getBody().getOps<spk::SynapseOp>())
      if (const auto fixed = llvm::dyn_cast<spk::FixedElementsAttr>(synapse.getWeight()))
        weights += fixed.getValues().getNumElements();
  return weights > kSurelyFit;
}

// Of a network that was placed by us, its image is only asked for how loaded links are, whether kernels
// unfold to too many synapses, and whether it is its witness.
bool Compilation::countingTellsAll() {
  if (witnessed_ || options_.fromStage || !recordsHoldAll(options_.chip)) return false;
  if (options_.chip.limit("messages_per_link").value < kLargestLimit) return false;
  for (auto module : module_->getOps<chip::ModuleOp>())
    for (auto core : module.getBody().getOps<chip::CoreOp>())
      for (auto group : core.getBody().getOps<chip::GroupOp>())
        if (group.getKind() == view(listKindName(ListKind::Kernel))) return false;
  return true;
}

// SPEC V1: the quantized network as it is before anything of the chip is decided.
Status Compilation::bearWitness() {
  Expected<spk::NetworkOp> network = networkIn(*module_, "quant");
  if (!network) return std::move(network).error();
  Expected<FixedNet> net = readFixed(*network);
  if (!net) return std::move(net).error();
  result_.witness = bytesOf(witnessOf(*net, *profile_));
  return ok();
}

// SPEC E6, V7: relays change what the network does, so that the image is checked against the network with
// them, and their wiring against the one without.
Status Compilation::relay() {
  std::vector<std::unique_ptr<mlir::Pass>> passes;
  passes.push_back(createRelayFanInPass(options_.chip));
  passes.push_back(proveAnew());  // of what they reach
  if (Status relayed = runPasses(std::move(passes)); !relayed) return relayed;
  const std::vector<std::uint8_t> before = result_.witness;
  if (Status borne = bearWitness(); !borne) return borne;
  return checkRelaysAgainst(before, result_.witness);
}

Status Compilation::write(const std::string& file, std::span<const std::uint8_t> bytes) const {
  return writeFileAtomically(fmt::format("{}/{}", options_.dumpDir, file), bytes);
}

// The stage's promises, its dump, and what the caller asked for.
Status Compilation::leave(Stage stage) {
  if (stage != Stage::Import && stage != Stage::Image) {
    if (Status kept = checkStage(*module_, stage); !kept) return kept;
    for (auto network : module_->getOps<spk::NetworkOp>())
      result_.quantSettings = network.getQuantization().value_or("").str();
  }
  if (stage == Stage::Quant && (witnessed_ = needsWitness()))
    if (Status borne = bearWitness(); !borne) return borne;
  if (!options_.dumpDir.empty()) {
    std::error_code error;
    std::filesystem::create_directories(options_.dumpDir, error);  // writing below says what is wrong
    const std::string base = fmt::format("{}-{}", static_cast<int>(stage), stageName(stage));
    if (stage == Stage::Image) {
      if (Status written = write(base + ".rheo", result_.image->bytes()); !written) return written;
    } else {
      const std::string text = textOf(stage);
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
      if (Status written = write(base + (stage == Stage::Import ? ".json" : ".mlir"), {bytes, text.size()});
          !written)
        return written;
    }
    if (stage == Stage::Quant)
      if (Status written = write(base + ".rheow", result_.witness); !written) return written;
  }
  if (stage == last_ && stage != Stage::Image) result_.stageText = textOf(stage);
  return ok();
}

}  // namespace

Expected<CompileResult> compile(const Network& network, const CompileOptions& options) {
  return Compilation(network, options).run();
}

#define GEN_PASS_REGISTRATION
#include "passes/Passes.h.inc"

void registerPasses() { registerrheobasePasses(); }

}  // namespace rheo
