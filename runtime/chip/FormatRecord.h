// A synapse format as its record says it. SPEC I7.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "chip/Image.h"
#include "chip/Synapses.h"

namespace rheo {

// Nothing where kind or sign mode are none; other fields are as they lie there, for checks to refuse.
inline std::optional<SynapseFormat> readFormat(const RecordView& table, std::uint64_t record) {
  const auto narrow = [&](std::string_view field) {  // values beyond 32 bits become ones that are refused
    return static_cast<int>(std::clamp<std::int64_t>(table.get(record, field), -(1LL << 30), 1LL << 30));
  };
  const int kind = narrow("kind"), signMode = narrow("sign_mode");
  if (kind < 0 || kind > 2 || signMode < 0 || signMode > 2) return {};
  SynapseFormat format{static_cast<ListKind>(kind),
                       narrow("weight_bits"),
                       static_cast<SignMode>(signMode),
                       narrow("exponent"),
                       narrow("delay_bits"),
                       narrow("index_bits"),
                       narrow("first"),
                       narrow("group")};
  if (format.kind == ListKind::Kernel) {
    format.rows = {1, narrow("rows"),         narrow("kernel_rows"), narrow("stride_rows"),
                   0, narrow("dilation_rows")};
    format.columns = {1, narrow("columns"),         narrow("kernel_columns"), narrow("stride_columns"),
                      0, narrow("dilation_columns")};
  }
  return format;
}

}  // namespace rheo
