// The witness file: a frame with a checksum, and a network of network.fbs, verified. SPEC V1
#include <fmt/format.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "fixed/Profile.h"
#include "models/Model.h"
#include "support/Text.h"
#include "witness/Witness.h"

namespace rheo::witness {

static bool isSound(const NodeT& node) {
  const models::ModelTable* model = models::findModel(node.model);
  const auto isOf = [&](const auto& found, const models::FixedParameter& expected) {
    return found->name == expected.name && (found->values.size() == 1 || found->values.size() == node.size);
  };
  return isPlainText(node.name) && node.size > 0 && node.size <= 1 << 28 && (model || node.model.empty()) &&
         (model ? std::ranges::equal(node.parameters, model->fixedParameters, isOf) : node.lag == 0);
}

// Whether its lists lead to rows and sources of these, and to weights that there are.
static bool isFilled(const ProjectionT& p, std::uint64_t rows, std::uint64_t sources) {
  const std::uint64_t blocks = p.blocks, groups = p.groups, planes = p.planes, weights = p.weights.size();
  const auto below = [](const auto& list, std::uint64_t end) {
    return std::ranges::all_of(list, [&](std::uint32_t value) { return value < end; });
  };
  if (blocks == 0 || groups == 0 || planes == 0 || rows % blocks != 0 || blocks % groups != 0 ||
      sources % (groups * planes) != 0 || weights % (blocks * planes) != 0)
    return false;
  const std::uint64_t area = weights / (blocks * planes), places = p.places.size();
  if (p.starts.size() != rows / blocks + 1 || p.starts.front() != 0 || !std::ranges::is_sorted(p.starts) ||
      p.starts.back() != places || !below(p.places, sources / (groups * planes)) || !below(p.entries, area) ||
      !(p.entries.size() == places || (p.entries.empty() && places == area)) ||
      !(p.delays.empty() || p.delays.size() == weights))
    return false;
  // No row names a source or a weight twice, so none has more synapses than either.
  std::vector<bool> begins(places + 1);
  for (const std::uint32_t start : p.starts) begins[start] = true;
  for (std::size_t e = 1; e < places; ++e)
    if (!begins[e] &&
        (p.places[e] <= p.places[e - 1] || (!p.entries.empty() && p.entries[e] <= p.entries[e - 1])))
      return false;
  return true;
}

// What its lists hold, each as often as it is named: no more than the file does.
static std::uint64_t sizeOf(const Network& network) {
  std::uint64_t size = 0;
  const auto add = [&](const auto*... lists) { ((size += lists->size() * sizeof(*lists->data())), ...); };
  for (const Fact* fact : *network.face()) add(fact->name(), fact->what(), fact->how());
  for (const Node* node : *network.nodes()) {
    add(node->name(), node->model());
    for (const Parameter* p : *node->parameters()) add(p->name(), p->values());
  }
  for (const Projection* p : *network.projections())
    add(p->name(), p->starts(), p->places(), p->entries(), p->weights(), p->delays());
  return size;
}

// What must hold before anything is looked up: the first thing that does not.
static std::string faultOf(const NetworkT& network) {
  if (!findProfile(network.profile)) return "there is no such arithmetic";
  std::set<std::pair<bool, std::string>> names;
  for (const auto& node : network.nodes)
    if (!isSound(*node) || !names.emplace(node->model.empty(), node->name).second)
      return "a node cannot have this name, model, size, lag or parameters";
  for (const auto& fact : network.face)
    if (!isPlainText(fact->name + fact->what + fact->how)) return "its words cannot be shown";
  for (const auto& p : network.projections) {
    const bool joins = p->source < network.nodes.size() && p->target < network.nodes.size();
    const auto* model = joins ? models::findModel(network.nodes[p->target]->model) : nullptr;
    if (!isPlainText(p->name) || !model) return "a projection cannot have this name, source or target";
    if (!isFilled(*p, model->inputsOf(network.nodes[p->target]->size), network.nodes[p->source]->size))
      return fmt::format("'{}' cannot have these weights and delays", p->name);
    if (p->weight_bits < 1 || p->weight_bits > 8 || p->sign_mode > 2 || std::abs(p->exponent) > 64 ||
        std::abs(p->delay_steps) > 1 << 14)
      return fmt::format("'{}' cannot have this format or delay", p->name);
  }
  return "";
}

Expected<NetworkT> parse(std::span<const std::uint8_t> bytes, const std::string& name) {
  const auto refuse = [&](const char* code, std::string message) {
    Error error = Error::of(ErrorKind::Format, code, "", std::move(message),
                            "compile the network again with --witness");
    error.diagnostics.front().file = name;
    return error;
  };
  if (bytes.size() < kFrameBytes || std::memcmp(bytes.data(), kMagic, sizeof kMagic) != 0)
    return refuse("R0520", "this is no witness, or one of another version than this program's");
  const std::span<const std::uint8_t> rest = bytes.subspan(kFrameBytes);
  const std::uint64_t checksum = XXH3_64bits(rest.data(), rest.size());
  if (std::memcmp(bytes.data() + sizeof kMagic, &checksum, sizeof checksum) != 0)
    return refuse("R0521", "the checksum does not match the contents");
  flatbuffers::Verifier verifier(rest.data(), rest.size(), 8, rest.size() / 8);
  const Network* file = flatbuffers::GetRoot<Network>(rest.data());
  if (!verifier.VerifyBuffer<Network>() || sizeOf(*file) > rest.size())
    return refuse("R0521", "its lists do not fill the file");
  NetworkT network;
  file->UnPackTo(&network);
  if (std::string fault = faultOf(network); !fault.empty()) return refuse("R0521", std::move(fault));
  return network;
}

}  // namespace rheo::witness
