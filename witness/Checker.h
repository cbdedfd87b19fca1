// The check: what its parts, one file each, share. SPEC V2 to V6
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

#include "fixed/Profile.h"
#include "witness/Witness.h"
#include "witness/Words.h"

namespace rheo::witness {

// A synapse as its target sees it.
struct Arrival {
  std::uint32_t source = 0;
  std::int16_t weight = 0, exponent = 0;
  std::int32_t delay = 0;
  std::uint32_t sum = 0;  // where they share it, the exponent acts on their sum. SPEC W5, W7
  auto key() const { return std::tuple(source, weight, exponent, delay); }
  auto operator<=>(const Arrival& other) const { return key() <=> other.key(); }
  bool operator==(const Arrival& other) const { return key() == other.key(); }
};
using Row = std::vector<Arrival>;

class Checker {
 public:
  Checker(const NetworkT& network, const Image& image) : network_(network), image_(image) {}
  Report run();

 private:
  bool broken(const std::string& where, const std::string& why);  // false
  // Match.cpp: which population of the image is which of the network.
  void match();
  bool takeClones(const image::Population& p, std::size_t node);
  void compareFaces();
  void checkMoved(std::size_t node);
  std::string describe(std::uint32_t source) const;  // "neuron 3 of 'hidden'"
  bool isSum(std::uint32_t source) const { return source >= firstSum_; }
  bool isSum(const Compartment& c) const { return populations_[c.population] >= network_.nodes.size(); }
  // Neurons.cpp: each of them, its parameters, and the limits of their cores.
  void coverage();
  void parameters(std::size_t core, std::size_t compartment);
  std::int64_t required(std::size_t node, std::size_t parameter, std::size_t neuron) const;
  void limits();
  // Traffic.cpp: spikes followed through routes, axons, lists, and sums of the compiler.
  void collectArcs();
  void add(const Records& routes, std::int64_t first, std::int64_t count, std::uint32_t source);
  // Fills rows[i] with what arrives at inputs[i] of a core, sums followed back to their own sources. False
  // where something is broken, which the report says then.
  bool arrive(std::size_t core, const std::vector<std::int64_t>& inputs, std::vector<Row>& rows,
              std::size_t depth = 0);
  bool replaceSums(std::vector<Row>& rows, std::size_t depth);
  bool expand(const Arrival& outer, const Row& inner, Row& into);
  // Synapses.cpp: what arrives, against what has to arrive.
  void synapses();
  void expect(const Compartment& compartment, std::int64_t port, Row& row);
  void compare(std::size_t core, const Compartment& target, std::int64_t input, Row& expected, Row& found);

  const NetworkT& network_;
  const Image& image_;
  const image::Header& header_ = image_.header();
  const Profile& profile_ = *findProfile(network_.profile);
  const bool ofSum_ = profile_.weightExponent == WeightExponent::OfSum;
  Report report_;
  struct Source {  // a node of the network, behind them the compiler's sums. SPEC V5
    std::string name;
    std::int64_t size = 0, lag = 0;  // as the image says
    std::uint32_t base = 0;          // in one count of all neurons and channels
  };
  std::vector<Source> nodes_;
  std::uint32_t firstSum_ = UINT32_MAX;
  std::vector<std::size_t> inputs_, populations_;      // [of the image] -> nodes
  std::vector<const models::ModelTable*> models_;      // [population of the image]
  std::vector<std::vector<std::uint32_t>> originals_;  // [population of the image]: of clones, their neurons
  std::vector<Core> cores_;
  std::vector<std::vector<std::size_t>> into_;   // [node] -> projections, in the order of sources
  std::map<std::uint32_t, std::size_t> coreOf_;  // by id
  std::vector<std::vector<std::array<std::uint32_t, 3>>> arcs_;  // [core]: source, axon and atom, ascending
  std::map<std::uint32_t, std::pair<std::size_t, std::int64_t>> sums_;     // source -> core and input
  std::vector<Synapse> list_;                                              // behind one axon
  std::int64_t mostArcs_ = 0, visits_ = 0, room_ = 0, longestDelay_ = 62;  // SPEC T7
};

}  // namespace rheo::witness
