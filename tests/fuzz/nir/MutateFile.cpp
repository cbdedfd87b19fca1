// Changes a few bytes of an HDF5 file.
#include "MutateFile.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace rheo::fuzz {
namespace {

// Signatures of the format's structures: what follows one is metadata.
constexpr std::array kSignatures = {"TREE", "HEAP", "SNOD", "GCOL", "OHDR", "BTHD", "BTLF", "FRHP", "FSHD"};

// Somewhere in the first bytes of a structure, or in the first kilobytes, or anywhere.
std::size_t place(const std::string& bytes, Random& random) {
  if (random.oneIn(2)) {
    const std::size_t found = bytes.find(random.pick(kSignatures), random.below(bytes.size()));
    if (found != std::string::npos) return std::min(bytes.size() - 1, found + random.below(64));
  }
  return random.below(random.oneIn(4) ? bytes.size() : std::min<std::size_t>(bytes.size(), 8192));
}

}  // namespace

void mutateFile(std::string& bytes, Random& random) {
  for (std::uint64_t i = 1 + random.below(4); i > 0; --i) {
    const std::size_t at = place(bytes, random);
    switch (random.below(7)) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
        break;
      case 1:
        bytes[at] = static_cast<char>(random.below(256));
        break;
      case 2:
        bytes[at] = static_cast<char>(0xff);
        break;
      case 3: {
        const std::size_t length = std::min<std::size_t>(8, bytes.size() - at);
        const std::string copied = bytes.substr(random.below(bytes.size() - length + 1), length);
        bytes.replace(at, length, copied);
        break;
      }
      case 4:
        bytes[at] = static_cast<char>(bytes[at] + 1);
        break;
      case 5:
        bytes[at] = static_cast<char>(bytes[at] - 1);
        break;
      default:
        if (random.oneIn(10)) bytes.resize(std::max<std::size_t>(1, at));
    }
  }
}

}  // namespace rheo::fuzz
