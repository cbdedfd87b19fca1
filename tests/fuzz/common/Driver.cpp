// Options, the loop, the table.
#include "common/Driver.h"

#include <charconv>
#include <chrono>
#include <cstdio>
#include <map>
#include <optional>
#include <string_view>

#include "common/Guards.h"

namespace rheo::fuzz {
namespace {

struct Options {
  std::uint64_t seed = 1, from = 0, count = 0;
};

std::optional<Options> parse(int argc, char** argv, std::uint64_t count) {
  Options options;
  options.count = count;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    std::uint64_t* value = name == "--seed"    ? &options.seed
                           : name == "--from"  ? &options.from
                           : name == "--count" ? &options.count
                                               : nullptr;
    if (value == nullptr || i + 1 == argc) return std::nullopt;
    const std::string_view text = argv[i + 1];
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  }
  return options;
}

}  // namespace

int drive(int argc, char** argv, const Fuzzer& fuzzer) {
  const std::optional<Options> options = parse(argc, argv, fuzzer.count);
  if (!options) {
    std::fprintf(stderr, "usage: %s [--seed S] [--from K] [--count N]\n", fuzzer.name);
    return 2;
  }
  std::printf("%s: %llu inputs from %llu, seed %llu\n", fuzzer.name,
              static_cast<unsigned long long>(options->count), static_cast<unsigned long long>(options->from),
              static_cast<unsigned long long>(options->seed));
  std::fflush(stdout);
  guard(fuzzer.name, options->seed);
  std::map<std::string, std::uint64_t> outcomes;
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t input = options->from; input - options->from < options->count; ++input) {
    begin(input);
    Random random(options->seed, input);
    for (const std::string& word : fuzzer.run(options->seed, random)) ++outcomes[word];
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  for (const auto& [word, count] : outcomes)
    std::printf("  %-24s %12llu %6.2f %%\n", word.c_str(), static_cast<unsigned long long>(count),
                100.0 * static_cast<double>(count) / static_cast<double>(options->count));
  std::printf("  %.0f s, %.0f inputs/s\n", elapsed.count(),
              static_cast<double>(options->count) / elapsed.count());
  int status = 0;
  for (const std::string& word : fuzzer.expected)
    if (options->count >= fuzzer.enough && !outcomes.contains(word)) {
      std::printf("  no input was '%s': the fuzzer tests nothing there\n", word.c_str());
      status = 1;
    }
  return status;
}

}  // namespace rheo::fuzz
