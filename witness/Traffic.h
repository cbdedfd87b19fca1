// Follows every spike of an image: from its source through route, axon and synapse list to where it is
// summed, and through the compiler's sums on to the neuron that they stand for. SPEC V3, V5
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "witness/Match.h"
#include "witness/Words.h"

namespace rheo::witness {

// A synapse as its target sees it.
struct Arrival {
  std::uint32_t source = 0;  // Match::base
  std::int16_t weight = 0, exponent = 0;
  std::int32_t delay = 0;
  std::uint32_t sum = 0;  // where they share it, the exponent acts on their sum. SPEC W5, W7
  auto key() const { return std::tuple(source, weight, exponent, delay); }
};
using Rows = std::vector<std::vector<Arrival>>;

class Traffic {
 public:
  Traffic(const Network& network, const Image& image, const Match& match, const std::vector<Core>& cores,
          Report& report);

  // slots[input of the core] is the row that is wanted, or -1. Fills `rows`, at most `room` arrivals on the
  // way, sums followed back to their own sources. False where something is broken, which the report says
  // then.
  bool arrive(std::size_t core, const std::vector<std::int32_t>& slots, std::uint64_t room, Rows& rows);

  std::int64_t longestDelay() const { return longest_; }

 private:
  struct Arc {
    std::uint32_t axon, source;
  };
  struct Place {
    std::size_t core;
    std::int64_t input;
  };
  void addInputs(const image::Header& header);
  void addNeurons();
  void add(const Records& routes, std::int64_t first, std::int64_t count, std::uint32_t source);
  bool follow(std::size_t core, const std::vector<std::int32_t>& slots, Rows& rows);
  bool arrive(std::size_t core, const std::vector<std::int32_t>& slots, Rows& rows, std::size_t depth);
  bool replaceSums(Rows& rows, std::size_t depth);
  bool expand(const Arrival& outer, const std::vector<Arrival>& inner, std::vector<Arrival>& into);
  bool placeOf(std::uint32_t source, Place& place) const;
  bool broken(std::string where, std::string message);

  const Network& network_;
  const Image& image_;
  const Match& match_;
  const std::vector<Core>& cores_;
  Report& report_;
  bool exponentOfSum_;
  struct Held {  // of the compiler's sums, in the order of sources
    std::uint32_t first, count;
    Place place;
  };
  std::vector<Held> sums_;
  std::map<std::int64_t, std::size_t> coreOf_;  // by id
  std::vector<std::vector<Arc>> arcs_;          // [core], in the order of sources
  std::vector<Synapse> list_;                   // behind one axon
  std::uint64_t mostArcs_, visits_, room_ = 0;
  std::int64_t longest_ = 0;
};

}  // namespace rheo::witness
