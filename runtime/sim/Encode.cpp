// Rate, current and latency encoders.
#include "sim/Encode.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "support/Philox.h"

namespace rheo {
namespace {

constexpr std::int64_t kMaxSteps = 1'000'000;

Error encodeError(const char* code, std::string message, std::string remedy, ErrorKind kind) {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.message = std::move(message);
  diagnostic.remedy = std::move(remedy);
  return Error::of(kind, std::move(diagnostic));
}

// The whole of `text` as a number; false if it is none.
template <class T>
bool readNumber(std::string_view text, T& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

struct Sample {
  const std::uint8_t* levels;
  std::uint8_t* spikes;  // [steps, channels], zeros
  std::uint64_t number;
  std::int64_t channels;
};

// SPEC D1.
void encodeRate(const Encoder& encoder, const Sample& sample) {
  const PhiloxKey key{static_cast<std::uint32_t>(encoder.seed),
                      static_cast<std::uint32_t>(encoder.seed >> 32)};
  for (std::int64_t step = 0; step < encoder.steps; ++step)
    for (std::int64_t channel = 0; channel < sample.channels; ++channel) {
      const std::uint64_t level = sample.levels[channel];
      if (level == 0) continue;  // never below zero
      const std::uint64_t word =
          philox({static_cast<std::uint32_t>(channel), static_cast<std::uint32_t>(step),
                  static_cast<std::uint32_t>(sample.number), static_cast<std::uint32_t>(sample.number >> 32)},
                 key)[0];
      sample.spikes[step * sample.channels + channel] = word * 255 < level << 32;
    }
}

// SPEC D2.
void encodeCurrent(const Encoder& encoder, const Sample& sample) {
  for (std::int64_t channel = 0; channel < sample.channels; ++channel) {
    int potential = 0;
    for (std::int64_t step = 0; step < encoder.steps; ++step) {
      potential += sample.levels[channel];
      if (potential <= 255) continue;
      sample.spikes[step * sample.channels + channel] = 1;
      potential = 0;
    }
  }
}

// SPEC D3.
void encodeLatency(const Encoder& encoder, const Sample& sample) {
  for (std::int64_t channel = 0; channel < sample.channels; ++channel) {
    const std::int64_t level = sample.levels[channel];
    if (level == 0 || encoder.steps == 0) continue;
    sample.spikes[(255 - level) * encoder.steps / 256 * sample.channels + channel] = 1;
  }
}

}  // namespace

Expected<Encoder> parseEncoder(const std::string& text) {
  const std::string_view all = text;
  const std::size_t colon = all.find(':');
  const std::string_view name = all.substr(0, colon);
  std::string_view numbers = colon == std::string_view::npos ? std::string_view{} : all.substr(colon + 1);
  Encoder encoder;
  const bool known = name == "rate" || name == "current" || name == "latency";
  if (name == "current") encoder.kind = Encoder::Kind::Current;
  if (name == "latency") encoder.kind = Encoder::Kind::Latency;
  bool seedFits = true;
  if (const std::size_t comma = numbers.find(','); comma != std::string_view::npos) {
    seedFits = name == "rate" && readNumber(numbers.substr(comma + 1), encoder.seed);
    numbers = numbers.substr(0, comma);
  }
  if (known && seedFits && readNumber(numbers, encoder.steps) && encoder.steps >= 1 &&
      encoder.steps <= kMaxSteps)
    return encoder;
  return encodeError("R0606", fmt::format("'{}' is no encoding", text),
                     "write 'rate:STEPS,SEED', 'current:STEPS' or 'latency:STEPS', for example 'rate:100,7'",
                     ErrorKind::Usage);
}

Expected<InputBatch> encode(const Encoder& encoder, std::span<const std::uint8_t> levels, std::int64_t batch,
                            std::int64_t channels, std::uint64_t firstSample) {
  if (batch < 0 || channels < 0 || encoder.steps < 0 ||
      levels.size() != static_cast<std::size_t>(batch * channels))
    return encodeError("R0601",
                       fmt::format("{} grey levels given; {} samples of {} channels need {}", levels.size(),
                                   batch, channels, batch * channels),
                       "give grey levels as [samples, channels]", ErrorKind::Data);
  InputBatch input{batch, encoder.steps, {}};
  std::vector<std::uint8_t>& spikes = input.inputs.emplace_back().narrow;
  spikes.resize(static_cast<std::size_t>(batch * encoder.steps * channels));
  for (std::int64_t i = 0; i < batch; ++i) {
    const Sample sample{levels.data() + i * channels, spikes.data() + i * encoder.steps * channels,
                        firstSample + static_cast<std::uint64_t>(i), channels};
    switch (encoder.kind) {
      case Encoder::Kind::Rate:
        encodeRate(encoder, sample);
        break;
      case Encoder::Kind::Current:
        encodeCurrent(encoder, sample);
        break;
      case Encoder::Kind::Latency:
        encodeLatency(encoder, sample);
        break;
    }
  }
  return input;
}

}  // namespace rheo
