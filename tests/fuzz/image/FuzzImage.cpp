// Valid images, changed in a few places, through reader, decoder and both engines: a clean Error or equal
// results, nothing else. Options: common/Driver.h.
#include <memory>
#include <vector>

#include "CompareEngines.h"
#include "ImageBytes.h"
#include "MutateHeader.h"
#include "MutateWords.h"
#include "chip/Image.h"
#include "chip/Program.h"
#include "common/CheckError.h"
#include "common/Driver.h"
#include "common/Guards.h"
#include "support/RandomProgram.h"

namespace rheo::fuzz {
namespace {

// A valid image and what the mutations need to know of it.
struct Original {
  explicit Original(Image made)
      : image(std::move(made)),
        bytes(image.bytes().begin(), image.bytes().end()),
        memories(memoriesOf(image)) {}
  Image image;
  Bytes bytes;
  std::vector<MemoryPlace> memories;
};

// Images are dear to make, so a run changes the same ones again and again. Which one an input starts from
// depends on its own random numbers only.
const Original& originalOf(std::uint64_t seed, Random& random) {
  constexpr std::uint64_t kOriginals = 2000;
  static std::vector<std::unique_ptr<Original>> originals(kOriginals);
  const std::uint64_t i = random.below(kOriginals);
  if (!originals[i]) {
    // Small ones mean many inputs in a second; the few large ones have what small ones lack.
    const test::RandomOptions options =
        i % 20 == 0 ? test::RandomOptions{} : test::RandomOptions{2, 5, 2, i % 3 == 0, i % 2 == 0};
    originals[i] = std::make_unique<Original>(test::makeRandomImage(seed * kOriginals + i, options));
  }
  return *originals[i];
}

Bytes mutated(const Original& original, Random& random) {
  Bytes bytes = original.bytes;
  const bool inHeader = random.oneIn(3);
  if (inHeader) {
    image::HeaderT header;
    original.image.header().UnPackTo(&header);
    for (std::uint64_t i = random.oneIn(4) ? 2 : 1; i > 0; --i) mutateHeader(header, random);
    bytes = withHeader(bytes, header);
  }
  for (std::uint64_t i = inHeader ? random.below(2) : 1 + random.below(3); i > 0; --i) {
    if (!inHeader && !random.oneIn(6)) {
      mutateMemory(bytes, original.memories, random);
    } else {
      mutateBytes(bytes, random);
    }
  }
  return bytes;
}

std::vector<std::string> run(std::uint64_t seed, Random& random) {
  const Original& original = originalOf(seed, random);
  Bytes bytes = mutated(original, random);
  const bool repaired = !random.oneIn(40);
  if (repaired) repair(bytes);
  const bool same = bytes == original.bytes;
  const auto image = Image::parse(std::move(bytes), "fuzzed.rheo");
  require(image || !same, "an image that was not changed is accepted");
  if (!image) return {checkError(image.error())};
  require(same || repaired, "a changed image with an old checksum is refused");
  auto program = decode(*image);
  if (!program) return {checkError(program.error())};
  for (const auto& population : program->populations)
    require(canBeShown(population.name), "the name of a population can be shown");
  const WhatHappened happened = compareEngines(std::make_shared<const Program>(*std::move(program)), random);
  std::vector<std::string> words{"accepted"};
  if (happened.spikes) words.emplace_back("accepted, spikes");
  if (happened.overflows) words.emplace_back("accepted, overflows");
  return words;
}

}  // namespace
}  // namespace rheo::fuzz

int main(int argc, char** argv) {
  return rheo::fuzz::drive(argc, argv,
                           {"fuzz_image",
                            20'000,
                            rheo::fuzz::run,
                            {"accepted", "accepted, spikes", "accepted, overflows", "R0502", "R0503", "R0504",
                             "R0505", "R0506", "R0507", "R0508", "R0509", "R0510", "R0511"},
                            20'000});
}
