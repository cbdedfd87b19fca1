// Enumerations whose values have names, in the order of the values.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace rheo {

// The value of that name; nullopt where none has it.
template <class Enum>
constexpr std::optional<Enum> valueNamed(std::span<const std::string_view> names, std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<Enum>(i);
  return std::nullopt;
}

}  // namespace rheo
