// Simulated annealing of an assignment: every vertex in turn moves to a core drawn by Boltzmann's law from
// what it would gain, at a falling temperature; what exceeds a limit costs, the more the longer it does.
#pragma once

#include <functional>

#include "partition/Assignment.h"
#include "partition/Workers.h"

namespace rheo::partition {

struct AnnealingPlan {
  std::uint64_t seed = 0;
  int sweeps = 100;
  double hottest = 1.6;  // in units of the mean edge weight
  double coldest = 0.2;
};

// After each sweep: how many are done.
using SweepReport = std::function<void(int)>;

// The result may exceed limits a little.
void anneal(Assignment& assignment, const AnnealingPlan& plan, Workers& workers, const SweepReport& report);

}  // namespace rheo::partition
