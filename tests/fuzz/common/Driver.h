// The main program that all fuzzers share: options, the loop, and a table of what came out.
//
//   fuzz_NAME [--seed S] [--from K] [--count N]      inputs K to K + N - 1 of seed S
//
// Exit status: 0 no finding, 1 a finding or a fuzzer that tests nothing, 2 a wrong option.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/Random.h"

namespace rheo::fuzz {

struct Fuzzer {
  const char* name;
  std::uint64_t count;  // inputs, unless told otherwise
  // Makes the input, tries it, and says in one word what became of it: a diagnostic's code or "accepted". May
  // return several words, each counted for itself.
  std::function<std::vector<std::string>(std::uint64_t seed, Random& random)> run;
  // Words that a run of `enough` inputs cannot lack: a fuzzer whose inputs all meet the same fate tests
  // nothing.
  std::vector<std::string> expected;
  std::uint64_t enough = 1000;
};

int drive(int argc, char** argv, const Fuzzer& fuzzer);

}  // namespace rheo::fuzz
