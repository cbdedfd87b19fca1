// How this room words its errors.
#include "Messages.h"

#include <fmt/format.h>

#include <algorithm>

#include "support/Text.h"

namespace rheo::hdf5 {

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

}  // namespace rheo::hdf5
