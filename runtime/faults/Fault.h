// One fault, named by its place: the text that reports show and `rheobase replay` takes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "chip/Program.h"
#include "faults/Kinds.h"
#include "support/Error.h"

namespace rheo::faults {

// A kind with the number that belongs to it: "message-loss:1e-3".
struct FaultRequest {
  const KindInfo* kind = nullptr;
  double amount = 0;
};

// Only the fields that the kind's Mechanism names are meant.
struct Fault {
  const KindInfo* kind = nullptr;
  double amount = 0;
  std::uint64_t instance = 0;
  std::int32_t core = -1;  // index into Program::cores
  std::string_view memory;
  std::uint64_t word = 0;
  int bit = 0;
  std::int32_t population = -1, neuron = -1, state = -1;
  std::int64_t step = -1;
  std::int32_t input = -1, channel = -1;
};

// Errors: R0801 for an unknown kind (with the nearest), R0802 for a number that is none or out of range.
Expected<FaultRequest> parseRequest(std::string_view text);
// "weight-flip@core=3,memory=synapse,word=17,bit=33"; names in per cent escapes where they need it.
std::string textOf(const Fault& fault, const Program& program);
// Errors: as parseRequest(), and R0803 for a place that is none of this image.
Expected<Fault> parseFault(std::string_view text, const Program& program);

// Bits of a state: what a fault can hit. SPEC B4
int stateBits(const models::ModelTable& model);

inline constexpr std::string_view kFaultMemories[] = {"neuron", "profile", "constant", "axon",
                                                      "format", "route",   "synapse"};

}  // namespace rheo::faults
