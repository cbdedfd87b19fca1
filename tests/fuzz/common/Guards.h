// What turns a crash, a hang or a flood of memory into a finding that names the input and how to replay it.
#pragma once

#include <cstdint>
#include <string>

namespace rheo::fuzz {

// From here on every death of the process prints how to replay the input under way; an input that takes a
// minute of processor time dies, and one that asks for gigabytes too.
void guard(const char* fuzzer, std::uint64_t seed);

void begin(std::uint64_t input);  // the input that the guards blame from now on

// A rule that did not hold: prints it and dies.
[[noreturn]] void broken(const std::string& rule);
inline void require(bool holds, const char* rule) {
  if (!holds) broken(rule);
}

}  // namespace rheo::fuzz
