// The table of limits.
#include "chip/LimitRules.h"

#include <algorithm>
#include <array>
#include <bit>

namespace rheo {
namespace {

constexpr std::optional<std::int64_t> kStated = std::nullopt;
constexpr std::optional<std::int64_t> kDerived = 0;  // follows from others: see the reader of records

constexpr std::array kRules{
    LimitRule{"cores", 1, 1 << 20, "cores", "cores of one chip", kStated},
    LimitRule{"neurons_per_core", 1, kLargestLimit, "neurons",
              "compartments; a neuron of several ports takes as many", kStated},
    LimitRule{
        "input_axons_per_core", 1, kLargestLimit, "axons",
        "entries of the table through which spikes enter: for each projection one for each source, or for "
        "each 'atoms_per_axon' of them whose lists are equally long",
        kStated},
    LimitRule{"atoms_per_axon", 1, 1 << 16, "atoms",
              "sources that share an input axon, a population axon then, each with a list of its own of the "
              "same length",
              1},
    LimitRule{"output_axons_per_core", 1, kLargestLimit, "routes",
              "places to which the spikes of a core's neurons go, counted for each neuron", kStated},
    LimitRule{"synapse_words_per_core", 1, kLargestLimit, "64-bit words",
              "memory of synapse lists and kernels, as encoded", kStated},
    LimitRule{"profiles_per_core", 1, kLargestLimit, "profiles", "different sets of shared neuron registers",
              kStated},
    LimitRule{"formats_per_core", 1, kLargestLimit, "formats", "different forms of synapse lists", kStated},
    LimitRule{"constants_per_core", 1, kLargestLimit, "constants of 32 bits", "parameters of programs",
              kStated},
    LimitRule{"state_words_per_core", 1, kLargestLimit, "32-bit words", "states of all neurons",
              kLargestLimit},
    LimitRule{"delay_slots_per_core", 1, kLargestLimit, "slots",
              "input buffers: inputs times steps of the longest delay and one, up to a power of two",
              kLargestLimit},
    LimitRule{"messages_per_link", 1, kLargestLimit, "messages",
              "that a link between neighbouring tiles carries in a step without delaying it", kLargestLimit},
    LimitRule{"graded_payload_bits", 1, 32, "bits",
              "of a graded spike that carries a partial sum, its sign included", kStated},
    LimitRule{"max_delay", 0, 62, "steps", "delay of axon and synapse together", kStated},
    LimitRule{"weight_bits", 1, 8, "bits", "of a stored weight", kStated},
    LimitRule{"weight_exponent_min", -32, 31, "", "of a power of two that multiplies weights", kStated},
    LimitRule{"weight_exponent_max", -32, 31, "", "of a power of two that multiplies weights", kStated},
    LimitRule{"chips", 1, 1 << 14, "chips", "chips that are joined by links", 1},
    LimitRule{"chip_columns", 1, 1 << 14, "chips", "chips beside each other", kDerived},
    LimitRule{"chip_link_hops", 1, 1000, "hops", "what a link between chips costs, in hops within one", 8},
    LimitRule{"tile_columns", 1, 1 << 20, "tiles", "tiles of a chip beside each other", kDerived},
    LimitRule{"tile_rows", 1, 1 << 20, "tiles", "rows of tiles of a chip", kDerived},
    LimitRule{"cores_per_tile", 1, 1 << 20, "cores", "cores that share a router", 1},
};

}  // namespace

std::int64_t delaySlots(std::int64_t inputs, int longestDelay) {
  constexpr int kFewest = 8;
  return inputs *
         static_cast<std::int64_t>(std::bit_ceil(static_cast<unsigned>(std::max(kFewest, longestDelay + 2))));
}

std::span<const LimitRule> limitRules() { return kRules; }

const LimitRule* findLimitRule(std::string_view name) {
  const auto found =
      std::find_if(kRules.begin(), kRules.end(), [&](const LimitRule& rule) { return rule.name == name; });
  return found == kRules.end() ? nullptr : &*found;
}

}  // namespace rheo
