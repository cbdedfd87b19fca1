// The witness file: a frame with a checksum, then every field in the order of Witness.h. SPEC V1
#include <fmt/format.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>
#include <set>
#include <type_traits>

#include "models/Model.h"
#include "support/Text.h"
#include "witness/Witness.h"

namespace rheo::witness {
namespace {

// Magic, u32 version, four zeros, checksum.
constexpr std::uint8_t kFrame[16] = {'R', 'H', 'E', 'O', 'W', 'I', 'T', 0, 1};
constexpr std::size_t kVersionAt = 8, kFrameBytes = 32;

template <class T>
constexpr bool kPlain = std::is_arithmetic_v<T>;

// Writes to the end of `bytes`, or reads on from `at`. Numbers are little endian, lists and texts stand
// behind their length, what may be absent behind its count. Reading stops at a length that the file does not
// hold.
class Stream {
 public:
  explicit Stream(std::vector<std::uint8_t>& bytes) : written_(&bytes) {}
  explicit Stream(std::span<const std::uint8_t> bytes) : rest_(bytes) {}
  void operator()(auto&... items) { (one(items), ...); }
  bool readAll() const { return !failed_ && rest_.empty(); }

 private:
  void raw(void* data, std::uint64_t size) {
    auto* first = static_cast<std::uint8_t*>(data);
    if (written_) {
      written_->insert(written_->end(), first, first + size);
    } else if (failed_ = failed_ || size > rest_.size(); !failed_ && size > 0) {
      std::memcpy(data, rest_.data(), static_cast<std::size_t>(size));
      rest_ = rest_.subspan(static_cast<std::size_t>(size));
    }
  }
  template <class T>
  void one(T& item) {
    if constexpr (kPlain<T>)
      raw(&item, sizeof item);
    else
      item.fields(*this);
  }
  template <class T>
  void one(std::optional<T>& item) {
    std::uint8_t has = item ? 1 : 0;
    one(has);
    if (!written_ && has) item.emplace();
    if (item) one(*item);
  }
  void one(std::string& text) { list(text); }
  template <class T>
  void one(std::vector<T>& items) {
    list(items);
  }
  template <class List>
  void list(List& items) {
    using T = typename List::value_type;
    std::uint64_t count = items.size();
    one(count);
    if constexpr (kPlain<T>) {
      failed_ = failed_ || (!written_ && count > rest_.size() / sizeof(T));
      if (failed_) return;
      items.resize(static_cast<std::size_t>(count));
      raw(items.data(), count * sizeof(T));
    } else {
      for (std::size_t i = 0; i < count && !failed_; ++i) one(written_ ? items[i] : items.emplace_back());
    }
  }

  std::vector<std::uint8_t>* written_ = nullptr;
  std::span<const std::uint8_t> rest_;
  bool failed_ = false;
};

std::array<std::uint64_t, 2> checksumOf(std::span<const std::uint8_t> bytes) {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  XXH3_128bits_update(&state, bytes.data(), sizeof kFrame);
  XXH3_128bits_update(&state, bytes.data() + kFrameBytes, bytes.size() - kFrameBytes);
  const XXH128_hash_t hash = XXH3_128bits_digest(&state);
  return {hash.low64, hash.high64};
}

// What must hold before anything is looked up: the first thing that does not.
class Soundness {
 public:
  explicit Soundness(const Network& network) : network_(network) {}

  std::string fault() {
    require(isPlainText(network_.name) && isPlainText(network_.profile), "the network", "name");
    for (const Population& population : network_.populations) check(population);
    for (const Input& input : network_.inputs) {
      require(named(inputs_, input.name) && isSize(input.size), "an input", "name or size");
      require(input.least <= 0 && input.most > 0, "an input", "payloads");
    }
    for (const Projection& projection : network_.projections)
      if (fault_.empty()) check(projection);
    for (const Output& output : network_.outputs) {
      require(named(outputs_, output.name), "an output", "name");
      for (const OutputPart& part : output.parts)
        require(isIndex(part.population, network_.populations) && isPlainText(part.state), "an output",
                "parts");
    }
    return fault_;
  }

 private:
  static bool isSize(std::int64_t size) { return size > 0 && size <= 1 << 28; }
  static bool isIndex(std::int64_t index, const auto& list) {
    return index >= 0 && static_cast<std::size_t>(index) < list.size();
  }
  static bool named(std::set<std::string>& names, const std::string& name) {
    return isPlainText(name) && names.insert(name).second;
  }
  // Factors of a hostile file overflow nothing.
  static bool isProduct(std::int64_t product, std::initializer_list<std::int64_t> factors) {
    for (const std::int64_t factor : factors) {
      if (factor <= 0 || product % factor != 0) return false;
      product /= factor;
    }
    return product == 1;
  }
  void require(bool holds, const std::string& what, const char* which) {
    if (!holds && fault_.empty()) fault_ = fmt::format("{} cannot have this {}", what, which);
  }

  void check(const Population& population) {
    require(named(populations_, population.name), "a population", "name");
    const models::ModelTable* model = models::findModel(population.model);
    bool fits = model && isSize(population.size) && population.lag >= 0 &&
                population.parameters.size() == model->fixedParameters.size();
    for (std::size_t p = 0; fits && p < population.parameters.size(); ++p) {
      const auto& [name, values] = population.parameters[p];
      fits = name == model->fixedParameters[p].name &&
             (values.size() == 1 || values.size() == static_cast<std::size_t>(population.size));
    }
    require(fits, "a population", "model, size, lag or parameters");
  }

  void check(const Projection& projection) {
    require(isPlainText(projection.name), "a projection", "name");
    require(isIndex(projection.target, network_.populations) &&
                (projection.fromInput ? isIndex(projection.source, network_.inputs)
                                      : isIndex(projection.source, network_.populations)),
            "a projection", "source or target");
    if (!fault_.empty()) return;
    const Population& target = network_.populations[static_cast<std::size_t>(projection.target)];
    const auto from = static_cast<std::size_t>(projection.source);
    const std::int64_t sources =
        projection.fromInput ? network_.inputs[from].size : network_.populations[from].size;
    const std::int64_t rows = models::findModel(target.model)->inputsOf(target.size);
    const auto count = static_cast<std::int64_t>(projection.weights.size());
    bool filled = count == rows * sources;
    if (const auto& c = projection.convolution) {
      bool fits = c->groups > 0 && c->channelsIn % c->groups == 0 && c->channelsOut % c->groups == 0;
      for (const Axis& axis : {c->rows, c->columns})
        for (const std::int32_t extent : {axis.stride, axis.dilation, axis.padding + 1, axis.kernel})
          fits = fits && extent > 0 && extent <= 1 << 20;
      require(fits && isProduct(sources, {c->channelsIn, c->rows.inputs, c->columns.inputs}) &&
                  isProduct(rows, {c->channelsOut, c->rows.outputs, c->columns.outputs}),
              "'" + projection.name + "'", "geometry");
      if (!fault_.empty()) return;
      filled =
          isProduct(count, {c->channelsOut, c->channelsIn / c->groups, c->rows.kernel, c->columns.kernel});
    }
    require(filled && (projection.delays.empty() || projection.delays.size() == projection.weights.size()),
            "'" + projection.name + "'", "number of weights or delays");
    require(projection.weightBits >= 1 && projection.weightBits <= 8 && projection.signMode <= 2 &&
                std::abs(std::int64_t{projection.exponent}) <= 64 && projection.delaySteps >= 0 &&
                projection.delaySteps <= 1 << 14,
            "'" + projection.name + "'", "format or delay");
  }

  const Network& network_;
  std::set<std::string> populations_, inputs_, outputs_;
  std::string fault_;
};

}  // namespace

std::vector<std::uint8_t> toBytes(Network network) {
  std::vector<std::uint8_t> bytes(kFrameBytes, 0);
  std::memcpy(bytes.data(), kFrame, sizeof kFrame);
  Stream{bytes}(network);
  const auto checksum = checksumOf(bytes);
  std::memcpy(bytes.data() + sizeof kFrame, checksum.data(), sizeof checksum);
  return bytes;
}

Expected<Network> parse(std::span<const std::uint8_t> bytes, const std::string& name) {
  const auto refuse = [&](const char* code, std::string message) {
    Error error = Error::of(ErrorKind::Format, code, "", std::move(message),
                            "compile the network again with --witness");
    error.diagnostics.front().file = name;
    return error;
  };
  if (bytes.size() < kFrameBytes || std::memcmp(bytes.data(), kFrame, kVersionAt) != 0)
    return refuse("R0520", "this is no witness");
  if (std::memcmp(bytes.data(), kFrame, sizeof kFrame) != 0)
    return refuse("R0520", "the witness is of another version than this program");
  const auto checksum = checksumOf(bytes);
  if (std::memcmp(bytes.data() + sizeof kFrame, checksum.data(), sizeof checksum) != 0)
    return refuse("R0521", "the checksum does not match the contents");
  Network network;
  Stream stream(bytes.subspan(kFrameBytes));
  stream(network);
  if (!stream.readAll()) return refuse("R0521", "its lists do not fill the file");
  if (std::string fault = Soundness(network).fault(); !fault.empty())
    return refuse("R0521", std::move(fault));
  return network;
}

}  // namespace rheo::witness
