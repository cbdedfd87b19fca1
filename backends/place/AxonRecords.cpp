// Fills population axons: with lists of one length in the order of their sources, and with the kernels that
// meet one position in the order of their channels.
#include "place/AxonRecords.h"

#include <map>
#include <tuple>

#include "place/Kernels.h"

namespace rheo {
namespace {

class Packer {
 public:
  Packer(const PlacementProblem& problem, const ChipSpec& chip, const PlacedCore& core)
      : problem_(problem), chip_(chip), core_(core), most_(static_cast<std::size_t>(chip.atomsPerAxon())) {}

  std::vector<AxonRecord> run() {
    for (std::int32_t first = 0, end; first < std::ssize(core_.axons); first = end) {
      const int group = core_.axons[first].group;
      for (end = first; end < std::ssize(core_.axons) && core_.axons[end].group == group;) ++end;
      if (most_ == 1)
        for (std::int32_t i = first; i < end; ++i) records_.push_back({group, {i}});
      else if (core_.groups[group].kind == ListKind::Kernel)
        packKernels(group, first, end);
      else
        packLists(group, first, end);
    }
    return std::move(records_);
  }

 private:
  void packLists(int group, std::int32_t first, std::int32_t end) {
    const PlacedGroup& placed = core_.groups[group];
    std::vector<std::int64_t> counts;  // of sparse lists; dense ones are all as long as the slice
    if (placed.kind == ListKind::Sparse)
      counts = countSynapses(problem_.projections[placed.projection], chip_,
                             problem_.profile->weightTruncation, core_.slices[placed.slice]);
    std::map<std::int64_t, std::size_t> open;  // synapses -> the record that lists of so many go to
    for (std::int32_t i = first; i < end; ++i) {
      const auto [entry, isNew] =
          open.try_emplace(counts.empty() ? 0 : counts[core_.axons[i].source], records_.size());
      if (isNew || records_[entry->second].atoms.size() == most_) {
        entry->second = records_.size();
        records_.push_back({group, {}});
      }
      records_[entry->second].atoms.push_back(i);
    }
  }

  // The kernels of a group lie in the order in which its axons name them; those of as many channels of
  // targets are equally long.
  void packKernels(int group, std::int32_t first, std::int32_t end) {
    const PlacedGroup& placed = core_.groups[group];
    const ProjectionSpec& projection = problem_.projections[placed.projection];
    const Convolution& convolution = *projection.wiring.convolution();
    const Tile tile = *kernelTile(projection, chip_, core_.slices[placed.slice]);
    std::map<std::int64_t, std::size_t> order;  // channel of sources -> its kernel's number
    struct Open {
      std::size_t record, firstKernel;
    };
    std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t>, Open> open;
    for (std::int32_t i = first; i < end; ++i) {
      const std::int32_t source = core_.axons[i].source;
      const std::size_t kernel =
          order.try_emplace(convolution.placeOfInput(source).channel, order.size()).first->second;
      const KernelPlace place = kernelPlaceOf(convolution, tile, source);
      const auto [entry, isNew] =
          open.try_emplace({place.row, place.column, place.channels.first, place.channels.count},
                           Open{records_.size(), kernel});
      Open& at = entry->second;
      if (isNew || kernel - at.firstKernel >= most_) {
        at = {records_.size(), kernel};
        records_.push_back({group, {}});
      }
      std::vector<std::int32_t>& atoms = records_[at.record].atoms;
      atoms.resize(kernel - at.firstKernel, AxonRecord::kNobody);
      atoms.push_back(i);
    }
  }

  const PlacementProblem& problem_;
  const ChipSpec& chip_;
  const PlacedCore& core_;
  std::size_t most_;
  std::vector<AxonRecord> records_;
};

}  // namespace

std::vector<AxonRecord> axonRecords(const PlacementProblem& problem, const ChipSpec& chip,
                                    const PlacedCore& core) {
  return Packer(problem, chip, core).run();
}

}  // namespace rheo
