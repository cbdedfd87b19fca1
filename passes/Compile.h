// The whole compiler as one call: a network in, a chip image out, or the text of any stage on the way.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "algorithms/PeriodicReset.h"
#include "algorithms/Quantize.h"
#include "chip/ChipSpec.h"
#include "chip/Image.h"
#include "mapping/Mapping.h"
#include "network/Network.h"
#include "support/Error.h"

namespace rheo {

struct CompileOptions {
  ChipSpec chip;
  std::string profile;                       // empty: the chip's first
  std::optional<std::string> quantSettings;  // JSON text, as `rheobase quant` writes it
  std::string quantFile;                     // its file, for messages
  std::optional<int> weightBits;
  std::string scales;           // how scales are chosen: see parseScaleMethod; empty: auto
  bool exponentPerRow = false;  // of weights: each target neuron's or output channel's own. SPEC W10
  std::optional<PeriodicReset> periodicReset;
  bool splitFanIn = false;     // SPEC E4
  bool cloneFanOut = false;    // SPEC E5
  bool relayFanIn = false;     // SPEC E6
  bool shareProfiles = false;  // decays that the table of profiles has no room for become alike
  bool examine = false;  // note what is lost although nothing is violated, too, even where it is refused
  bool witness = true;   // SPEC V1; without, an image is for looking at, not for a chip
  // Without, what cores hold is counted where they are placed, an image is made only where its words may have
  // more to say, and settings are told only where some were given.
  bool emit = true;
  bool keepWeights = false;  // in CompileResult::quantSettings, of every projection, not just where pinned
  std::map<std::string, double> calibration;  // population -> largest |v| seen on data, float units
  // Spikes in a step of each neuron, by population: which cores of the chip are near each other follows from
  // them.
  std::map<std::string, std::vector<double>> rates;
  std::uint64_t seed = 0;     // of what is searched for at random: the mapper's map, where cores lie
  std::string mapper;         // order, graph or auto; empty: auto. Which neurons share a core
  std::optional<Image> keep;  // of an earlier version of the network, whose neurons stay on their cores
  std::string toStage = "image";
  std::optional<std::string> fromStage;  // the text of a dumped stage, to go on from
  std::string fromFile;                  // its file, for messages
  std::string dumpDir;                   // every stage's text goes here; empty: none
};

struct CompileResult {
  std::optional<Image> image;    // where toStage is "image"
  std::vector<HeldByCore> held;  // of every core, where they were chosen
  std::string stageText;         // of toStage otherwise
  std::string quantSettings;     // as used; empty before the quant stage, and see CompileOptions::emit
  // The quantized network as a file's bytes, with the relays where there are some, which the image was
  // checked against; empty before the quant stage, where `fromStage` is behind it, and where none was asked
  // for. SPEC V1, V7
  std::vector<std::uint8_t> witness;
  std::vector<ProjectionFidelity> fidelity;  // where `examine` asked for it
  std::optional<MappingReport> mapping;      // where cores were chosen
  std::vector<Diagnostic> notes;
};

// Stages: see ir/Stages.h. A network goes through import, float, quant, legal, placed, image; `fromStage`
// enters where it was dumped. Equal input gives equal bytes, whatever the stage it enters at. Errors: R0690
// unknown stage or profile, R0703 and R0704 stage files, and those of every stage; kind Compile where the
// network does not fit, with every violation found; R0430, of kind Internal, where the image is not its
// witness.
Expected<CompileResult> compile(const Network& network, const CompileOptions& options);

}  // namespace rheo
