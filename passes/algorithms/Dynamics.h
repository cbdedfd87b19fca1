// A float population's discrete dynamics: what one step loses, what one unit of input adds. SPEC F2, F3.
#pragma once

#include <vector>

#include "algorithms/Net.h"

namespace rheo {

// Per neuron. A model without current has lossU 1; one without leak has lossV 0.
struct Dynamics {
  std::vector<double> lossU;      // share of the current lost in a step
  std::vector<double> lossV;      // share of the potential lost in a step
  std::vector<double> gain;       // float units of v that one unit of current adds in its step
  std::vector<double> unitU;      // float units of v that one float unit of I adds in a step
  std::vector<double> threshold;  // empty where the model does not spike
  std::vector<double> reset;      // empty where the model does not spike
  // What v_leak adds to v in a step, where the model has no current, and where it has one (a synapse's
  // current would not fade at once); the other is empty. The first also holds a Threshold's negative
  // thresholds.
  std::vector<double> leakDrive, biasDrive;

  // Registers hold no negative threshold: where there is one (rest -65, threshold -50), v is counted from
  // v_leak, and threshold and reset with it.
  bool fromRest = false;

  bool spiking() const { return !threshold.empty(); }
};

// Of an exact population (SPEC F14) only the gain, 1 for each input: its weights are integers already.
Dynamics dynamicsOf(const FloatPopulation& population, const Conventions& conventions);

}  // namespace rheo
