// FixedNet to witness, and what is left behind where an image is not its network.
#include "passes/Witness.h"

#include <fmt/format.h>
#include <stdlib.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <numeric>
#include <tuple>

#include "algorithms/Lags.h"
#include "algorithms/Registers.h"
#include "chip/Program.h"
#include "support/File.h"
#include "witness/relays/Relays.h"

namespace rheo {

using witness::NetworkT;
using witness::NodeT;
using witness::ProjectionT;

namespace {

constexpr std::uint64_t kMostBytes = 2'000'000'000;  // of lists: a FlatBuffer ends at 2 GiB

// A kernel, with its windows by SPEC F15 itself: placement and emission walk by network/Convolution.h.
void listWindows(const Convolution& c, ProjectionT& to) {
  to.blocks = static_cast<std::uint32_t>(c.channelsOut);
  to.groups = static_cast<std::uint32_t>(c.groups);
  to.planes = static_cast<std::uint32_t>(c.channelsIn / c.groups);
  for (std::int64_t row = 0; row < c.rows.outputs; ++row)
    for (std::int64_t column = 0; column < c.columns.outputs; ++column) {
      for (std::int64_t k = 0; k < c.rows.kernel; ++k)
        for (std::int64_t l = 0; l < c.columns.kernel; ++l) {
          const std::int64_t y = row * c.rows.stride - c.rows.padding + k * c.rows.dilation;
          const std::int64_t x = column * c.columns.stride - c.columns.padding + l * c.columns.dilation;
          if (y < 0 || y >= c.rows.inputs || x < 0 || x >= c.columns.inputs) continue;
          to.places.push_back(static_cast<std::uint32_t>(y * c.columns.inputs + x));
          to.entries.push_back(static_cast<std::uint32_t>(k * c.columns.kernel + l));
        }
      to.starts.push_back(static_cast<std::uint32_t>(to.places.size()));
    }
}

// Each synapse with its source where few pairs have one, else a weight for every pair.
void listPairs(const Connections<std::int32_t>& from, ProjectionT& to) {
  const std::int64_t targets = from.wiring.targets(), sources = from.wiring.sources();
  const std::int64_t synapses =
      std::count_if(from.values.begin(), from.values.end(), [](std::int32_t weight) { return weight != 0; });
  const bool delayed = !from.delays.empty();
  const std::int64_t bytes = sizeof(std::int16_t) + (delayed ? sizeof(std::uint8_t) : 0);
  const bool listed =
      synapses * (bytes + 4) + targets * 4 < targets * sources * bytes;  // a place, and a start for each row
  to.blocks = static_cast<std::uint32_t>(listed ? 1 : targets);
  if (!listed) {
    to.starts = {0, static_cast<std::uint32_t>(sources)};
    to.places.resize(static_cast<std::size_t>(sources));
    std::iota(to.places.begin(), to.places.end(), 0);
    to.weights.resize(static_cast<std::size_t>(targets * sources));
    to.delays.resize(delayed ? to.weights.size() : 0);
  }
  for (std::int64_t target = 0; target < targets; ++target) {
    from.wiring.sourcesOf(target, [&](std::int64_t source, std::int64_t index) {
      const auto weight = static_cast<std::int16_t>(from.value(index));
      const auto delay =
          static_cast<std::uint8_t>(delayed ? from.delays[static_cast<std::size_t>(index)] : 0);
      const auto pair = static_cast<std::size_t>(target * sources + source);
      if (!listed) {
        to.weights[pair] = weight;
        if (delayed) to.delays[pair] = delay;
      } else if (weight != 0) {
        to.places.push_back(static_cast<std::uint32_t>(source));
        to.weights.push_back(weight);
        if (delayed) to.delays.push_back(delay);
      }
    });
    if (listed) to.starts.push_back(static_cast<std::uint32_t>(to.places.size()));
  }
}

// `inputs` come before the populations among a network's nodes.
std::unique_ptr<ProjectionT> projectionOf(const FixedProjection& from, std::size_t inputs) {
  auto made = std::make_unique<ProjectionT>();
  made->name = from.name;
  made->source = static_cast<std::uint32_t>(from.source.index + (from.source.input ? 0 : inputs));
  made->target = static_cast<std::uint32_t>(from.target + inputs);
  made->delay_steps = from.delaySteps;
  made->weight_bits = static_cast<std::uint8_t>(from.weightBits);
  made->exponent = static_cast<std::int16_t>(from.exponent);
  made->sign_mode = static_cast<std::uint8_t>(from.signMode);
  made->groups = made->planes = 1;
  made->starts = {0};
  if (const std::optional<Convolution>& convolution = from.weights.wiring.convolution()) {
    listWindows(*convolution, *made);
    made->weights.assign(from.weights.values.begin(), from.weights.values.end());
    made->delays.assign(from.weights.delays.begin(), from.weights.delays.end());
  } else {
    listPairs(from.weights, *made);
  }
  return made;
}

std::unique_ptr<NodeT> nodeOf(const std::string& name, std::int64_t size) {
  auto made = std::make_unique<NodeT>();
  made->name = name;
  made->size = static_cast<std::uint32_t>(size);
  return made;
}

std::unique_ptr<NodeT> nodeOf(const FixedPopulation& from, int lag) {
  std::unique_ptr<NodeT> made = nodeOf(from.name, from.size);
  made->model = from.model->name;
  made->lag = lag;
  std::vector<std::vector<std::int32_t>> parameters = stepParametersOf(from);
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    auto& parameter = made->parameters.emplace_back(std::make_unique<witness::ParameterT>());
    parameter->name = from.model->fixedParameters[p].name;
    parameter->values = std::move(parameters[p]);
  }
  return made;
}

// What an image's header has to say of it.
image::HeaderT headerOf(const FixedNet& net, const Profile& profile) {
  image::HeaderT header;
  header.network = net.name;
  header.profile = profile.name;
  header.dt = net.dt;
  for (const FixedPopulation& from : net.populations) {
    auto& made = header.populations.emplace_back(std::make_unique<image::PopulationT>());
    made->name = from.name;
    made->model = from.model->name;
    made->size = static_cast<std::uint32_t>(from.size);
    made->shape = from.shape;
    made->hidden = from.hidden;
  }
  for (const InputPort& from : net.inputs) {
    auto& made = header.inputs.emplace_back(std::make_unique<image::InputT>());
    made->name = from.name;
    made->size = static_cast<std::uint32_t>(from.size);
    made->shape = from.shape;
    made->max_payload = from.minPayload < 0 ? -from.minPayload : from.maxPayload;
    made->encoding = from.minPayload < 0   ? image::Encoding::Graded
                     : from.maxPayload > 1 ? image::Encoding::Counts
                                           : image::Encoding::Binary;
  }
  for (const OutputPort& from : net.outputs) {
    auto& made = header.outputs.emplace_back(std::make_unique<image::OutputT>());
    made->name = from.name;
    made->shape = from.shape;
    for (const int population : from.populations) {
      auto& part = made->parts.emplace_back(std::make_unique<image::OutputPartT>());
      part->population = static_cast<std::uint32_t>(population);
      if (!net.populations[static_cast<std::size_t>(population)].model->spiking)
        part->state = std::string("v");
    }
  }
  return header;
}

// Where both files stay; empty where they cannot be written.
std::string keep(std::span<const std::uint8_t> witness, const Image& image) {
  std::error_code error;
  const std::filesystem::path root = std::filesystem::temp_directory_path(error);
  std::string folder = (root / "rheobase-fault-").string() + std::string(6, 'X');  // mkdtemp's blanks
  if (error || !mkdtemp(folder.data())) return "";
  const bool kept =
      writeFileAtomically(folder + "/network.rheow", witness) && image.save(folder + "/image.rheo");
  return kept ? folder : "";
}

}  // namespace

NetworkT witnessOf(const FixedNet& net, const Profile& profile) {
  NetworkT network;
  network.profile = profile.name;
  for (const auto& [key, how] : witness::faceOf(headerOf(net, profile))) {
    auto& fact = network.face.emplace_back(std::make_unique<witness::FactT>());
    std::tie(fact->what, fact->name) = key;
    fact->how = how;
  }
  for (const InputPort& port : net.inputs) network.nodes.push_back(nodeOf(port.name, port.size));
  // Resets in intervals count from them. A network without any is refused on the way to the legal stage.
  const Expected<LagSolution> lags = solveLags(net, kMaxDelay);
  for (std::size_t i = 0; i < net.populations.size(); ++i)
    network.nodes.push_back(nodeOf(net.populations[i], lags ? lags->lag[i] : 0));
  for (const FixedProjection& projection : net.projections)
    network.projections.push_back(projectionOf(projection, net.inputs.size()));
  return network;
}

std::vector<std::uint8_t> bytesOf(const NetworkT& network) {
  std::uint64_t size = 0;
  for (const auto& p : network.projections)
    size += 4 * (p->places.size() + p->entries.size()) + 2 * p->weights.size() + p->delays.size();
  if (size > kMostBytes) return {};
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(witness::Network::Pack(builder, &network));
  const std::uint64_t checksum = XXH3_64bits(builder.GetBufferPointer(), builder.GetSize());
  std::vector<std::uint8_t> bytes(witness::kFrameBytes + builder.GetSize());
  std::memcpy(bytes.data(), witness::kMagic, sizeof witness::kMagic);
  std::memcpy(bytes.data() + sizeof witness::kMagic, &checksum, sizeof checksum);
  std::memcpy(bytes.data() + witness::kFrameBytes, builder.GetBufferPointer(), builder.GetSize());
  return bytes;
}

Status checkRelaysAgainst(std::span<const std::uint8_t> before, std::span<const std::uint8_t> after) {
  Expected<NetworkT> was = witness::parse(before, "witness"), is = witness::parse(after, "witness");
  if (!was || !is) {
    Error error = !was ? std::move(was).error() : std::move(is).error();
    error.kind = ErrorKind::Internal;
    return error;
  }
  witness::Report report = witness::checkRelays(*was, *is);
  if (report.passed()) return ok();
  for (Diagnostic& fault : report.faults)
    fault.remedy = "this is a fault of rheobase; please report it with the network";
  return Error{ErrorKind::Internal, std::move(report.faults)};
}

Status checkAgainst(std::span<const std::uint8_t> witness, const Image& image) {
  Expected<NetworkT> network = witness::parse(witness, "witness");
  if (!network) {
    Error error = std::move(network).error();
    error.kind = ErrorKind::Internal;
    return error;
  }
  witness::Report report = witness::check(*network, image);
  if (report.passed()) return ok();
  const std::string folder = keep(witness, image);
  for (Diagnostic& fault : report.faults)
    fault.remedy = folder.empty() ? "this is a fault of rheobase; please report it with the network"
                                  : fmt::format(
                                        "this is a fault of rheobase; please report it with the files in {}; "
                                        "rheo-witness shows it again ({} faults)",
                                        folder, report.total);
  return Error{ErrorKind::Internal, std::move(report.faults)};
}

}  // namespace rheo
