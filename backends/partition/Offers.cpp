// One pass over a vertex' edges, the innermost loop of the mapper.
#include "partition/Offers.h"

namespace rheo::partition {
namespace {

constexpr std::size_t kAhead = 6;  // edges whose lists are fetched before they are read

}  // namespace

template <bool kWords>
void Offers::visitEdges(const Assignment& assignment) {
  const EdgeCores& edgeCores = assignment.edgeCores();
  const std::span<const Incidence> incidences = assignment.graph().incidences(vertex_);
  float leaving = 0;
  for (std::size_t i = 0; i < incidences.size(); ++i) {
    if (i + kAhead < incidences.size()) edgeCores.prefetch(incidences[i + kAhead].edge());
    const Incidence incidence = incidences[i];
    const float weight = edgeCores.weight(incidence.edge());
    const Index role = incidence.role(), target = role >> 1;
    targetEdges_ += target;
    for (const CorePins& there : edgeCores[incidence.edge()]) {
      Link& link = links_[there.core];
      if (link.seen++ == 0) touched_.push_back(there.core);
      link.shared += weight;
      link.axons += target & (there.pins > 1);
      if (there.core == home_) {
        leaving += there.pins == role ? weight : 0.0F;
        freed_.axons += target & (there.targets() == 1);
        if (kWords && target) freed_.words += assignment.wordsOfOneMore(there.targets() - 1);
      } else if (kWords && target && there.pins > 1) {
        link.words += static_cast<std::uint32_t>(assignment.wordsOfOneMore(there.targets()));
      }
    }
  }
  leaving_ = leaving;
}

void Offers::gather(const Assignment& assignment, Index vertex) {
  for (Index core : touched_) links_[core] = {};
  touched_.clear();
  if (links_.size() < assignment.cores()) links_.resize(assignment.cores());
  vertex_ = vertex;
  home_ = assignment.coreOf(vertex);
  neurons_ = assignment.graph().vertexWeight(vertex);
  targetEdges_ = 0;
  freed_ = {neurons_, 0, 0};
  wordsOfFirst_ = assignment.wordsOfOneMore(0);
  if (assignment.limits().memoryIsLimited())
    visitEdges<true>(assignment);
  else
    visitEdges<false>(assignment);
  // Every edge of the vertex has a pin at home: the vertex itself.
  total_ = link(home_).shared;
}

}  // namespace rheo::partition
