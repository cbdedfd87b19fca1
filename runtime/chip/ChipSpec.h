// A chip as a record: every limit with its unit and the source that states it, the arithmetic profiles it
// runs, the extensions it can be programmed for, and how its registers lie in memory. One JSON file per
// chip (backends/<chip>/chip.json), the same form a user writes for an own chip, which may say
// "base": "loihi2" and override single figures. The reader refuses what it does not know.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "chip/Grid.h"
#include "fixed/Profile.h"
#include "models/Model.h"
#include "support/Error.h"

namespace rheo {

struct Limit {
  std::int64_t value = 0;
  std::string unit;
  std::string source;     // who states it, with page or file
  bool inferred = false;  // deduced, not published: to be overridden where a user knows better
};

// What an operation takes. The unit follows from the name: ..._energy in pJ, ..._time in ns, ..._power in mW.
struct Cost {
  double value = 0;
  std::string unit;
  std::string source;
  bool inferred = false;  // as of a limit
};

struct FieldSpec {
  std::string name;
  int width = 0;  // bits
  bool isSigned = false;
};

struct LayoutSpec {
  std::string record;             // "neuron", "profile", "axon", "format", "route", "constant"
  std::vector<FieldSpec> fields;  // least significant first
};

struct ChipSpec {
  std::string name;
  std::string title;
  std::vector<std::string> profiles;  // names of arithmetic profiles; the first is the default
  // "subtract_reset" (SPEC E1), "reset_value" (E2), "microcode" (E3), "partial_sums" (E4)
  std::vector<std::string> extensions;
  std::map<std::string, Limit> limits;
  std::vector<LayoutSpec> layouts;
  std::vector<std::int32_t> deadCores;  // numbered over all chips
  std::vector<DeadLink> deadLinks;
  // All of them or none: within_tile_message, hop_east_west, hop_north_south, synaptic_operation,
  // active_neuron and inactive_neuron, each with _energy and _time; barrier_one_tile_time,
  // barrier_all_tiles_time; static_power.
  std::map<std::string, Cost> costs;
  bool comparison = false;  // limits that others published to compare mappers: no chip is meant

  // All of chip/LimitRules.h: the loader fills in what a record need not state.
  const Limit& limit(const std::string& limitName) const { return limits.at(limitName); }
  bool runs(const std::string& profile) const;
  bool extends(const std::string& extension) const;
  const LayoutSpec* layout(const std::string& record) const;                  // nullptr if there is none
  int fieldWidth(const std::string& record, const std::string& field) const;  // bits; 0 if there is none
  GridShape grid() const;
  std::int64_t usableCores() const;  // of all chips; dead ones, and those that no link reaches, left out
  // Whether its synapse lists can be kernels that the sources of a channel share. SPEC I10
  bool sharesKernels() const;
  // How many sources can share an axon; to how many the axons of a core can belong. SPEC I5
  std::int64_t atomsPerAxon() const { return limit("atoms_per_axon").value; }
  std::int64_t sourcesPerCore() const;
};

// Input axons that so many sources take whose lists are equally long. SPEC I5
constexpr std::int64_t axonsFor(std::int64_t sources, std::int64_t atomsPerAxon) {
  return (sources + atomsPerAxon - 1) / atomsPerAxon;
}

// The form of a record as a JSON Schema, which editors check while one is written; the reader checks more.
std::string chipSchema();

// R0411 where the chip runs no programs and the population's model is one. SPEC E3
std::optional<Diagnostic> refuseProgram(const ChipSpec& chip, const models::ModelTable& model,
                                        const std::string& population, const std::string& where);

// `base` resolves "base": it returns nullptr for an unknown chip.
Expected<ChipSpec> parseChipSpec(const std::string& json, const std::string& fileName,
                                 const ChipSpec* (*base)(const std::string&));
Expected<ChipSpec> loadChipSpec(const std::string& path, const ChipSpec* (*base)(const std::string&));

}  // namespace rheo
