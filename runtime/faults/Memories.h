// The stored words of an image as faults meet them: which bits of which memory mean what, for whom.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chip/Image.h"
#include "chip/Layout.h"
#include "chip/Synapses.h"
#include "faults/FlatProgram.h"
#include "faults/Kinds.h"

namespace rheo::faults {

// Equal fields of neighbouring records: bit b of record r lies at bit
// start + recordStart(r, recordBits) + offset + b of the memory.
struct alignas(64) Field {  // what a fault asks for lies in one cache line
  FieldClass meaning = FieldClass::None;
  std::int32_t core = 0;  // index into Program::cores
  std::string_view memory;
  std::uint64_t start = 0;  // bits
  std::uint32_t recordBits = 0;
  std::uint64_t firstRecord = 0, records = 0;
  int offset = 0, width = 0;
  std::string node;  // "hidden", "input -> hidden": whose words they are

  std::uint64_t bits() const { return records * static_cast<std::uint64_t>(width); }
};

// A synapse list with the axons that read it.
struct ListUse {
  std::int32_t core = 0;
  std::uint64_t list = 0, count = 0;  // word address, records (kernel: channels)
  std::int32_t format = 0;
  std::vector<std::int32_t> axons;
};

class Memories {
 public:
  Memories(const Image& image, const FlatProgram& flat);

  const std::vector<Field>& fields() const { return fields_; }
  const std::vector<ListUse>& lists() const { return lists_; }
  const SynapseFormat& format(const ListUse& use) const {
    return formats_[static_cast<std::size_t>(use.core)][static_cast<std::size_t>(use.format)];
  }
  // Sources with a route to an axon, each as often as it has one.
  std::span<const std::int32_t> sourcesOf(std::int32_t core, std::int32_t axon) const {
    return sources_[static_cast<std::size_t>(core)][static_cast<std::size_t>(axon)];
  }
  const Image& image() const { return image_; }
  // The record of an axon: several atoms may share it. SPEC I5
  std::uint64_t recordOf(std::int32_t core, std::int32_t axon) const {
    const Core& decoded = flat_.program().cores[static_cast<std::size_t>(core)];
    return static_cast<std::uint64_t>(decoded.axons[static_cast<std::size_t>(axon)].record);
  }
  // The core's axon table. Expects a core that has one.
  RecordView axonsOf(std::int32_t core) const {
    return {*layout("axon"), image_.words(*memory(core, "axon"))};
  }
  // What a bit of a memory means: more than one thing where lists overlap, nothing between fields.
  std::vector<FieldClass> meaningsOf(std::int32_t core, std::string_view memory, std::uint64_t word,
                                     int bit) const;
  // Whose words they are: every connection of a format, of other words as `node` of Field.
  std::vector<std::string> nodesOf(std::int32_t core, std::string_view memory, std::uint64_t word,
                                   int bit) const;
  // Whether a bit is of a register or constant that tells a neuron's parameters and nothing else.
  bool holdsParametersOnly(std::int32_t core, std::string_view memory, std::uint64_t word, int bit) const;
  // Of the core at this index into Program::cores; null where it has none of that name.
  const image::Memory* memory(std::int32_t core, std::string_view name) const;
  const image::Layout* layout(std::string_view record) const;
  // Of each core and of the image, found once: what every weight asks for.
  std::span<const std::uint64_t> synapseWords(std::int32_t core) const {
    return synapseWords_[static_cast<std::size_t>(core)];
  }
  std::int32_t delayOf(std::int32_t core, std::int32_t axon) const {
    return axonDelays_[static_cast<std::size_t>(core)][static_cast<std::size_t>(axon)];
  }

 private:
  template <class Visit>
  void forEachFieldAt(std::int32_t core, std::string_view memory, std::uint64_t word, int bit,
                      Visit visit) const;
  void findSources();
  void addRegisters(std::int32_t core);
  void addTable(std::int32_t core, std::string_view name);
  void addRoutes(std::int32_t core);
  void addLists(std::int32_t core);
  void addList(const ListUse& use);
  void addFields(Field field, const image::Layout& layout);
  std::string nodeOfSource(std::int32_t source) const;
  std::string nodeOfAxon(std::int32_t core, std::int32_t axon) const;

  const Image& image_;
  const FlatProgram& flat_;
  std::vector<std::vector<std::vector<std::int32_t>>> sources_;  // [core][axon]
  std::vector<std::vector<SynapseFormat>> formats_;              // [core]
  std::vector<std::span<const std::uint64_t>> synapseWords_;     // [core]
  std::vector<std::vector<std::int32_t>> axonDelays_;            // [core][axon]
  std::vector<ListUse> lists_;
  std::vector<Field> fields_;
};

}  // namespace rheo::faults
