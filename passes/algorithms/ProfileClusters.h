// Few pairs of decays for many: k-means over their logarithms, so that relative errors count alike.
#pragma once

#include <vector>

namespace rheo {

struct DecayPair {
  double lossU = 1, lossV = 0;  // shares lost in a step
  bool operator==(const DecayPair&) const = default;
  bool operator<(const DecayPair& other) const {
    return lossU != other.lossU ? lossU < other.lossU : lossV < other.lossV;
  }
};

// At most `most` different pairs, one for each of `pairs`. Deterministic: the first centre is the most
// frequent pair, each further one the pair furthest from those there are; then Lloyd's steps (Lloyd 1982,
// IEEE Trans. Inf. Theory 28:129-137) until nothing moves. A loss of 0 stays 0 where all of a cluster are.
std::vector<DecayPair> clustered(const std::vector<DecayPair>& pairs, int most);

// How many of `most` each population gets that wants so many: all it wants where there is room, else equal
// shares, at least 1.
std::vector<int> sharesOf(const std::vector<int>& wanted, int most);

}  // namespace rheo
