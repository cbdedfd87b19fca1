// The memory words of an image, record by record: a decoder of the checker's own, so that a fault of the one
// that engines use shows. SPEC I2 to I10.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chip/Image.h"
#include "models/Model.h"

namespace rheo::witness {

// One memory of records. Numbers beyond 40 bits, which no chip has, become ones that every check refuses.
class Records {
 public:
  Records() = default;
  Records(const Image& image, const image::Memory& memory, std::string_view record);
  std::uint64_t count() const { return count_; }
  // nullopt where the layout has no such field or the memory no such record.
  std::optional<std::int64_t> find(std::int64_t record, std::string_view field) const;
  std::int64_t get(std::int64_t record, std::string_view field) const {
    return find(record, field).value_or(0);
  }

 private:
  const image::Layout* layout_ = nullptr;
  std::span<const std::uint64_t> words_;
  std::uint64_t count_ = 0;
};

struct Format {  // SPEC I7
  std::int64_t kind, weightBits, signMode, exponent, delayBits, indexBits, first, group;
  struct Axis {
    std::int64_t outputs, kernel, stride, dilation;
  } rows, columns;  // of kernels. SPEC I10
  bool sound = false;
};

// Neurons of a population, in neighbouring compartments.
struct Slice {
  std::size_t population = 0;  // of the image; the neurons of clones are those that they stand for
  std::int64_t firstNeuron = 0, count = 0, firstCompartment = 0, firstInput = 0, ports = 1;
};

// A synapse behind an axon: an input of its core (SPEC I6), the stored weight, the delay of axon and synapse.
struct Synapse {
  std::int64_t input, weight, delay;
};

class Core {
 public:
  // `models` of the image's populations, `clones`: the neurons that those of a population stand for. SPEC V2
  Core(const Image& image, std::size_t index, const std::vector<const models::ModelTable*>& models,
       const std::vector<std::vector<std::uint32_t>>& clones);

  const std::string& fault() const { return fault_; }  // why its slices mean nothing; empty where they do
  const Records& memory(const std::string& record) const { return memories_.at(record); }
  const std::vector<Slice>& slices() const { return slices_; }  // in the order of compartments
  const std::vector<Format>& formats() const { return formats_; }
  std::int64_t inputs() const { return inputs_; }
  std::int64_t synapseWords() const { return static_cast<std::int64_t>(synapses_.size()); }

  // A register of a compartment: its own record's, else its profile's. SPEC I3
  std::optional<std::int64_t> registerOf(std::int64_t compartment, std::string_view field) const;
  // A parameter of the model, nullopt where the registers mean none. SPEC I4, I9
  std::optional<std::int64_t> parameter(std::int64_t compartment, const models::ModelTable& model,
                                        std::size_t index) const;

  const Format& formatOf(std::int64_t axon) const;
  // The synapses with a weight behind an axon into inputs whose slot is not negative, at the price of
  // `visits`. False where the list lies outside the words or the visits are used up.
  bool list(std::int64_t axon, const std::vector<std::int32_t>& slots, std::uint64_t& visits,
            std::vector<Synapse>& synapses) const;

 private:
  void readSlices(const image::Core& source, const std::vector<const models::ModelTable*>& models);
  void findOriginals(const std::vector<std::vector<std::uint32_t>>& clones);
  void readFormats();
  bool listKernel(std::int64_t axon, const Format& format, const std::vector<std::int32_t>& slots,
                  std::uint64_t& visits, std::vector<Synapse>& synapses) const;
  std::int64_t weight(std::int64_t list, std::int64_t record, std::int64_t bits, const Format& format) const;

  std::map<std::string, Records, std::less<>> memories_;
  std::span<const std::uint64_t> synapses_;
  std::vector<Slice> slices_;
  std::vector<Format> formats_;
  std::int64_t inputs_ = 0;
  std::string fault_;
};

}  // namespace rheo::witness
