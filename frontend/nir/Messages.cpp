// How this room words its errors.
#include "Messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "support/Text.h"

namespace rheo::nir {

Error formatError(std::string code, const std::string& file, std::string where, std::string message,
                  std::string remedy) {
  Diagnostic diagnostic;
  diagnostic.code = std::move(code);
  diagnostic.file = file;
  diagnostic.where = std::move(where);
  diagnostic.message = std::move(message);
  diagnostic.remedy = std::move(remedy);
  return Error::of(ErrorKind::Format, std::move(diagnostic));
}

std::string escaped(std::string_view text) {
  constexpr std::size_t kMaxShown = 300;
  std::string result;
  for (const char character : text.substr(0, kMaxShown)) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte >= 0x20 && byte < 0x7f) {
      result += character;
    } else {
      result += fmt::format("\\x{:02x}", byte);
    }
  }
  if (text.size() > kMaxShown) result += "...";
  return result;
}

std::string quoteName(std::string_view text) { return fmt::format("'{}'", escaped(text)); }

bool isPlainName(std::string_view text) { return !text.empty() && text.size() <= 1000 && isPlainText(text); }

namespace {

std::size_t editDistance(const std::string& left, const std::string& right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < right.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (left[i] == right[j] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

std::string nearestName(const std::string& text, const std::vector<std::string>& candidates) {
  constexpr std::size_t kMaxCompared = 100;  // keeps a hostile file from buying quadratic time
  std::string best;
  if (text.size() > kMaxCompared) return best;
  std::size_t bestDistance = std::max<std::size_t>(2, text.size() / 2) + 1;
  std::size_t compared = 0;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kMaxCompared || ++compared > 1000) continue;
    const std::size_t distance = editDistance(text, candidate);
    if (distance < bestDistance) {
      bestDistance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string shapeText(const std::vector<std::int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

}  // namespace rheo::nir
