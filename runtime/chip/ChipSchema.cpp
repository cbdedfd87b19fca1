// The form of a chip's record as a JSON Schema (draft 2020-12), made from the tables that the reader follows.
#include <nlohmann/json.hpp>

#include "chip/ChipSpec.h"
#include "chip/LimitRules.h"
#include "chip/RecordNames.h"

namespace rheo {
namespace {

using Json = nlohmann::ordered_json;
using namespace chip_record;

Json closedObject(Json properties, const Json& required = Json::array()) {
  return {{"type", "object"},
          {"properties", std::move(properties)},
          {"required", required},
          {"additionalProperties", false}};
}

// A figure that says who states it; over a base its number is enough.
Json figure(Json number, const std::string& unit) {
  Json stated = closedObject({{"value", number},
                              {"unit", {{"type", "string"}}},
                              {"source", {{"type", "string"}, {"minLength", 1}}},
                              {"inferred", {{"type", "boolean"}}}},
                             {"value"});
  if (!unit.empty()) stated["description"] = "in " + unit;
  return {{"anyOf", {std::move(stated), std::move(number)}}};
}

Json limits() {
  Json properties = Json::object();
  for (const LimitRule& rule : limitRules()) {
    Json& property = properties[rule.name] =
        figure({{"type", "integer"}, {"minimum", rule.low}, {"maximum", rule.high}}, rule.unit);
    property["description"] = rule.meaning;
  }
  return closedObject(std::move(properties));
}

Json costs() {
  Json properties = Json::object();
  for (const std::string& name : kCosts)
    properties[name] =
        figure({{"type", "number"}, {"minimum", 0}, {"maximum", kLargestCost}}, costUnit(name));
  return closedObject(std::move(properties));
}

Json layouts() {
  Json properties = Json::object();
  for (const auto& [record, required] : kRequiredFields) {
    const Json fields = closedObject({{"name", {{"enum", allowedFields(record)}}},
                                      {"bits", {{"type", "integer"}, {"minimum", 1}, {"maximum", 32}}},
                                      {"signed", {{"type", "boolean"}}}},
                                     {"name", "bits"});
    properties[record] = {{"type", "array"}, {"items", fields}};
    properties[record]["description"] = "fields of the record, the least significant first";
  }
  return closedObject(std::move(properties));
}

Json listOf(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }

}  // namespace

std::string chipSchema() {
  const Json text{{"type", "string"}};
  const Json whole{{"type", "integer"}, {"minimum", 0}};
  const Json tile{{"type", "array"}, {"items", whole}, {"minItems", 2}, {"maxItems", 2}};
  const Json link{{"type", "array"}, {"items", tile}, {"minItems", 2}, {"maxItems", 2}};
  std::vector<std::string> profiles;
  for (const Profile& profile : kProfiles) profiles.emplace_back(profile.name);
  Json schema = closedObject({{"base", text},
                              {"name", text},
                              {"title", text},
                              {"profiles", listOf({{"enum", profiles}})},
                              {"extensions", listOf({{"enum", kExtensions}})},
                              {"limits", limits()},
                              {"layouts", layouts()},
                              {"dead_cores", listOf(whole)},
                              {"dead_links", listOf(link)},
                              {"costs", costs()},
                              {"comparison", {{"type", "boolean"}}}});
  schema["properties"]["base"]["description"] =
      "a built-in chip, of which this record says only what differs";
  schema["properties"]["dead_cores"]["description"] = "cores not to be used, numbered over all chips";
  schema["properties"]["dead_links"]["description"] =
      "pairs of neighbouring tiles [column, row] over all chips";
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["title"] = "a chip's record";
  return schema.dump(2) + "\n";
}

}  // namespace rheo
