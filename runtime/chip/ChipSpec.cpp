// Reads and checks chip records. Every message says where in the file it is.
#include "chip/ChipSpec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "chip/LimitRules.h"
#include "chip/RecordNames.h"
#include "support/File.h"
#include "support/JsonText.h"
#include "support/Text.h"

namespace rheo {
namespace {

using Json = nlohmann::ordered_json;
using namespace chip_record;

int bitsFor(std::int64_t largest) { return std::bit_width(static_cast<std::uint64_t>(largest)); }

// Reads one record, collecting everything that is wrong with it.
class Reader {
 public:
  Reader(std::string file, const ChipSpec* (*base)(const std::string&))
      : file_(std::move(file)), base_(base) {}

  Expected<ChipSpec> read(const std::string& text);

 private:
  void fail(std::string code, std::string where, std::string message, std::string remedy = {});
  bool known(const Json& object, const Names& names, const std::string& where);
  bool isKind(const Json& value, Json::value_t kind, const std::string& where, const char* wanted);
  std::optional<std::int64_t> integer(const Json& value, const std::string& where, std::int64_t low,
                                      std::int64_t high);
  std::optional<std::string> text(const Json& value, const std::string& where);
  void names(const Json& root, const char* key, const Names& allowed, Names& out);
  void limit(const std::string& name, const Json& value);
  void limits(const Json& root);
  void deadParts(const Json& root);
  std::optional<std::int32_t> tileAt(const Json& value, const std::string& where);
  void completeGrid();
  void cost(const std::string& name, const Json& value);
  void layout(const std::string& record, const Json& value);
  void readBase(const Json& root);
  void complete();
  void require(const std::string& record, const Names& fields, const char* remedy);
  void wideEnough();
  void holds(const char* record, const char* field, std::int64_t largest, const std::string& why);

  std::string file_;
  const ChipSpec* (*base_)(const std::string&);
  ChipSpec spec_;
  std::vector<Diagnostic> found_;
};

void Reader::fail(std::string code, std::string where, std::string message, std::string remedy) {
  Diagnostic diagnostic;
  diagnostic.code = std::move(code);
  diagnostic.message = std::move(message);
  diagnostic.file = file_;
  diagnostic.where = std::move(where);
  diagnostic.remedy = std::move(remedy);
  found_.push_back(std::move(diagnostic));
}

bool Reader::known(const Json& object, const Names& names, const std::string& where) {
  bool good = true;
  for (const auto& [key, value] : object.items()) {
    if (std::find(names.begin(), names.end(), key) != names.end()) continue;
    fail("R0402", where + "/" + key, fmt::format("unknown key '{}'", key), didYouMean(key, names));
    good = false;
  }
  return good;
}

bool Reader::isKind(const Json& value, Json::value_t kind, const std::string& where, const char* wanted) {
  if (value.type() == kind) return true;
  fail("R0401", where, fmt::format("expected {}, found {}", wanted, value.type_name()));
  return false;
}

std::optional<std::int64_t> Reader::integer(const Json& value, const std::string& where, std::int64_t low,
                                            std::int64_t high) {
  // To JSON 1e3 is 1000. Every range that is asked for lies within what doubles hold exactly.
  const double number = value.is_number() ? value.get<double>() : 0.5;
  if (number != std::trunc(number)) {
    fail("R0401", where,
         fmt::format("expected a whole number, found {}",
                     value.is_number() ? value.dump() : value.type_name()));
    return std::nullopt;
  }
  if (number < static_cast<double>(low) || number > static_cast<double>(high)) {
    fail("R0404", where, fmt::format("{} is outside {} to {}", value.dump(), low, high));
    return std::nullopt;
  }
  return static_cast<std::int64_t>(number);
}

std::optional<std::string> Reader::text(const Json& value, const std::string& where) {
  if (!isKind(value, Json::value_t::string, where, "a string")) return std::nullopt;
  return value.get<std::string>();
}

void Reader::names(const Json& root, const char* key, const Names& allowed, Names& out) {
  if (!root.contains(key)) return;
  const std::string where = fmt::format("/{}", key);
  if (!isKind(root[key], Json::value_t::array, where, "a list of names")) return;
  out.clear();
  for (std::size_t i = 0; i < root[key].size(); ++i) {
    const auto name = text(root[key][i], fmt::format("{}/{}", where, i));
    if (!name) continue;
    if (std::find(allowed.begin(), allowed.end(), *name) == allowed.end())
      fail("R0402", fmt::format("{}/{}", where, i), fmt::format("unknown name '{}'", *name),
           didYouMean(*name, allowed));
    else if (std::find(out.begin(), out.end(), *name) == out.end())
      out.push_back(*name);
  }
}

// A limit is an object, or, over a base, just its number.
void Reader::limit(const std::string& name, const Json& value) {
  const std::string where = "/limits/" + name;
  const LimitRule& rule = *findLimitRule(name);
  const bool overrides = spec_.limits.contains(name);
  Limit& limit = spec_.limits[name];
  if (!value.is_object()) {
    if (const auto number = integer(value, where, rule.low, rule.high)) limit.value = *number;
    if (!overrides)
      fail("R0403", where, fmt::format("limit '{}' does not say who states it", name),
           R"(write {"value": ..., "unit": "...", "source": "..."})");
    limit.source = file_;
    limit.inferred = false;
    return;
  }
  known(value, {"value", "unit", "source", "inferred"}, where);
  if (!value.contains("value"))
    fail("R0403", where, fmt::format("limit '{}' has no 'value'", name));
  else if (const auto number = integer(value["value"], where + "/value", rule.low, rule.high))
    limit.value = *number;
  if (value.contains("unit")) limit.unit = text(value["unit"], where + "/unit").value_or("");
  limit.source = overrides ? file_ : "";
  if (value.contains("source")) limit.source = text(value["source"], where + "/source").value_or("");
  if (limit.source.empty())
    fail("R0403", where, fmt::format("limit '{}' does not say who states it", name), "add 'source'");
  limit.inferred = false;
  if (value.contains("inferred") &&
      isKind(value["inferred"], Json::value_t::boolean, where + "/inferred", "true or false"))
    limit.inferred = value["inferred"].get<bool>();
}

void Reader::limits(const Json& root) {
  if (!root.contains("limits") || !isKind(root["limits"], Json::value_t::object, "/limits", "an object"))
    return;
  Names all;
  for (const LimitRule& rule : limitRules()) all.emplace_back(rule.name);
  known(root["limits"], all, "/limits");
  for (const std::string& name : all)
    if (root["limits"].contains(name)) limit(name, root["limits"][name]);
  // A record that says only how many cores there are leaves open how they lie.
  const auto states = [&](const char* name) { return root["limits"].contains(name); };
  if (states("cores") && !states("tile_columns") && !states("tile_rows") && !states("cores_per_tile"))
    for (const char* name : {"tile_columns", "tile_rows"}) spec_.limits.erase(name);
  if (states("chips") && !states("chip_columns")) spec_.limits.erase("chip_columns");
}

// As a limit, of a real number whose unit its name gives.
void Reader::cost(const std::string& name, const Json& value) {
  const std::string where = "/costs/" + name;
  const bool overrides = spec_.costs.contains(name);
  Cost& cost = spec_.costs[name];
  cost.unit = costUnit(name);
  cost.source = overrides ? file_ : "";
  cost.inferred = false;
  if (value.is_object()) {
    known(value, {"value", "unit", "source", "inferred"}, where);
    if (value.contains("source")) cost.source = text(value["source"], where + "/source").value_or("");
    if (value.contains("unit"))
      if (const auto unit = text(value["unit"], where + "/unit"); unit && *unit != cost.unit)
        fail("R0404", where + "/unit", fmt::format("cost '{}' is in {}, not in {}", name, cost.unit, *unit));
    if (value.contains("inferred") &&
        isKind(value["inferred"], Json::value_t::boolean, where + "/inferred", "true or false"))
      cost.inferred = value["inferred"].get<bool>();
  }
  if (cost.source.empty())
    fail("R0403", where, fmt::format("cost '{}' does not say who states it", name),
         R"(write {"value": ..., "unit": "...", "source": "..."})");
  const Json number = value.is_object() ? value.value("value", Json()) : value;
  if (!number.is_number())
    fail("R0401", where, fmt::format("expected a number of {}, found {}", cost.unit, number.type_name()));
  else if (cost.value = number.get<double>(); !(cost.value >= 0 && cost.value <= kLargestCost))
    fail("R0404", where, fmt::format("{} is outside 0 to {:g}", number.dump(), kLargestCost));
}

void Reader::layout(const std::string& record, const Json& value) {
  const std::string where = "/layouts/" + record;
  if (!isKind(value, Json::value_t::array, where, "a list of fields")) return;
  LayoutSpec layout{record, {}};
  const Names allowed = allowedFields(record);
  std::set<std::string> seen;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const std::string here = fmt::format("{}/{}", where, i);
    if (!isKind(value[i], Json::value_t::object, here, "a field")) continue;
    known(value[i], {"name", "bits", "signed"}, here);
    FieldSpec field;
    if (!value[i].contains("name") || !value[i].contains("bits")) {
      fail("R0403", here, "a field needs 'name' and 'bits'");
      continue;
    }
    field.name = text(value[i]["name"], here + "/name").value_or("");
    field.width = static_cast<int>(integer(value[i]["bits"], here + "/bits", 1, 32).value_or(1));
    if (value[i].contains("signed") &&
        isKind(value[i]["signed"], Json::value_t::boolean, here + "/signed", "true or false"))
      field.isSigned = value[i]["signed"].get<bool>();
    if (std::find(allowed.begin(), allowed.end(), field.name) == allowed.end())
      fail("R0402", here + "/name", fmt::format("record '{}' has no field '{}'", record, field.name),
           didYouMean(field.name, allowed));
    if (!seen.insert(field.name).second)
      fail("R0404", here, fmt::format("field '{}' occurs twice", field.name));
    layout.fields.push_back(field);
  }
  for (LayoutSpec& present : spec_.layouts)
    if (present.record == record) {
      present = layout;
      return;
    }
  spec_.layouts.push_back(layout);
}

void Reader::readBase(const Json& root) {
  if (!root.contains("base")) return;
  const auto name = text(root["base"], "/base");
  if (!name) return;
  const ChipSpec* base = base_ != nullptr ? base_(*name) : nullptr;
  if (base == nullptr)
    fail("R0405", "/base", fmt::format("there is no chip '{}' to build on", *name),
         "`rheobase chips` lists them");
  else
    spec_ = *base;
  // What is built on another chip is another chip: images, reports and --chip know it by its name.
  spec_.name = std::filesystem::path(file_).stem().string();
  if (!isPlainText(spec_.name)) spec_.name.clear();
}

void Reader::complete() {
  if (spec_.name.empty()) fail("R0403", "/name", "the record has no 'name'");
  if (spec_.profiles.empty())
    fail("R0403", "/profiles", "the record names no arithmetic profile",
         "for example \"profiles\": [\"lava\"]");
  // SPEC I9: only programs have constants; each takes 32 bits of the core.
  if (!spec_.extends("microcode")) {
    spec_.limits.try_emplace("constants_per_core", Limit{0, "constants", "the chip runs no programs", false});
  } else if (spec_.layout("constant") == nullptr) {
    spec_.layouts.push_back({"constant", {{"value", 32, true}}});
  }
  // SPEC E4: only partial sums have to fit a payload; they are sent by programs.
  if (!spec_.extends("partial_sums"))
    spec_.limits.try_emplace("graded_payload_bits",
                             Limit{0, "bits", "the chip forms no partial sums", false});
  else if (!spec_.extends("microcode"))
    fail("R0403", "/extensions", "'partial_sums' needs 'microcode': programs send them", "add \"microcode\"");
  for (const LimitRule& rule : limitRules()) {
    if (spec_.limits.contains(rule.name)) continue;
    if (rule.otherwise)
      spec_.limits[rule.name] = {*rule.otherwise, rule.unit,
                                 *rule.otherwise == kLargestLimit
                                     ? "not stated: no limit"
                                     : fmt::format("not stated: taken to be {}", *rule.otherwise),
                                 *rule.otherwise != kLargestLimit};
    else
      fail("R0403", "/limits", fmt::format("limit '{}' is missing", rule.name));
  }
  for (const std::string& name : kCosts)
    if (!spec_.costs.empty() && !spec_.costs.contains(name))
      fail("R0403", "/costs", fmt::format("cost '{}' is missing", name), "state all of them or none");
  for (const auto& [record, fields] : kRequiredFields) {
    if (spec_.layout(record) == nullptr) {
      fail("R0403", "/layouts", fmt::format("the layout of record '{}' is missing", record));
      continue;
    }
    require(record, fields, "add it");
    if (record == "neuron" && spec_.extends("microcode"))
      require(record, {"constants"}, "add it");  // SPEC I9
    if (spec_.sharesKernels()) require(record, fieldsOf(kKernelFields, record), "add it");
    if (spec_.atomsPerAxon() > 1)
      require(record, fieldsOf(kPopulationFields, record), "add it, or state an 'atoms_per_axon' of 1");
  }
}

void Reader::require(const std::string& record, const Names& fields, const char* remedy) {
  for (const std::string& field : fields)
    if (spec_.fieldWidth(record, field) == 0)
      fail("R0403", "/layouts/" + record, fmt::format("record '{}' lacks the field '{}'", record, field),
           remedy);
}

// How cores and chips lie where the record does not say: as near to a square as they can.
void Reader::completeGrid() {
  const auto value = [&](const char* name) -> std::int64_t& { return spec_.limits.at(name).value; };
  const auto derive = [&](const char* name, std::int64_t number, const char* from) {
    if (value(name) == 0)
      spec_.limits.at(name) = {number, findLimitRule(name)->unit, fmt::format("follows from '{}'", from),
                               false};
  };
  const std::int64_t tiles = (value("cores") + value("cores_per_tile") - 1) / value("cores_per_tile");
  if (value("tile_columns") == 0 && value("tile_rows") == 0) {
    std::int64_t side = 1;
    while (side * side < tiles) ++side;
    derive("tile_columns", side, "cores");
  }
  derive("tile_rows", (tiles + value("tile_columns") - 1) / std::max<std::int64_t>(value("tile_columns"), 1),
         "cores");
  derive("tile_columns", (tiles + value("tile_rows") - 1) / value("tile_rows"), "cores");
  std::int64_t rows = 1;
  for (std::int64_t divisor = 1; divisor * divisor <= value("chips"); ++divisor)
    if (value("chips") % divisor == 0) rows = divisor;
  derive("chip_columns", value("chips") / rows, "chips");
  if (value("tile_columns") * value("tile_rows") < tiles)
    fail("R0404", "/limits",
         fmt::format("{} cores need {} tiles, {} columns and {} rows have {}", value("cores"), tiles,
                     value("tile_columns"), value("tile_rows"), value("tile_columns") * value("tile_rows")),
         "state more columns or rows, or leave them out");
  if (value("chips") % value("chip_columns") != 0)
    fail("R0404", "/limits/chip_columns",
         fmt::format("{} chips do not fill rows of {}", value("chips"), value("chip_columns")));
  if (value("chips") * value("tile_columns") * value("tile_rows") > kMostTiles)
    fail("R0404", "/limits", fmt::format("all chips together have more than {} tiles", kMostTiles));
}

// A tile as a user writes it: [column, row], over all chips.
std::optional<std::int32_t> Reader::tileAt(const Json& value, const std::string& where) {
  if (!value.is_array() || value.size() != 2) {
    fail("R0401", where, "expected a tile as [column, row]");
    return std::nullopt;
  }
  const Grid grid(spec_.grid());
  const auto column = integer(value[0], where + "/0", 0, grid.columns() - 1);
  const auto row = integer(value[1], where + "/1", 0, grid.rows() - 1);
  if (!column || !row) return std::nullopt;
  return static_cast<std::int32_t>(*row * grid.columns() + *column);
}

void Reader::deadParts(const Json& root) {
  const std::int64_t cores = spec_.limit("cores").value * spec_.limit("chips").value;
  if (root.contains("dead_cores") &&
      isKind(root["dead_cores"], Json::value_t::array, "/dead_cores", "a list of cores")) {
    spec_.deadCores.clear();
    for (std::size_t i = 0; i < root["dead_cores"].size(); ++i)
      if (const auto core = integer(root["dead_cores"][i], fmt::format("/dead_cores/{}", i), 0, cores - 1))
        spec_.deadCores.push_back(static_cast<std::int32_t>(*core));
  }
  if (root.contains("dead_links") &&
      isKind(root["dead_links"], Json::value_t::array, "/dead_links", "a list of links")) {
    spec_.deadLinks.clear();
    for (std::size_t i = 0; i < root["dead_links"].size(); ++i) {
      const Json& ends = root["dead_links"][i];
      const std::string where = fmt::format("/dead_links/{}", i);
      if (!ends.is_array() || ends.size() != 2) {
        fail("R0401", where, "expected the two tiles that a link joins, [[column, row], [column, row]]");
        continue;
      }
      const auto first = tileAt(ends[0], where + "/0"), second = tileAt(ends[1], where + "/1");
      if (!first || !second) continue;
      const Grid grid(spec_.grid());
      if (std::none_of(kDirections.begin(), kDirections.end(),
                       [&](Direction direction) { return grid.neighbour(*first, direction) == *second; }))
        fail("R0404", where, "these tiles are no neighbours, no link joins them");
      else
        spec_.deadLinks.push_back({std::min(*first, *second), std::max(*first, *second)});
    }
  }
  if (found_.empty() && Grid(spec_.grid()).usableCores().empty())
    fail("R0404", "/dead_cores", "no core is left that works");
}

void Reader::holds(const char* record, const char* field, std::int64_t largest, const std::string& why) {
  for (const FieldSpec& candidate : spec_.layout(record)->fields) {
    if (candidate.name != field) continue;
    const int width = candidate.width - (candidate.isSigned ? 1 : 0);
    if (bitsFor(largest) > width)
      fail("R0404", fmt::format("/layouts/{}", record),
           fmt::format("field '{}' of record '{}' has {} bits, {} needs {}", field, record, width, why,
                       bitsFor(largest)),
           "widen the field or lower the limit");
  }
}

// A limit that the registers cannot express would be a limit on paper only.
void Reader::wideEnough() {
  const auto value = [&](const char* name) { return spec_.limits.at(name).value; };
  const std::int64_t neurons = value("neurons_per_core"), axons = value("input_axons_per_core");
  const std::string byNeurons = fmt::format("'neurons_per_core' of {}", neurons);
  const std::string byRoutes = fmt::format("'output_axons_per_core' of {}", value("output_axons_per_core"));
  const std::string byFormats = fmt::format("'formats_per_core' of {}", value("formats_per_core"));
  holds("neuron", "profile", value("profiles_per_core") - 1,
        fmt::format("'profiles_per_core' of {}", value("profiles_per_core")));
  holds("neuron", "route_first", value("output_axons_per_core") - 1, byRoutes);
  if (spec_.extends("microcode"))
    holds("neuron", "constants", std::max<std::int64_t>(value("constants_per_core") - 1, 0),
          fmt::format("'constants_per_core' of {}", value("constants_per_core")));
  holds("axon", "list", value("synapse_words_per_core") - 1,
        fmt::format("'synapse_words_per_core' of {}", value("synapse_words_per_core")));
  holds("axon", "count", neurons, byNeurons);
  holds("axon", "format", value("formats_per_core") - 1, byFormats);
  holds("axon", "delay", value("max_delay"), fmt::format("'max_delay' of {}", value("max_delay")));
  const std::int64_t atoms = value("atoms_per_axon");
  holds("axon", "atoms", atoms, fmt::format("'atoms_per_axon' of {}", atoms));
  holds("route", "atom", atoms - 1, fmt::format("'atoms_per_axon' of {}", atoms));
  holds("format", "first", neurons - 1, byNeurons);
  holds("format", "index_bits", bitsFor(neurons - 1), byNeurons);
  holds("format", "weight_bits", value("weight_bits"),
        fmt::format("'weight_bits' of {}", value("weight_bits")));
  if (spec_.sharesKernels()) holds("format", "kind", 2, "the kind of kernels");
  holds("format", "sign_mode", 2, "the sign mode of inhibitory weights");
  holds("format", "group", value("formats_per_core") - 1, byFormats);
  const std::int64_t cores = value("cores") * value("chips");
  holds("route", "core", cores - 1, fmt::format("{} cores", cores));
  holds("route", "axon", axons - 1, fmt::format("'input_axons_per_core' of {}", axons));
  if (value("weight_exponent_min") > value("weight_exponent_max"))
    fail("R0404", "/limits", "'weight_exponent_min' is larger than 'weight_exponent_max'");
}

Expected<ChipSpec> Reader::read(const std::string& source) {
  Json root;
  if (const std::optional<JsonFault> fault = parseJson(source, root)) {
    fail("R0401", fault->place, fault->message, fault->remedy);
    return Error{ErrorKind::Format, found_};
  }
  if (!isKind(root, Json::value_t::object, "", "an object")) return Error{ErrorKind::Format, found_};
  readBase(root);
  known(root, kKeys, "");
  if (root.contains("name")) spec_.name = text(root["name"], "/name").value_or("");
  if (root.contains("base") && base_ != nullptr && base_(spec_.name) != nullptr)
    fail("R0404", "/name", fmt::format("'{}' is the name of a chip that needs no record", spec_.name),
         "give the chip a name of its own");
  if (root.contains("title")) spec_.title = text(root["title"], "/title").value_or("");
  if (root.contains("comparison") &&
      isKind(root["comparison"], Json::value_t::boolean, "/comparison", "true or false"))
    spec_.comparison = root["comparison"].get<bool>();
  Names profiles;
  for (const Profile& profile : kProfiles) profiles.emplace_back(profile.name);
  names(root, "profiles", profiles, spec_.profiles);
  names(root, "extensions", kExtensions, spec_.extensions);
  limits(root);
  if (root.contains("costs") && isKind(root["costs"], Json::value_t::object, "/costs", "an object") &&
      (known(root["costs"], kCosts, "/costs") || true))
    for (const std::string& name : kCosts)
      if (root["costs"].contains(name)) cost(name, root["costs"][name]);
  Names records;
  for (const auto& [record, fields] : kRequiredFields) records.push_back(record);
  if (root.contains("layouts") && isKind(root["layouts"], Json::value_t::object, "/layouts", "an object")) {
    known(root["layouts"], records, "/layouts");
    for (const std::string& record : records)
      if (root["layouts"].contains(record)) layout(record, root["layouts"][record]);
  }
  if (found_.empty()) complete();
  if (found_.empty()) completeGrid();
  if (found_.empty()) deadParts(root);
  if (found_.empty()) wideEnough();
  if (!found_.empty()) return Error{ErrorKind::Format, found_};
  return spec_;
}

}  // namespace

bool ChipSpec::runs(const std::string& profile) const {
  return std::find(profiles.begin(), profiles.end(), profile) != profiles.end();
}

std::optional<Diagnostic> refuseProgram(const ChipSpec& chip, const models::ModelTable& model,
                                        const std::string& population, const std::string& where) {
  if (!model.microcode || chip.extends("microcode")) return std::nullopt;
  Diagnostic diagnostic;
  diagnostic.code = "R0411";
  diagnostic.where = where;
  diagnostic.message =
      fmt::format("'{}' needs the extension 'microcode' for its model '{}', which '{}' lacks", population,
                  model.name, chip.name);
  diagnostic.limitSource = "SPEC E3";
  diagnostic.remedy = "choose a chip that runs programs of its own (loihi2)";
  return diagnostic;
}

bool ChipSpec::extends(const std::string& extension) const {
  return std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
}

GridShape ChipSpec::grid() const {
  const auto value = [&](const char* name) { return static_cast<std::int32_t>(limit(name).value); };
  return {value("chips"),
          value("chip_columns"),
          value("tile_columns"),
          value("tile_rows"),
          value("cores_per_tile"),
          value("cores"),
          value("chip_link_hops"),
          deadCores,
          deadLinks};
}

std::int64_t ChipSpec::usableCores() const {
  return static_cast<std::int64_t>(Grid(grid()).usableCores().size());
}

std::int64_t ChipSpec::sourcesPerCore() const { return limit("input_axons_per_core").value * atomsPerAxon(); }

bool ChipSpec::sharesKernels() const { return fieldWidth("format", "kernel_rows") > 0; }

int ChipSpec::fieldWidth(const std::string& record, const std::string& field) const {
  if (const LayoutSpec* fields = layout(record))
    for (const FieldSpec& candidate : fields->fields)
      if (candidate.name == field) return candidate.width;
  return 0;
}

const LayoutSpec* ChipSpec::layout(const std::string& record) const {
  for (const LayoutSpec& candidate : layouts)
    if (candidate.record == record) return &candidate;
  return nullptr;
}

Expected<ChipSpec> parseChipSpec(const std::string& json, const std::string& fileName,
                                 const ChipSpec* (*base)(const std::string&)) {
  return Reader(fileName, base).read(json);
}

Expected<ChipSpec> loadChipSpec(const std::string& path, const ChipSpec* (*base)(const std::string&)) {
  Expected<std::vector<std::uint8_t>> bytes = readFile(path);
  if (!bytes) {
    Error error = std::move(bytes).error();
    Diagnostic& diagnostic = error.diagnostics.front();
    diagnostic.code = "R0401";
    diagnostic.remedy = "check the path; `rheobase chips` lists the chips that need no file";
    return error;
  }
  const std::string text(bytes->begin(), bytes->end());
  return parseChipSpec(text, path, base);
}

}  // namespace rheo
