// From the runs of compartments that an image holds back to slices and tiles.
#include "mapping/Kept.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "chip/Program.h"
#include "place/Kernels.h"

namespace rheo {
namespace {

using Neurons = std::span<const std::int32_t>;

bool isRun(Neurons neurons, std::int64_t at, std::int64_t count, std::int64_t first) {
  if (at + count > std::ssize(neurons)) return false;
  for (std::int64_t i = 0; i < count; ++i)
    if (neurons[static_cast<std::size_t>(at + i)] != first + i) return false;
  return true;
}

// The largest tile that the neurons begin with, in the order of a tile: channels, rows, columns.
Tile leadingTile(Neurons neurons, const Convolution& map) {
  const std::int64_t first = neurons.front(), width = map.columns.outputs;
  const MapPlace corner = map.placeOfOutput(first);
  std::int64_t columns = 1, rows = 1, channels = 1;
  while (corner.column + columns < width && isRun(neurons, columns, 1, first + columns)) ++columns;
  while (corner.row + rows < map.rows.outputs &&
         isRun(neurons, rows * columns, columns, first + rows * width))
    ++rows;
  const auto repeats = [&](std::int64_t channel) {
    for (std::int64_t row = 0; row < rows; ++row)
      if (!isRun(neurons, (channel * rows + row) * columns, columns,
                 first + channel * map.positionsOut() + row * width))
        return false;
    return true;
  };
  while (corner.channel + channels < map.channelsOut && repeats(channels)) ++channels;
  return {{corner.channel, channels}, {corner.row, rows}, {corner.column, columns}};
}

Error anotherChip(std::string message) {
  return Error::of(ErrorKind::Data, "R0441", "", std::move(message),
                   "keep the cores of an image that was compiled for this chip, or compile without it");
}

Status sameChip(const Image& image, const Program& program, const ChipSpec& chip) {
  const std::string name = image.header().chip()->str();
  if (name != chip.name)
    return anotherChip(
        fmt::format("the image whose cores are to be kept is of '{}', not of '{}'", name, chip.name));
  GridShape then = program.routing.grid().shape(), now = chip.grid();
  then.deadCores = now.deadCores;  // what lies on a dead core is moved
  then.deadLinks = now.deadLinks;
  if (image.header().grid() && then != now)
    return anotherChip(fmt::format(
        "the image whose cores are to be kept is of a '{}' with other cores and tiles", chip.name));
  return ok();
}

}  // namespace

Expected<std::vector<WantedCore>> keptOf(const Image& image, const PlacementProblem& problem,
                                         const ChipSpec& chip) {
  const Expected<Program> program = decode(image);
  if (!program) return program.error();
  if (Status same = sameChip(image, *program, chip); !same) return std::move(same).error();
  std::vector<int> populationOf;  // [of the image]: of the problem, or -1
  for (const PopulationInfo& old : program->populations) {
    const auto found =
        std::find_if(problem.populations.begin(), problem.populations.end(), [&](const PopulationSpec& now) {
          return now.name == old.name && now.size == old.size && now.model == old.model;
        });
    populationOf.push_back(
        found == problem.populations.end() ? -1 : static_cast<int>(found - problem.populations.begin()));
  }
  std::vector<bool> kept(problem.populations.size(), false);
  for (const int population : populationOf)
    if (population >= 0) kept[static_cast<std::size_t>(population)] = true;
  // Whose sources have changed takes what room is left.
  const auto entersAsBefore = [&](const PlacedSlice& slice) {
    return std::none_of(problem.projections.begin(), problem.projections.end(),
                        [&](const ProjectionSpec& projection) {
                          return projection.target == slice.population && !projection.fromInput &&
                                 !kept[static_cast<std::size_t>(projection.source)];
                        });
  };
  std::vector<WantedCore> cores;
  for (const Core& core : program->cores) {
    std::map<int, std::vector<std::int32_t>> held;  // in the order of compartments
    for (const CompartmentSlice& slice : core.slices)
      if (const int population = populationOf[static_cast<std::size_t>(slice.population)]; population >= 0)
        for (std::int32_t i = 0; i < slice.count; ++i) held[population].push_back(slice.firstNeuron + i);
    if (held.empty()) continue;
    WantedCore& wanted = cores.emplace_back(WantedCore{core.id, {}});
    for (auto& [population, neurons] : held) {
      if (const Convolution* map = featureMapOf(problem, population)) {
        for (Neurons rest = neurons; !rest.empty();) {
          const Tile tile = leadingTile(rest, *map);
          wanted.slices.push_back(sliceOf(tile, *map, population));
          rest = rest.subspan(static_cast<std::size_t>(tile.size()));
        }
      } else {
        std::sort(neurons.begin(), neurons.end());
        wanted.slices.push_back(sliceOf(population, Neurons(neurons)));
      }
    }
    std::stable_partition(wanted.slices.begin(), wanted.slices.end(), entersAsBefore);
  }
  return cores;
}

}  // namespace rheo
