// An image's words, by a decoder of the checker's own, so that a fault of the engines' shows. SPEC I2 to I10
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "chip/Image.h"
#include "models/Model.h"

namespace rheo::witness {

// One memory of records. Numbers beyond 40 bits, which no chip has, become ones that every check refuses.
struct Records {
  const image::Layout* layout = nullptr;
  std::span<const std::uint64_t> words;
  std::int64_t count = 0;

  Records() = default;
  Records(const Image& image, const image::Memory& memory, std::string_view record);
  // nullopt where the layout has no such field or the memory no such record.
  std::optional<std::int64_t> find(std::int64_t at, std::string_view field) const;
  std::int64_t get(std::int64_t at, std::string_view field) const { return find(at, field).value_or(0); }
};

struct Format {  // SPEC I7
  std::int64_t kind, weightBits, signMode, exponent, delayBits, indexBits, first, group;
  struct Axis {
    std::int64_t outputs, kernel, stride, dilation;
  } rows, columns;  // of kernels. SPEC I10
};

struct Compartment {
  const models::ModelTable* model = nullptr;
  std::uint32_t population = 0, neuron = 0;  // of the image
  std::int64_t firstInput = 0;
};

// A synapse behind an axon: an input of its core (SPEC I6), the stored weight, the delay of axon and synapse.
struct Synapse {
  std::int64_t input, weight, delay;
};

struct Core {
  std::string fault;  // why its slices mean nothing; empty where they do
  Records neuron, profile, axon, format, route, constant;
  std::span<const std::uint64_t> synapses;
  std::vector<Compartment> compartments;
  std::vector<Format> formats;
  std::int64_t inputs = 0;

  // `models` of the image's populations.
  Core(const Image& image, const image::Core& source, const std::vector<const models::ModelTable*>& models);
  // A register of a compartment: its own record's, else its profile's. SPEC I3
  std::optional<std::int64_t> registerOf(std::int64_t compartment, std::string_view field) const;
  // A parameter of the compartment's model, nullopt where the registers mean none. SPEC I4, I9
  std::optional<std::int64_t> parameter(std::int64_t compartment, std::size_t index) const;
  std::int64_t atoms(std::int64_t index) const {  // of an axon; 0 where there is none. SPEC I5
    return index < axon.count ? axon.find(index, "atoms").value_or(1) : 0;
  }
  const Format* formatOf(std::int64_t index) const;  // nullptr where there is none
  // The synapses with a weight behind an atom of an axon into inputs whose slot is not negative, at the price
  // of `visits`. False where the list lies outside the words or the visits are used up.
  bool list(std::int64_t index, std::int64_t atom, const std::vector<std::int32_t>& slots,
            std::int64_t& visits, std::vector<Synapse>& found) const;
};

}  // namespace rheo::witness
