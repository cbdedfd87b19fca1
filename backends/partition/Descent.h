// Improves an assignment without ever leaving the limits: single moves, then exchanges of two vertices where
// both cores are full.
#pragma once

#include "partition/Assignment.h"
#include "partition/Workers.h"

namespace rheo::partition {

// Sweeps of moves until one gains nothing, at most so many. Connectivity never rises.
void descend(Assignment& assignment, int mostSweeps, Workers& workers);

// Rounds of exchanges until one gains nothing, at most so many. Connectivity never rises.
void exchange(Assignment& assignment, int mostRounds, Workers& workers);

}  // namespace rheo::partition
