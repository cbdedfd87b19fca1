// What can be shown, names that come near a misspelt one, lists in words.
#include "support/Text.h"

#include <algorithm>
#include <string>
#include <utility>

namespace rheo {

bool isPlainText(std::string_view text, bool lines) {
  std::size_t i = 0;
  const auto continues = [&](std::size_t count, unsigned char low, unsigned char high) {
    for (std::size_t k = 1; k <= count; ++k) {
      if (i + k >= text.size()) return false;
      const auto byte = static_cast<unsigned char>(text[i + k]);
      if (byte < (k == 1 ? low : 0x80) || byte > (k == 1 ? high : 0xbf)) return false;
    }
    i += count;
    return true;
  };
  for (; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool control = byte < 0x20 || byte == 0x7f;
    if (control && !(lines && (byte == '\n' || byte == '\t'))) return false;
    if (byte < 0x80) continue;
    // The well-formed sequences of RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. Below
    // U+00A0 are control characters again.
    if (byte >= 0xc2 && byte <= 0xdf) {
      if (!continues(1, byte == 0xc2 ? 0xa0 : 0x80, 0xbf)) return false;
    } else if (byte >= 0xe0 && byte <= 0xef) {
      if (!continues(2, byte == 0xe0 ? 0xa0 : 0x80, byte == 0xed ? 0x9f : 0xbf)) return false;
    } else if (byte >= 0xf0 && byte <= 0xf4) {
      if (!continues(3, byte == 0xf0 ? 0x90 : 0x80, byte == 0xf4 ? 0x8f : 0xbf)) return false;
    } else {
      return false;
    }
  }
  return true;
}

int editDistance(std::string_view left, std::string_view right) {
  const std::size_t columns = right.size() + 1;
  std::vector<int> before(columns), previous(columns), current(columns);
  for (std::size_t j = 0; j < columns; ++j) previous[j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= left.size(); ++i) {
    current[0] = static_cast<int>(i);
    for (std::size_t j = 1; j < columns; ++j) {
      const int replaced = previous[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
        current[j] = std::min(current[j], before[j - 2] + 1);
    }
    std::swap(before, previous);
    std::swap(previous, current);
  }
  return previous[right.size()];
}

std::vector<std::string> nearestNames(std::string_view name, const std::vector<std::string>& candidates,
                                      std::size_t count) {
  constexpr std::size_t kLongest = 100, kMost = 1000;
  const auto lower = [](std::string_view text) {
    std::string result(text);
    for (char& c : result)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
  };
  std::vector<std::pair<int, std::string>> near;
  for (std::size_t i = 0; i < candidates.size() && i < kMost; ++i) {
    const std::string& candidate = candidates[i];
    if (name.size() > kLongest || candidate.size() > kLongest) continue;
    const int distance = editDistance(lower(name), lower(candidate));
    const int bound = 1 + static_cast<int>(std::min(name.size(), candidate.size())) / 3;
    if (distance <= bound) near.emplace_back(distance, candidate);
  }
  std::sort(near.begin(), near.end());
  std::vector<std::string> names;
  for (std::size_t i = 0; i < near.size() && i < count; ++i) names.push_back(near[i].second);
  return names;
}

std::string placeIn(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t lineStart = before.rfind('\n') == before.npos ? 0 : before.rfind('\n') + 1;
  return "line " + std::to_string(line) + ", column " + std::to_string(before.size() - lineStart + 1);
}

std::string quotedList(const std::vector<std::string>& names, std::string_view lastJoin) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " " + std::string(lastJoin) + " " : ", ";
    text += "'" + names[i] + "'";
  }
  return text;
}

std::string counted(std::size_t count, std::string_view one, std::string_view more) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : more);
}

std::string didYouMean(std::string_view name, const std::vector<std::string>& candidates) {
  if (candidates.empty()) return "there is none";
  const std::vector<std::string> near = nearestNames(name, candidates);
  if (!near.empty()) return "did you mean " + quotedList(near) + "?";
  constexpr std::size_t kShown = 12;
  std::vector<std::string> shown(
      candidates.begin(),
      candidates.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, candidates.size())));
  return "there is " + quotedList(shown, "and") + (candidates.size() > kShown ? ", and more" : "");
}

}  // namespace rheo
