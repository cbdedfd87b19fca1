// From real numbers to a chip's integers: scales, registers, weights. What is chosen comes back as settings;
// what settings pin is obeyed.
//
// Gains fold into weights, so that one integer unit of v is 1 / scale float units of v:
//   LIF, LI        k r (W s + b)                with k = dt / tau (SPEC F2) or 1 - exp(-dt / tau) (F3)
//   CubaLIF, LI    k_mem r k_syn w_in (W s + b)  into the current, whose unit is scale * k_mem * r
//   IF, I          r (W s + b)
// Biases of projections become synapses from a hidden neuron, "bias", that fires in every step (SPEC F6), and
// so does v_leak where there is no current; where there is one, v_leak goes into the register that drives v
// itself (N8).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "algorithms/Net.h"
#include "algorithms/PeriodicReset.h"
#include "algorithms/QuantSettings.h"
#include "algorithms/ScaleMethods.h"
#include "chip/ChipSpec.h"
#include "fixed/Profile.h"

namespace rheo {

// How well a projection's integers stand for its weights; of projections whose weights are pinned, nothing.
struct ProjectionFidelity {
  std::string name;
  int bits = 0;                  // the fewest of a row
  std::int64_t weights = 0;      // that are not 0
  std::int64_t vanished = 0;     // of them, those that became 0
  std::int64_t clipped = 0;      // and those more than a step beside what they should be
  double signal = 0, error = 0;  // sums of squares: of the weights, of what rounding changed
  double drift = 0;              // |sum of a row's errors| / sum of its |weights|, the median row
};

struct QuantOptions {
  const ChipSpec* chip = nullptr;
  const Profile* profile = nullptr;
  QuantSettings pins;           // empty: everything is chosen
  std::string pinsFile;         // for messages
  ScaleMethod method;           // by which scales and exponents are chosen
  bool exponentPerRow = false;  // of weights: each target neuron's or output channel's own. SPEC W10
  bool shareProfiles =
      false;                  // time constants that the chip's table of profiles has no room for become alike
  bool examine = false;       // note what is lost although nothing is violated, too
  bool keepWeights = false;   // in the settings that come back, even those that were not pinned
  bool writeSettings = true;  // as text beside the network's operations
  int threads = 0;            // that populations share; 0: as many as are worth it. The result is the same
  std::optional<PeriodicReset> periodicReset;
  std::vector<ProjectionFidelity>* fidelity = nullptr;  // what is asked for, goes there
  std::map<std::string, double> largestPotential;  // calibration: population -> largest |v| seen, float units
};

struct QuantResult {
  FixedNet net;            // lags are not solved yet
  QuantSettings settings;  // everything that was chosen; weights only where they were pinned or are kept
  std::vector<Diagnostic> notes;
};

// A result, and what is wrong with it. Where a value fits no register the net holds the nearest one, so that
// what else is wrong with it can be found.
struct QuantAttempt {
  QuantResult result;
  std::optional<Error> refused;
  bool complete = true;  // false: parts of the net are missing
};
QuantAttempt attemptQuantize(const FloatNet& net, const QuantOptions& options);

// The result, if nothing is wrong with it. Errors, all that apply, of kind Data where only the pins are at
// fault: R0301 a name the network lacks, R0302 a value of the wrong form, R0303 a pinned value out of the
// chip's range, R0304, R0320 threshold, R0321 reset, R0322 bias, R0323 weights beyond every scale, R0305
// decay, R0411 a reset the chip lacks, R0309 a convention no chip follows, R0312 an exact node (SPEC F14)
// that the chip cannot hold as it is.
Expected<QuantResult> quantize(const FloatNet& net, const QuantOptions& options);

}  // namespace rheo
