// Spikes under way, packed and unpacked.
#include "sim/Pending.h"

#include <cstring>

#include "fixed/Arithmetic.h"

namespace rheo {
namespace {

struct PendingHeader {
  char magic[8] = {'R', 'H', 'E', 'O', 'P', 'N', 'D', '1'};
  std::int64_t inputs = 0;
  std::int64_t steps = 0;
};

}  // namespace

std::int64_t countInputs(const Program& program) {
  std::int64_t count = 0;
  for (const Core& core : program.cores) count += core.inputs;
  return count;
}

std::vector<std::uint8_t> packPending(const Program& program, std::span<const std::int32_t> input) {
  PendingHeader header;
  header.inputs = countInputs(program);
  header.steps = program.maxDelay + 1;
  std::vector<std::uint8_t> bytes(sizeof header + input.size_bytes());
  std::memcpy(bytes.data(), &header, sizeof header);
  if (!input.empty()) std::memcpy(bytes.data() + sizeof header, input.data(), input.size_bytes());
  return bytes;
}

Expected<std::vector<std::int32_t>> unpackPending(const Program& program,
                                                  std::span<const std::uint8_t> bytes) {
  PendingHeader expected;
  expected.inputs = countInputs(program);
  expected.steps = program.maxDelay + 1;
  std::vector<std::int32_t> input(static_cast<std::size_t>(expected.inputs * expected.steps));
  const std::size_t size = sizeof expected + input.size() * sizeof(std::int32_t);
  bool fits = bytes.size() == size && std::memcmp(bytes.data(), &expected, sizeof expected) == 0;
  if (fits && !input.empty())
    std::memcpy(input.data(), bytes.data() + sizeof expected, size - sizeof expected);
  const bool graded = program.graded();
  for (const std::int32_t value : input)
    fits = fits && (graded || (value >= -fixed::kInputBound && value <= fixed::kInputBound));
  if (fits) return input;
  Diagnostic diagnostic;
  diagnostic.code = "R0605";
  diagnostic.message = "the saved spikes do not belong to this image";
  diagnostic.remedy = "restore a state that was saved from the same image";
  return Error::of(ErrorKind::Data, std::move(diagnostic));
}

}  // namespace rheo
