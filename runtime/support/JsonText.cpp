// JSON in and out, as people like it.
#include "support/JsonText.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "support/Text.h"

namespace rheo {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLineWidth = 100;

std::string plain(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

void write(const Json& value, const std::string& indent, std::string& text);

// A list of plain values: on one line, or filling several.
void writeFlowing(const Json& list, const std::string& indent, std::string& text) {
  const std::size_t lineStart = text.rfind('\n') + 1;  // 0 where there is none
  std::size_t column = text.size() - lineStart;
  std::string line = "[";
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string item = plain(list[i]) + (i + 1 < list.size() ? "," : "]");
    if (line.size() > 1 && column + line.size() + item.size() + 1 > kLineWidth) {
      text += line + "\n" + indent;
      column = indent.size();
      line = item;
    } else {
      line += (line.size() > 1 ? " " : "") + item;
    }
  }
  text += list.empty() ? "[]" : line;
}

template <class Items, class Write>
void writeBlock(const Items& items, char open, char close, const std::string& indent, std::string& text,
                Write writeItem) {
  text += open;
  const char* separator = "\n";
  for (const auto& item : items) {
    text += separator + indent + "  ";
    writeItem(item);
    separator = ",\n";
  }
  text += (items.begin() == items.end() ? "" : "\n" + indent) + close;
}

void write(const Json& value, const std::string& indent, std::string& text) {
  const std::string deeper = indent + "  ";
  if (value.is_object()) {
    writeBlock(value.items(), '{', '}', indent, text, [&](const auto& item) {
      text += plain(Json(item.key())) + ": ";
      write(item.value(), deeper, text);
    });
  } else if (value.is_array() &&
             std::any_of(value.begin(), value.end(), [](const Json& v) { return v.is_structured(); })) {
    writeBlock(value, '[', ']', indent, text, [&](const Json& item) { write(item, deeper, text); });
  } else if (value.is_array()) {
    writeFlowing(value, deeper, text);
  } else {
    text += plain(value);
  }
}

}  // namespace

std::optional<JsonFault> parseJson(const std::string& text, Json& value) {
  try {
    value = Json::parse(text);
    return std::nullopt;
  } catch (const Json::parse_error& error) {
    return JsonFault{placeIn(text, error.byte > 0 ? error.byte - 1 : 0), "this is not JSON",
                     "a missing comma or quote just before this place is the usual cause"};
  } catch (const Json::exception&) {
    return JsonFault{"", "a number is out of range", "JSON's numbers here are those that a double holds"};
  }
}

std::string jsonText(const Json& value) {
  std::string text;
  write(value, "", text);
  return text + "\n";
}

}  // namespace rheo
