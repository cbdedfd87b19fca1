// One random change in the tree of an image's header.
#include "MutateHeader.h"

#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "Values.h"

namespace rheo::fuzz {
namespace {

std::string otherText(const std::string& text, Random& random) {
  static constexpr std::array kWords = {
      "",       "v",       "u",          "spikes",     "lif",     "cuba_lif",    "integrator", "lava",
      "loihi1", "neuron",  "profile",    "axon",       "format",  "route",       "synapse",    "route_index",
      "vth",    "du",      "dv",         "model",      "list",    "count",       "delay",      "core",
      "first",  "group",   "exponent",   "bias",       "kind",    "route_first", "reset_mode", "reset_value",
      "layer0", "layer1",  "output0",    "input0",     "decay_u", "threshold",   "\xc3\xa9",   "\xff\xfe",
      "x\ny",   "\x1b[2J", "reset_keep", "weight_bits"};
  switch (random.below(8)) {
    case 0:
      return text + "x";
    case 1:
      return std::string(random.below(3000), 'n');
    case 2: {
      std::string changed = text;
      if (!changed.empty()) random.pick(changed) = static_cast<char>(random.below(256));
      return changed;
    }
    default:
      return random.pick(kWords);
  }
}

// Walks the tree; the change happens at the place whose turn it is.
class Walk {
 public:
  Walk(Random& random, std::uint64_t target) : random_(random), target_(target) {}
  std::uint64_t places() const { return places_; }

  void visit(image::HeaderT& header) {
    text(header.profile), text(header.generator), text(header.network), text(header.chip);
    text(header.quantization), number(header.dt);
    // Several turns for the lists on which the most depends.
    for (int turn = 0; turn < 4; ++turn)
      list(header.cores), list(header.populations), list(header.inputs), list(header.outputs);
    list(header.layouts), list(header.ranges), list(header.assumptions), list(header.limits);
    for (auto& layout : header.layouts) visit(*layout);
    for (auto& core : header.cores) visit(*core);
    for (auto& population : header.populations) visit(*population);
    for (auto& input : header.inputs) visit(*input);
    for (auto& output : header.outputs) visit(*output);
  }

 private:
  bool isTurn() { return places_++ == target_; }

  template <class T>
  void number(T& value) {
    if (!isTurn()) return;
    if constexpr (std::is_same_v<T, bool>) {
      value = !value;
    } else {
      std::uint64_t bits = 0;
      std::memcpy(&bits, &value, sizeof value);
      bits = otherValue(bits, 8 * sizeof value, random_);
      std::memcpy(&value, &bits, sizeof value);
    }
  }

  void text(std::string& value) {
    if (isTurn()) value = otherText(value, random_);
  }

  template <class T>
  void list(std::vector<T>& values) {
    if (!isTurn()) return;
    if (values.empty()) return fill(values);
    const std::size_t at = random_.below(values.size());
    switch (random_.below(5)) {
      case 0:
        values.erase(values.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 1:
        std::swap(values[at], random_.pick(values));
        break;
      case 2:
        values.resize(at);
        break;
      case 3:
        if constexpr (!std::is_arithmetic_v<T>) {
          values[at] = std::make_unique<typename T::element_type>(*random_.pick(values));
          break;
        }
        [[fallthrough]];
      default:
        if constexpr (std::is_arithmetic_v<T>) {
          values.push_back(values[at]);
        } else {
          values.push_back(std::make_unique<typename T::element_type>(*values[at]));
        }
    }
  }

  template <class T>
  static void fill(std::vector<T>& values) {
    if constexpr (std::is_arithmetic_v<T>) {
      values.emplace_back();
    } else if constexpr (!std::is_same_v<typename T::element_type, image::InputT>) {  // it requires memories
      values.push_back(std::make_unique<typename T::element_type>());
    }
  }

  void visit(image::LayoutT& layout) {
    text(layout.record), number(layout.bits), list(layout.fields);
    for (auto& field : layout.fields)
      text(field->name), number(field->offset), number(field->width), number(field->signed_);
  }
  void visit(image::MemoryT& memory) {
    text(memory.name), number(memory.offset), number(memory.words), number(memory.records);
  }
  void visit(image::CoreT& core) {
    number(core.id), list(core.slices), list(core.memories);
    for (auto& slice : core.slices)
      number(slice->population), number(slice->first_neuron), number(slice->count),
          number(slice->first_compartment);
    for (auto& memory : core.memories) visit(*memory);
  }
  void visit(image::PopulationT& population) {
    text(population.name), text(population.model), number(population.size), list(population.shape);
    number(population.lag), number(population.hidden), list(population.scales);
    for (auto& extent : population.shape) number(extent);
    for (auto& scale : population.scales) text(scale->state), list(scale->values);
  }
  void visit(image::InputT& input) {
    text(input.name), list(input.shape), number(input.size), number(input.encoding);
    number(input.max_payload), visit(*input.routes), visit(*input.route_index);
    for (auto& extent : input.shape) number(extent);
  }
  void visit(image::OutputT& output) {
    text(output.name), list(output.shape), list(output.parts);
    for (auto& extent : output.shape) number(extent);
    for (auto& part : output.parts) number(part->population), text(part->state);
  }

  Random& random_;
  std::uint64_t target_;
  std::uint64_t places_ = 0;
};

}  // namespace

void mutateHeader(image::HeaderT& header, Random& random) {
  Walk count(random, ~std::uint64_t{0});
  count.visit(header);
  Walk(random, random.below(count.places())).visit(header);
}

}  // namespace rheo::fuzz
