// JSON files that people read and edit: faults by line and column, long lists of numbers in full lines.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace rheo {

struct JsonFault {
  std::string place;  // "line 3, column 14"; empty where none can be told
  std::string message;
  std::string remedy;
};

// Reads `text` into `value`; what is wrong if it is not JSON.
std::optional<JsonFault> parseJson(const std::string& text, nlohmann::ordered_json& value);

// Indented by two spaces; lists of plain values fill their lines. Ends in a newline. Text that is not UTF-8
// is written with U+FFFD in place of what is wrong.
std::string jsonText(const nlohmann::ordered_json& value);

}  // namespace rheo
