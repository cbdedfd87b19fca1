// What a chip's record may name: its keys, extensions, costs, and the fields of each kind of memory record.
// The reader and the schema are made from these tables and from chip/LimitRules.h. Private to both.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace rheo::chip_record {

using Names = std::vector<std::string>;

inline const Names kKeys{"base",    "name",       "title",      "profiles", "extensions", "limits",
                         "layouts", "dead_cores", "dead_links", "costs",    "comparison"};
inline const Names kExtensions{"subtract_reset", "reset_value", "microcode", "partial_sums"};
inline const Names kCosts{"within_tile_message_energy", "within_tile_message_time", "hop_east_west_energy",
                          "hop_east_west_time",         "hop_north_south_energy",   "hop_north_south_time",
                          "synaptic_operation_energy",  "synaptic_operation_time",  "active_neuron_energy",
                          "active_neuron_time",         "inactive_neuron_energy",   "inactive_neuron_time",
                          "barrier_one_tile_time",      "barrier_all_tiles_time",   "static_power"};
inline const char* costUnit(const std::string& name) {
  return name.ends_with("_energy") ? "pJ" : name.ends_with("_time") ? "ns" : "mW";
}
inline constexpr double kLargestCost = 1e12;
inline const std::map<std::string, Names> kRequiredFields{
    {"neuron", {"profile", "route_first", "route_count"}},
    {"profile", {"model"}},
    {"axon", {"list", "count", "format", "delay"}},
    {"format",
     {"kind", "weight_bits", "sign_mode", "exponent", "delay_bits", "index_bits", "first", "group"}},
    {"route", {"core", "axon"}}};
// Of chips whose synapse lists can be kernels. SPEC I10
inline const std::map<std::string, Names> kKernelFields{
    {"axon", {"row", "column", "channel"}},
    {"format",
     {"rows", "columns", "kernel_rows", "kernel_columns", "stride_rows", "stride_columns", "dilation_rows",
      "dilation_columns"}}};
// Of chips whose axons serve several sources. SPEC I5, I8
inline const std::map<std::string, Names> kPopulationFields{{"axon", {"atoms"}}, {"route", {"atom"}}};
inline const Names kNeuronFields{"du",          "dv",          "vth",   "bias_mantissa", "bias_exponent",
                                 "reset_mode",  "reset_value", "model", "profile",       "route_first",
                                 "route_count", "constants"};

// Those of a record in such a table; none where it has none there.
inline Names fieldsOf(const std::map<std::string, Names>& table, const std::string& record) {
  const auto found = table.find(record);
  return found == table.end() ? Names() : found->second;
}

// All that a record's layout may have.
inline Names allowedFields(const std::string& record) {
  Names fields = kRequiredFields.at(record);
  if (record == "neuron" || record == "profile") fields = kNeuronFields;
  for (const auto* optional : {&kKernelFields, &kPopulationFields})
    for (const std::string& field : fieldsOf(*optional, record)) fields.push_back(field);
  return fields;
}

}  // namespace rheo::chip_record
