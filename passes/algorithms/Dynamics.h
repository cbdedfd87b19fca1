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
  std::vector<double> threshold;  // above where v is counted from; empty where the model does not spike
  std::vector<double> reset;      // above where v is counted from; empty where the model does not spike
  std::vector<double> leak;       // v_leak where v is counted from it, else 0
  std::vector<double> leakDrive;  // added to v in every step where v is counted from 0; else empty

  bool spiking() const { return !threshold.empty(); }
};

// Of an exact population (SPEC F14) only the gain, 1: its weights are integers already.
//
// v is counted from 0, where the float network starts (SPEC F4), and v_leak becomes a drive; but a model with
// a current cannot be driven past it, so there v is counted from v_leak.
Dynamics dynamicsOf(const FloatPopulation& population, const Conventions& conventions);

}  // namespace rheo
