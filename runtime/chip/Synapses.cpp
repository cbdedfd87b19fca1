// Weights cut to their stored bits and lists packed into words.
#include "chip/Synapses.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "chip/Layout.h"
#include "fixed/Arithmetic.h"

namespace rheo {

std::int32_t loadWeight(std::int64_t stored, const SynapseFormat& format) {
  const auto weight = static_cast<std::int32_t>(stored * (std::int64_t{1} << droppedBits(format)));
  return format.signMode == SignMode::Inhibitory ? -weight : weight;
}

std::int32_t effectiveWeight(std::int32_t weight, const SynapseFormat& format, WeightExponent rule) {
  return rule == WeightExponent::PerWeight ? fixed::shiftSum(weight, format.exponent) : weight;
}

Expected<std::uint64_t> packSynapses(std::vector<std::uint64_t>& words, std::span<const ListedSynapse> list,
                                     const SynapseFormat& format, WeightTruncation truncation) {
  const std::uint64_t address = words.size();
  const auto bits = static_cast<std::uint32_t>(synapseBits(format));
  words.resize(address + wordsOfRecords(list.size(), bits), 0);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const ListedSynapse& synapse = list[i];
    const bool fits = format.kind == ListKind::Dense
                          ? synapse.delay == 0 && synapse.input == format.first + static_cast<std::int64_t>(i)
                          : synapse.delay >= 0 && synapse.delay < (1 << format.delayBits) &&
                                synapse.input >= 0 && synapse.input < (std::int64_t{1} << format.indexBits);
    if (!fits) {
      words.resize(address);
      Diagnostic diagnostic;
      diagnostic.code = "R0509";
      diagnostic.message = fmt::format("synapse {} (input {}, delay {}) does not fit its {} list", i,
                                       synapse.input, synapse.delay, listKindName(format.kind));
      diagnostic.remedy = "choose a format with enough delay and index bits";
      return Error::of(ErrorKind::Compile, std::move(diagnostic));
    }
    const std::uint64_t start = address * 64 + recordStart(i, bits);
    writeBits(words, start, format.weightBits, storeWeight(synapse.weight, format, truncation));
    if (format.kind == ListKind::Dense) continue;
    if (format.delayBits > 0) writeBits(words, start + format.weightBits, format.delayBits, synapse.delay);
    if (format.indexBits > 0)
      writeBits(words, start + format.weightBits + format.delayBits, format.indexBits, synapse.input);
  }
  return address;
}

std::uint64_t kernelEntryWords(std::uint64_t channels, const SynapseFormat& format) {
  return wordsOfRecords(channels, static_cast<std::uint32_t>(format.weightBits));
}

std::uint64_t wordsOfList(std::uint64_t count, const SynapseFormat& format) {
  if (format.kind != ListKind::Kernel)
    return wordsOfRecords(count, static_cast<std::uint32_t>(synapseBits(format)));
  return static_cast<std::uint64_t>(format.rows.kernel * format.columns.kernel) *
         kernelEntryWords(count, format);
}

std::uint64_t packKernel(std::vector<std::uint64_t>& words, std::span<const std::int32_t> weights,
                         std::uint64_t channels, const SynapseFormat& format, WeightTruncation truncation) {
  const std::uint64_t address = words.size();
  const std::uint64_t entryWords = kernelEntryWords(channels, format);
  words.resize(address + weights.size() / channels * entryWords, 0);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const std::uint64_t start = (address + i / channels * entryWords) * 64 +
                                recordStart(i % channels, static_cast<std::uint32_t>(format.weightBits));
    writeBits(words, start, format.weightBits, storeWeight(weights[i], format, truncation));
  }
  return address;
}

}  // namespace rheo
