// Enumerations whose values have names, in the order of the values.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace rheo {

// The value of that name; nullopt where none has it.
template <class Enum, std::size_t N>
constexpr std::optional<Enum> valueNamed(const std::array<std::string_view, N>& names,
                                         std::string_view name) {
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == name) return static_cast<Enum>(i);
  return std::nullopt;
}

}  // namespace rheo
