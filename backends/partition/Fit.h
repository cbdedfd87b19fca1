// Which of a vertex' offers a core's limits allow.
#pragma once

#include <optional>

#include "partition/Assignment.h"
#include "partition/Offers.h"

namespace rheo::partition {

inline CoreUse operator+(const CoreUse& a, const CoreUse& b) {
  return {a.neurons + b.neurons, a.axons + b.axons, a.words + b.words};
}
inline CoreUse operator-(const CoreUse& a, const CoreUse& b) {
  return {a.neurons - b.neurons, a.axons - b.axons, a.words - b.words};
}

struct Offer {
  Index core;
  double gain;
};

// Whether `core`, not the vertex' own, has room for it.
inline bool fits(const Assignment& assignment, const Offers& offers, Index core) {
  return (assignment.use(core) + offers.added(core)).within(assignment.limits().perCore);
}

// The best move to a core that shares an edge and has room; the first of equals. It may be a loss.
inline std::optional<Offer> bestFittingOffer(const Assignment& assignment, const Offers& offers) {
  std::optional<Offer> best;
  for (Index core : offers.cores()) {
    if (core == offers.home()) continue;
    const double gain = offers.gain(core);
    if ((!best || gain > best->gain) && fits(assignment, offers, core)) best = {core, gain};
  }
  return best;
}

}  // namespace rheo::partition
