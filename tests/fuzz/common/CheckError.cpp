// What must hold for every Error that a file can cause.
#include "common/CheckError.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/Guards.h"

namespace rheo::fuzz {

bool canBeShown(std::string_view text) {
  bool ascii = true;
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte < 0x20 || byte == 0x7f) return false;
    ascii = ascii && byte < 0x80;
  }
  if (ascii) return true;
  try {
    return !nlohmann::json(text).dump().empty();
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

std::string checkError(const Error& error) {
  require(!error.diagnostics.empty(), "an error has a diagnostic");
  require(error.kind != ErrorKind::Internal, "a file is never our fault");
  for (const Diagnostic& diagnostic : error.diagnostics) {
    require(diagnostic.code.size() == 5 && diagnostic.code[0] == 'R', "a diagnostic has a code");
    require(!diagnostic.message.empty(), "a diagnostic has a message");
    require(!diagnostic.remedy.empty(), "a diagnostic has a remedy");
    for (const std::string* text :
         {&diagnostic.message, &diagnostic.where, &diagnostic.remedy, &diagnostic.file})
      require(canBeShown(*text), "a diagnostic can be shown");
  }
  return error.diagnostics.front().code;
}

}  // namespace rheo::fuzz
