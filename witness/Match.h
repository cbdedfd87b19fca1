// Which population and input of an image is which of the network, and one count of all that can send a spike.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/Model.h"
#include "witness/Check.h"

namespace rheo::witness {

struct Match {
  // Populations are numbered as in the network; those that it lacks, the compiler's sums, come behind. SPEC
  // V5
  std::vector<std::size_t> number;                 // [population of the image]
  std::vector<std::size_t> input;                  // [input of the network] -> of the image
  std::vector<const models::ModelTable*> models;   // [population of the image]
  std::vector<std::vector<std::uint32_t>> clones;  // [population of the image]: of which neurons. SPEC V2
  std::vector<std::string> names;                  // [number]
  std::vector<std::int64_t> lags;                  // [number], as the image says
  std::vector<std::uint32_t> inputBase, base;      // [input of the network], [number] -> its first source
  std::size_t originals = 0;                       // numbers below are the network's

  bool isSum(std::uint32_t source) const { return originals < base.size() && source >= base[originals]; }
  std::string describe(const Network& network, std::uint32_t source) const;  // "neuron 3 of 'hidden'"
};

// Compares all that the header says. Where the report has faults then, indices may not fit.
Match match(const Network& network, const image::Header& header, Report& report);

}  // namespace rheo::witness
