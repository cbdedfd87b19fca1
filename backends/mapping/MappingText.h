// What users say and read of a mapping.
#pragma once

#include <optional>
#include <string>

#include "mapping/Mapping.h"
#include "network/Network.h"

namespace rheo {

// Errors: R0690 where there is no such mapper.
Expected<Mapper> mapperOf(const std::string& name);

// Which placement was taken and what both are worth; nothing where there was no choice.
std::optional<Assumption> assumptionOf(const MappingReport& report);

}  // namespace rheo
