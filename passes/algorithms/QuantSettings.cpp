// Quantization settings to and from JSON.
#include "algorithms/QuantSettings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "support/JsonText.h"
#include "support/Text.h"

namespace rheo {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSchema = "rheobase.quantization/1";
const std::vector<std::string> kTopKeys{"schema",      "chip",        "profile",
                                        "weight_bits", "populations", "projections"};
const std::vector<std::string> kRegisterKeys{"du",         "dv",          "vth",          "bias_mantissa",
                                             "reset_mode", "reset_value", "bias_exponent"};
const std::vector<std::string> kPopulationKeys{
    "scale_v", "spread_v", "du", "dv", "vth", "bias_mantissa", "reset_mode", "reset_value", "bias_exponent"};
const std::vector<std::string> kProjectionKeys{"bits", "exponent", "sign_mode", "weights"};
const std::vector<std::string> kResetModes{"zero", "value", "subtract"};
const std::vector<std::string> kSignModes(kSignModeNames.begin(), kSignModeNames.end());

class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}
  std::vector<Diagnostic> problems;

  void bad(const std::string& where, const std::string& message,
           const std::string& remedy = "print fresh settings with `rheobase quant` and edit those") {
    Diagnostic diagnostic;
    diagnostic.code = "R0302";
    diagnostic.message = message;
    diagnostic.file = file_;
    diagnostic.where = where;
    diagnostic.remedy = remedy;
    problems.push_back(diagnostic);
  }

  void keys(const Json& object, const std::vector<std::string>& known, const std::string& where) {
    for (const auto& [key, value] : object.items()) {
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      problems.push_back(unknownName("key", key, known, file_));
      problems.back().where = where;
    }
  }

  std::optional<std::int32_t> integer(const Json& value, const std::string& where) {
    if (value.is_number_integer()) {
      const auto number = value.get<std::int64_t>();
      if (number >= INT32_MIN && number <= INT32_MAX) return static_cast<std::int32_t>(number);
    }
    bad(where, fmt::format("'{}' is not an integer of 32 bits", value.dump().substr(0, 40)));
    return std::nullopt;
  }

  std::vector<std::int32_t> integers(const Json& value, const std::string& where) {
    std::vector<std::int32_t> numbers;
    const auto take = [&](const Json& entry) {
      if (auto number = integer(entry, where))
        numbers.push_back(*number);
      else
        return false;
      return true;
    };
    if (!value.is_array()) {
      take(value);
      return numbers;
    }
    if (value.empty()) bad(where, "an empty list of values");
    for (const Json& entry : value)
      if (!take(entry)) break;
    return numbers;
  }

  // Numbers above 0, one for each neuron.
  std::vector<double> spread(const Json& value, const std::string& where) {
    const bool good = value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& entry) {
                        return entry.is_number() && entry.get<double>() > 0 && entry.get<double>() < 1e15;
                      });
    if (good) return value.get<std::vector<double>>();
    bad(where, "'spread_v' is not a list of positive numbers below 1e15");
    return {};
  }

  // One of `names` as its index.
  std::optional<std::int32_t> choice(const Json& value, const std::vector<std::string>& names,
                                     const std::string& where) {
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    const auto found = std::find(names.begin(), names.end(), text);
    if (found != names.end()) return static_cast<std::int32_t>(found - names.begin());
    bad(where, fmt::format("'{}' is none of: {}", text.substr(0, 40), fmt::join(names, ", ")));
    return std::nullopt;
  }

  PopulationSettings population(const Json& object, const std::string& where) {
    PopulationSettings settings;
    keys(object, kPopulationKeys, where);
    for (const auto& [key, value] : object.items()) {
      const std::string place = where + "." + key;
      if (key == "scale_v") {
        if (value.is_number() && value.get<double>() > 0 && value.get<double>() < 1e15)
          settings.scaleV = value.get<double>();
        else
          bad(place, "'scale_v' is not a positive number below 1e15");
      } else if (key == "spread_v") {
        settings.spreadV = spread(value, place);
      } else if (key == "reset_mode") {
        if (auto mode = choice(value, kResetModes, place)) settings.registers[key] = {*mode};
      } else if (std::find(kRegisterKeys.begin(), kRegisterKeys.end(), key) != kRegisterKeys.end()) {
        settings.registers[key] = integers(value, place);
      }
    }
    return settings;
  }

  // {"SOURCE": WEIGHT, ...}; false where it is none.
  bool list(const Json& row, WeightRows& matrix, const std::string& where) {
    std::map<std::int64_t, std::int32_t> weightOf;
    for (const auto& [key, entry] : row.items()) {
      std::int32_t source = -1;
      const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), source);
      if (error != std::errc{} || end != key.data() + key.size() || source < 0) {
        bad(where, fmt::format("'{}' is not the number of a source", key.substr(0, 40)));
        return false;
      }
      const std::optional<std::int32_t> weight = integer(entry, where);
      if (!weight) return false;
      if (!weightOf.emplace(source, *weight).second) {
        bad(where, fmt::format("source {} stands twice in a row of 'weights'", source));
        return false;
      }
    }
    for (const auto& [source, weight] : weightOf) {
      matrix.lists->add(source);
      matrix.values.push_back(weight);
    }
    matrix.lists->endTarget();
    return true;
  }

  std::optional<WeightRows> weights(const Json& value, const std::string& where) {
    if (!value.is_array() || value.empty() || !(value[0].is_array() || value[0].is_object())) {
      bad(where, "'weights' is not a list of rows, [targets][sources] or {source: weight} for each target");
      return std::nullopt;
    }
    if (value[0].is_object()) {
      WeightRows matrix{static_cast<std::int64_t>(value.size()), 0, {}, SynapseLists()};
      for (const Json& row : value) {
        if (!row.is_object()) {
          bad(where, "some rows of 'weights' are objects and some are not");
          return std::nullopt;
        }
        if (!list(row, matrix, where)) return std::nullopt;
      }
      return matrix;
    }
    WeightRows matrix;
    matrix.rows = static_cast<std::int64_t>(value.size());
    matrix.columns = static_cast<std::int64_t>(value[0].size());
    for (const Json& row : value) {
      if (!row.is_array() || static_cast<std::int64_t>(row.size()) != matrix.columns) {
        bad(where, "rows of 'weights' differ in length");
        return std::nullopt;
      }
      const auto numbers = integers(row, where);
      if (static_cast<std::int64_t>(numbers.size()) != matrix.columns) return std::nullopt;  // said already
      matrix.values.insert(matrix.values.end(), numbers.begin(), numbers.end());
    }
    return matrix;
  }

  ProjectionSettings projection(const Json& object, const std::string& where) {
    ProjectionSettings settings;
    keys(object, kProjectionKeys, where);
    for (const auto& [key, value] : object.items()) {
      const std::string place = where + "." + key;
      if (key == "bits") settings.bits = integers(value, place);
      if (key == "exponent") settings.exponent = integers(value, place);
      if (key == "weights") settings.weights = weights(value, place);
      if (key != "sign_mode") continue;
      if (auto mode = choice(value, kSignModes, place)) settings.signMode = static_cast<SignMode>(*mode);
    }
    return settings;
  }

 private:
  std::string file_;
};

// An object under a name that is not there yet: looking for it would go through all that are.
Json& appended(Json& object, const std::string& name) {
  return object.get_ref<Json::object_t&>().emplace_back(name, Json::object()).second;
}

// Short where all of them agree.
Json compact(const std::vector<std::int32_t>& values) {
  if (!values.empty() && std::all_of(values.begin(), values.end(), [&](auto v) { return v == values[0]; }))
    return values[0];
  return values;
}

Json rowsOf(const WeightRows& weights) {
  Json rows = Json::array();
  for (std::int64_t row = 0; row < weights.rows; ++row) {
    if (!weights.lists) {
      rows.push_back(std::vector<std::int32_t>(weights.values.begin() + row * weights.columns,
                                               weights.values.begin() + (row + 1) * weights.columns));
      continue;
    }
    Json& list = rows.emplace_back(Json::object());
    weights.lists->visit(row, [&](std::int64_t source, std::int64_t synapse) {
      list[std::to_string(source)] = weights.values[static_cast<std::size_t>(synapse)];
    });
  }
  return rows;
}

}  // namespace

std::string QuantSettings::toJson() const {
  Json json{{"schema", kSchema}, {"chip", chip}, {"profile", profile}};
  if (weightBits) json["weight_bits"] = *weightBits;
  Json& ofPopulations = json["populations"] = Json::object();
  for (const auto& [name, population] : populations) {
    Json& entry = appended(ofPopulations, name);
    if (population.scaleV) entry["scale_v"] = *population.scaleV;
    if (!population.spreadV.empty()) entry["spread_v"] = population.spreadV;
    for (const auto& [field, values] : population.registers)
      entry[field] = field == "reset_mode" && !values.empty()
                         ? Json(kResetModes[static_cast<std::size_t>(values[0])])
                         : compact(values);
  }
  Json& ofProjections = json["projections"] = Json::object();
  for (const auto& [name, projection] : projections) {
    Json& entry = appended(ofProjections, name);
    if (!projection.bits.empty()) entry["bits"] = compact(projection.bits);
    if (!projection.exponent.empty()) entry["exponent"] = compact(projection.exponent);
    if (projection.signMode) entry["sign_mode"] = signModeName(*projection.signMode);
    if (!projection.weights) continue;
    entry["weights"] = rowsOf(*projection.weights);
  }
  return jsonText(json);
}

Expected<QuantSettings> QuantSettings::fromJson(const std::string& text, const std::string& file) {
  Reader reader(file);
  QuantSettings settings;
  Json json;
  if (const std::optional<JsonFault> fault = parseJson(text, json)) {
    reader.bad(fault->place, fault->message, fault->remedy);
    return Error{ErrorKind::Format, reader.problems};
  }
  if (!json.is_object() || !json.contains("schema") || json["schema"] != kSchema) {
    reader.bad("", fmt::format("not quantization settings: no JSON object with \"schema\": \"{}\"", kSchema));
    return Error{ErrorKind::Format, reader.problems};
  }
  reader.keys(json, kTopKeys, "");
  for (const char* key : {"chip", "profile"}) {
    if (!json.contains(key)) continue;
    if (!json[key].is_string())
      reader.bad(key, fmt::format("'{}' is not a text", key));
    else
      (key == std::string("chip") ? settings.chip : settings.profile) = json[key].get<std::string>();
  }
  if (json.contains("weight_bits")) settings.weightBits = reader.integer(json["weight_bits"], "weight_bits");
  for (const char* key : {"populations", "projections"}) {
    if (!json.contains(key)) continue;
    if (!json[key].is_object()) {
      reader.bad(key, fmt::format("'{}' is not an object", key));
      continue;
    }
    for (const auto& [name, entry] : json[key].items()) {
      const std::string where = std::string(key) + "." + name;
      if (!entry.is_object())
        reader.bad(where, fmt::format("'{}' is not an object", name));
      else if (key == std::string("populations"))
        settings.populations[name] = reader.population(entry, where);
      else
        settings.projections[name] = reader.projection(entry, where);
    }
  }
  if (!reader.problems.empty()) return Error{ErrorKind::Format, reader.problems};
  return settings;
}

std::string withoutWeights(const std::string& settings) {
  Expected<QuantSettings> read = QuantSettings::fromJson(settings, "");
  if (!read) return settings;
  for (auto& [name, projection] : read->projections) projection.weights.reset();
  return read->toJson();
}

Diagnostic unknownName(const std::string& kind, const std::string& name,
                       const std::vector<std::string>& candidates, const std::string& file) {
  Diagnostic diagnostic;
  diagnostic.code = "R0301";
  diagnostic.message = fmt::format("unknown {} '{}' in the quantization settings", kind, name);
  diagnostic.file = file;
  diagnostic.where = name;
  diagnostic.remedy = didYouMean(name, candidates);
  return diagnostic;
}

}  // namespace rheo
