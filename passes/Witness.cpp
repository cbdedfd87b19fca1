// FixedNet to witness, and what is left behind where an image is not its network.
#include "passes/Witness.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <filesystem>

#include "algorithms/Lags.h"
#include "algorithms/Registers.h"
#include "chip/Program.h"
#include "support/File.h"
#include "witness/Check.h"
#include "witness/Relays.h"

namespace rheo {
namespace {

witness::Axis axisOf(const ConvolutionAxis& axis) {
  const auto narrow = [](std::int64_t value) { return static_cast<std::int32_t>(value); };
  return {narrow(axis.inputs), narrow(axis.outputs), narrow(axis.kernel),
          narrow(axis.stride), narrow(axis.padding), narrow(axis.dilation)};
}

witness::Projection projectionOf(const FixedProjection& from) {
  witness::Projection projection;
  projection.name = from.name;
  projection.fromInput = from.source.input ? 1 : 0;
  projection.source = from.source.index;
  projection.target = from.target;
  projection.delaySteps = from.delaySteps;
  projection.weightBits = from.weightBits;
  projection.exponent = from.exponent;
  projection.signMode = static_cast<std::uint8_t>(from.signMode);
  if (const std::optional<Convolution>& c = from.weights.wiring.convolution())
    projection.convolution = {static_cast<std::int32_t>(c->channelsIn),
                              static_cast<std::int32_t>(c->channelsOut), static_cast<std::int32_t>(c->groups),
                              axisOf(c->rows), axisOf(c->columns)};
  const Connections<std::int32_t> weights = from.weights.wiring.lists() ? dense(from.weights) : from.weights;
  projection.weights.assign(weights.values.begin(), weights.values.end());
  projection.delays.assign(weights.delays.begin(), weights.delays.end());
  return projection;
}

witness::Population populationOf(const FixedPopulation& from, int lag) {
  witness::Population population;
  population.name = from.name;
  population.model = from.model->name;
  population.size = static_cast<std::int32_t>(from.size);
  population.shape = from.shape;
  population.hidden = from.hidden ? 1 : 0;
  population.lag = lag;
  std::vector<std::vector<std::int32_t>> parameters = stepParametersOf(from);
  for (std::size_t p = 0; p < parameters.size(); ++p)
    population.parameters.push_back(
        {std::string(from.model->fixedParameters[p].name), std::move(parameters[p])});
  return population;
}

// Where both files stay; empty where they cannot be written.
std::string keep(std::span<const std::uint8_t> witness, const Image& image) {
  std::error_code error;
  const std::filesystem::path root = std::filesystem::temp_directory_path(error);
  std::string folder = (root / "rheobase-fault-XXXXXX").string();
  if (error || !mkdtemp(folder.data())) return "";
  const bool kept =
      writeFileAtomically(folder + "/network.rheow", witness) && image.save(folder + "/image.rheo");
  return kept ? folder : "";
}

}  // namespace

witness::Network witnessOf(const FixedNet& net, const Profile& profile) {
  witness::Network network;
  network.name = net.name;
  network.profile = profile.name;
  network.dt = net.dt;
  // Resets in intervals count from them. A network without any is refused on the way to the legal stage.
  const Expected<LagSolution> lags = solveLags(net, kMaxDelay);
  for (std::size_t i = 0; i < net.populations.size(); ++i)
    network.populations.push_back(populationOf(net.populations[i], lags ? lags->lag[i] : 0));
  for (const InputPort& port : net.inputs)
    network.inputs.push_back(
        {port.name, static_cast<std::int32_t>(port.size), port.shape, port.minPayload, port.maxPayload});
  for (const FixedProjection& projection : net.projections)
    network.projections.push_back(projectionOf(projection));
  for (const OutputPort& port : net.outputs) {
    witness::Output& output = network.outputs.emplace_back();
    output.name = port.name;
    output.shape = port.shape;
    for (const int population : port.populations)
      output.parts.push_back(
          {population, net.populations[static_cast<std::size_t>(population)].model->spiking ? "" : "v"});
  }
  return network;
}

Status checkRelaysAgainst(std::span<const std::uint8_t> before, std::span<const std::uint8_t> after) {
  Expected<witness::Network> was = witness::parse(before, "witness"), is = witness::parse(after, "witness");
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
  Expected<witness::Network> network = witness::parse(witness, "witness");
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
