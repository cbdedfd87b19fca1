// Brings an assignment within the limits of every core, and empties cores that are not needed.
#pragma once

#include "partition/Assignment.h"

namespace rheo::partition {

// Takes vertices off each core that exceeds a limit, the cheapest first, to cores that have room; opens
// cores where none has. Every vertex must fit on an empty core.
void repair(Assignment& assignment);

// Moves all vertices of `core` to other cores that have room. False, and nothing moved, where one finds none,
// or where connectivity would rise and that is not allowed.
bool dissolve(Assignment& assignment, Index core, bool mayRise);

}  // namespace rheo::partition
