// All places at which the chosen kinds of faults can happen, counted, so that a campaign can visit each or
// draw some.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "faults/Fault.h"
#include "faults/Memories.h"

namespace rheo::faults {

// Faults of one kind in one node of the user's network (weights: of one bit of the field): what a figure with
// an interval is given for. SPEC B18
struct Stratum {
  FaultRequest request;
  std::string node;
  int bit = -1;  // of the field, where bits have strata of their own
  std::uint64_t sites = 0;
  // Which of the Memories' fields, with the sites before each. MemoryBit only.
  std::vector<std::uint32_t> fields;
  std::vector<std::uint64_t> before;
  std::int32_t population = -1, state = -1, input = -1;
};

// Random kinds have no places but realisations: so many of them.
struct SiteOptions {
  std::int64_t steps = 0;  // of the data, for faults that have a step
  std::uint64_t instances = 1000;
  std::uint64_t seed = 0;  // realisation `i` draws from the seed `seed` and from i
};

class Sites {
 public:
  Sites(const Memories& memories, const FlatProgram& flat, const std::vector<FaultRequest>& requests,
        const SiteOptions& options);

  const std::vector<Stratum>& strata() const { return strata_; }
  std::uint64_t count() const { return count_; }  // over all strata
  Fault fault(std::size_t stratum, std::uint64_t site) const {
    return fault(stratum, site, fieldOf(stratum, site));
  }
  Fault fault(std::size_t stratum, std::uint64_t site, std::size_t field) const;
  // Fetches what fault() will ask for; returns the field that it takes.
  std::size_t prefetch(std::size_t stratum, std::uint64_t site) const;
  // Over all strata, in their order.
  Fault fault(std::uint64_t site) const;
  // Where strata begin in that count.
  std::uint64_t first(std::size_t stratum) const { return first_[stratum]; }

 private:
  // Which of the stratum's fields a site lies in; 0 where it has none.
  std::size_t fieldOf(std::size_t stratum, std::uint64_t site) const;
  void addMemory(const FaultRequest& request);
  void addCells(const FaultRequest& request);
  void add(Stratum stratum);

  const Memories& memories_;
  const FlatProgram& flat_;
  SiteOptions options_;
  std::vector<Stratum> strata_;
  std::vector<std::uint64_t> first_;
  std::uint64_t count_ = 0;
};

}  // namespace rheo::faults
