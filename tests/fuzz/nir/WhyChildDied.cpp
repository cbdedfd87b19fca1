// Starts the reader once more, and reads what a sanitizer says.
#include "WhyChildDied.h"

#include <array>
#include <cstdio>
#include <string_view>

namespace rheo::fuzz {
namespace {

std::string errorOutput(const std::string& command) {
  std::string output;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return output;
  std::array<char, 4096> buffer{};
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe))
    output.append(buffer.data(), count);
  pclose(pipe);
  return output;
}

// A fault belongs to whoever called the runtime: the first frame ("(/lib/libx.so+0x12)") of another file.
std::string culprit(const std::string& report) {
  std::string file = "unknown";
  for (std::size_t end = report.find("+0x"); end != std::string::npos; end = report.find("+0x", end + 1)) {
    const std::size_t start = report.find_last_of("(/", end) + 1;
    file = report.substr(start, end - start);
    if (file.find("asan") == std::string::npos && file.find("libc.so") == std::string::npos) break;
  }
  return file;
}

}  // namespace

std::string whyChildDied(const std::string& path) {
  const hdf5::Limits limits;
  const hdf5::ProcessLimits process = kChildLimits;
  const std::string output =
      errorOutput("'" + hdf5::findReader() + "' '" + path + "' " + std::to_string(process.memoryBytes) + " " +
                  std::to_string(process.cpuSeconds) + " " + std::to_string(limits.maxObjects) + " " +
                  std::to_string(limits.maxElements) + " " + std::to_string(limits.maxTextBytes) + " " +
                  std::to_string(limits.maxDepth) + " 2>&1 >/dev/null");
  if (output.find("runtime error:") != std::string::npos) return "undefined behaviour in rheo-hdf5-reader";
  constexpr std::string_view kMark = "AddressSanitizer: ";
  const std::size_t mark = output.find(kMark);
  if (mark == std::string::npos) return "died";
  const std::size_t kind = mark + kMark.size();
  return output.substr(kind, output.find_first_of(" :\n", kind) - kind) + " in " + culprit(output);
}

}  // namespace rheo::fuzz
