// The quantization of one population and of what enters it, and its steps: Quantize.cpp tells the story,
// QuantizeRegisters.cpp is what it needs of a population; QuantizeFormats.cpp, QuantizeWeights.cpp and
// QuantizeExact.cpp of a projection.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "algorithms/Dynamics.h"
#include "algorithms/Quantize.h"
#include "algorithms/RegisterRange.h"
#include "algorithms/ScaleMethods.h"
#include "algorithms/Scales.h"
#include "fixed/Arithmetic.h"

namespace rheo {

// One projection, or the bias of one, on its way to integers.
struct QuantPart {
  FixedProjection fixed;  // all of its weights; projectionsOf() makes what the net gets of it
  EffectiveWeights effective;
  // Of each row of values, where rows differ; else empty, and `effective` says what all of them have. SPEC
  // W10
  std::vector<WeightFormat> rowFormats;
  std::vector<int> rowExponents;
  const FloatProjection* given = nullptr;  // what the effective weights are made of, where that is not they
  const ProjectionSettings* pins = nullptr;
  double unit = 1;           // SPEC F11: a Dirac spike has the value 1 / dt
  bool gainApplied = false;  // values are in float units of v already
  ProjectionFidelity fidelity = {};

  const WeightFormat& formatOf(std::int64_t row) const {
    return rowFormats.empty() ? effective.format : rowFormats[static_cast<std::size_t>(row)];
  }
  int exponentOf(std::int64_t row) const {
    return rowExponents.empty() ? effective.exponent : rowExponents[static_cast<std::size_t>(row)];
  }

  // Of each row.
  void setRowExponents(std::vector<int> exponents);

  // Into `buffer`, for what it has room for.
  void takeGiven(std::vector<double> buffer) {
    if (given == nullptr) return;
    effective.values.wiring = given->weights.wiring;
    effective.values.values = std::move(buffer);
    effective.values.values.assign(given->values().begin(), given->values().end());
    effective.values.delays = given->weights.delays;
  }
};

// What the net gets of a part: a projection for each format that its weights have, and for each sign where a
// format holds both in lists of their own. Every weight that is not 0 is in one of them. SPEC W10
std::vector<FixedProjection> projectionsOf(QuantPart part);

// What does not exist waits for nothing: its delay becomes one that some synapse has. SPEC T7
void settleDelays(Connections<std::int32_t>& connections);

// Parts as a choice of scales sees them: of one format each, so that one whose rows differ is several, which
// lack the other rows' weights. As long as the parts stay as they are.
class PartsOfOneFormat {
 public:
  explicit PartsOfOneFormat(const std::vector<QuantPart*>& parts);
  const WeightsIn& all() const { return all_; }

 private:
  std::deque<EffectiveWeights> made_;
  WeightsIn all_;
};

// What was found, and what was chosen.
struct QuantFindings {
  std::vector<Diagnostic> errors, notes;
  bool complete = true;         // every population and projection has its integers, if only the nearest
  bool onlyPinsAtFault = true;  // where there are errors

  // A mistake of the network, or of the network on this chip.
  Diagnostic& error(const char* code, const std::string& where, const std::string& message,
                    const std::string& remedy);
  Diagnostic& note(const char* code, Severity severity, const std::string& where, const std::string& message,
                   const std::string& remedy);
  // What `more` found behind it.
  void append(QuantFindings more);
};

// Where that is asked for and the chip holds decays in a table of profiles, time constants beyond what it has
// room for become alike. R0348.
void shareTimeConstants(const FloatNet& net, const QuantOptions& options, std::vector<Dynamics>& dynamics,
                        QuantFindings& found);

// Populations may be quantized at the same time: each has a Quantizer and writes to its own places.
class Quantizer {
 public:
  // `bias`: the population that fires in every step, -1 where there is none.
  Quantizer(const FloatNet& net, const QuantOptions& options, int bias);

  // The integers of a population, into `target` and the parts, which are those that enter it.
  void run(int index, Dynamics dynamics, const std::vector<QuantPart*>& parts, FixedPopulation& target);

  QuantFindings found;
  QuantFindings prepared;  // of these, what was found before a scale was asked for
  QuantSettings settings;  // of this population and its projections

 private:
  using Part = QuantPart;
  static constexpr double kAlign = 1 << fixed::kAlignBits;

  Diagnostic& error(const char* code, const std::string& where, const std::string& message,
                    const std::string& remedy) {
    return found.error(code, where, message, remedy);
  }
  // What the settings pin and the chip or the network does not have. R0303.
  Diagnostic& pinError(const std::string& where, const std::string& message, const std::string& remedy);
  void note(const char* code, Severity severity, const std::string& where, const std::string& message,
            const std::string& remedy) {
    found.note(code, severity, where, message, remedy);
  }
  Diagnostic& warning(const char* code, const std::string& where, const std::string& message,
                      const std::string& remedy) {
    return found.note(code, Severity::Warning, where, message, remedy);
  }
  // What was found, the limit that it missed, and which part of the chip says so.
  void measured(Diagnostic& diagnostic, double value, double limit, const std::string& source) const;

  const PopulationSettings& pinsOf(const std::string& name) const;
  void chooseAll(const FloatPopulation& source, Dynamics& dynamics, const std::vector<Part*>& parts,
                 FixedPopulation& target);
  ScaleLimits limitsOf(const FloatPopulation& source) const;
  double scaleOf(const FloatPopulation& source, const Dynamics& dynamics, const PopulationSettings& pins,
                 const std::vector<Part*>& parts) const;

  std::vector<double> spreadOf(const FloatPopulation& source, const Dynamics& dynamics,
                               const PopulationSettings& pins, const std::vector<Part*>& parts, double scale);
  std::vector<double> thresholdSpread(const FloatPopulation& source, const Dynamics& dynamics,
                                      const PopulationSettings& pins, const std::vector<Part*>& parts) const;
  bool checkSpread(const FloatPopulation& source, const PopulationSettings& pins,
                   const std::vector<Part*>& parts);
  static void spreadOut(Dynamics& dynamics, const std::vector<Part*>& parts,
                        const std::vector<double>& spread);

  void exactPopulation(const FloatPopulation& source, const PopulationSettings& pins,
                       const std::vector<Part*>& parts, FixedPopulation& target);
  bool holds(const FloatPopulation& source, const std::string& field, std::int32_t value);
  std::vector<std::int32_t> decayRegister(const FloatPopulation& source, const std::vector<double>& losses,
                                          int offset, const char* field);
  void canForget(const FloatPopulation& source);
  void decays(const FloatPopulation& source, const Dynamics& dynamics, FixedPopulation& target);
  void biases(const FloatPopulation& source, const std::vector<double>& drive, double scale,
              FixedPopulation& target);
  bool reached(const FloatPopulation& source) const;
  double thresholdSteps(const FloatPopulation& source, double threshold) const;
  void thresholds(const FloatPopulation& source, const Dynamics& dynamics, double scale,
                  FixedPopulation& target);
  void pinRegisters(const FloatPopulation& source, const PopulationSettings& pins, FixedPopulation& target);
  void compareThreshold(const FloatPopulation& source, const Dynamics& dynamics,
                        const PopulationSettings& pins, double scale);
  void checkExtension(const FloatPopulation& source, const FixedPopulation& target);

  static std::optional<std::vector<double>> gainOfValues(const Connections<double>& connections,
                                                         const Dynamics& dynamics);
  void applyGains(Part& part, const Dynamics& dynamics);
  static void unfoldForPins(Part& part);
  void prepare(Part& part, const Dynamics& dynamics);
  void chooseFormats(Part& part);
  std::vector<std::int32_t> perRow(const Part& part, const std::vector<std::int32_t>& pinned,
                                   const char* key);
  void pinExponents(Part& part);
  void chooseExponents(Part& part, double scale) const;
  void checkWeights(const Part& part);
  bool inRange(const std::string& where, std::int64_t value, RegisterRange range);
  void integers(Part& part, double scale);
  void exactIntegers(Part& part);
  void measureFidelity(Part& part, double scale) const;

  // What is lost although nothing is violated: QuantizeLosses.cpp. Asked for by QuantOptions::examine.
  void examineDecays(const FloatPopulation& source, const std::vector<double>& losses,
                     const std::vector<std::int32_t>& registers, int offset, const char* field);
  void examineThresholds(const FloatPopulation& source, const Dynamics& dynamics, double scale,
                         const std::vector<std::int32_t>& vth);
  void examineBiases(const std::string& where, std::int64_t lost, std::int64_t all);
  void examineWeights(const Part& part);

  const FloatNet& net_;
  const QuantOptions& options_;
  const ChipSpec& chip_;
  ScaleLimits limits_;
  int bias_;
};

}  // namespace rheo
