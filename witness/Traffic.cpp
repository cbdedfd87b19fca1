// Spikes followed from routes to sums, core by core, so that memory holds what enters one core.
#include "witness/Traffic.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "fixed/Profile.h"

namespace rheo::witness {
namespace {

// What files that share lists without end may cost: half a minute.
constexpr std::uint64_t kMostVisits = std::uint64_t{1} << 34;
constexpr std::uint64_t kArcsPerWord = 64;

}  // namespace

Traffic::Traffic(const Network& network, const Image& image, const Match& match,
                 const std::vector<Core>& cores, Report& report)
    : network_(network),
      image_(image),
      match_(match),
      cores_(cores),
      report_(report),
      exponentOfSum_(findProfile(network.profile) &&
                     findProfile(network.profile)->weightExponent == WeightExponent::OfSum),
      arcs_(cores.size()),
      mostArcs_(image.bytes().size() / 8 * kArcsPerWord),
      visits_(kMostVisits) {
  for (const image::Core* core : *image.header().cores()) coreOf_.emplace(core->id(), coreOf_.size());
  addInputs(image.header());
  addNeurons();
}

bool Traffic::broken(std::string where, std::string message) {
  report_.add(std::move(where), std::move(message));
  return false;
}

// SPEC I8.
void Traffic::add(const Records& routes, std::int64_t first, std::int64_t count, std::uint32_t source) {
  const auto total = static_cast<std::int64_t>(routes.count());
  const auto where = [&] { return match_.describe(network_, source); };
  if (count == 0) return;
  if (first < 0 || count < 0 || first > total || count > total - first ||
      static_cast<std::uint64_t>(count) > mostArcs_) {
    broken(where(),
           fmt::format("the routes {} + {} of {} lie outside the {} of their core, or are shared too often",
                       first, count, where(), total));
    return;
  }
  mostArcs_ -= static_cast<std::uint64_t>(count);
  for (std::int64_t i = first; i < first + count; ++i) {
    const std::int64_t core = routes.get(i, "core"), axon = routes.get(i, "axon");
    const auto found = coreOf_.find(core);
    if (found == coreOf_.end() || axon < 0 ||
        static_cast<std::uint64_t>(axon) >= cores_[found->second].memory("axon").count())
      broken(where(), fmt::format("route {} of {} leads to axon {} of core {}, which there is not", i,
                                  where(), axon, core));
    else
      arcs_[found->second].push_back({static_cast<std::uint32_t>(axon), source});
  }
}

void Traffic::addInputs(const image::Header& header) {
  for (std::size_t number = 0; number < match_.input.size(); ++number) {
    const image::Input& input = *header.inputs()->Get(static_cast<unsigned>(match_.input[number]));
    const Records routes(image_, *input.routes(), "route");
    const std::span<const std::uint64_t> ranges = image_.words(*input.route_index());
    if (ranges.size() != std::uint64_t{input.size()} * 2)
      broken(input.name()->str(), fmt::format("'{}' has {} words of route ranges for {} channels",
                                              input.name()->str(), ranges.size(), input.size()));
    for (std::size_t channel = 0; 2 * channel + 1 < ranges.size() && channel < input.size(); ++channel)
      add(routes, static_cast<std::int64_t>(ranges[2 * channel]),
          static_cast<std::int64_t>(ranges[2 * channel + 1]),
          match_.inputBase[number] + static_cast<std::uint32_t>(channel));
  }
}

void Traffic::addNeurons() {
  struct Part {
    std::uint32_t source;
    std::size_t core;
    const Slice* slice;
  };
  std::vector<Part> parts;
  for (std::size_t core = 0; core < cores_.size(); ++core)
    for (const Slice& slice : cores_[core].slices())
      parts.push_back(
          {match_.base[match_.number[slice.population]] + static_cast<std::uint32_t>(slice.firstNeuron), core,
           &slice});
  std::stable_sort(parts.begin(), parts.end(),
                   [](const Part& a, const Part& b) { return a.source < b.source; });
  for (const Part& part : parts) {
    const Core& core = cores_[part.core];
    const Records& neurons = core.memory("neuron");
    if (match_.isSum(part.source))
      sums_.push_back(
          {part.source, static_cast<std::uint32_t>(part.slice->count), {part.core, part.slice->firstInput}});
    for (std::int64_t i = 0; i < part.slice->count; ++i) {
      const std::int64_t record = part.slice->firstCompartment + i;
      add(core.memory("route"), neurons.get(record, "route_first"), neurons.get(record, "route_count"),
          part.source + static_cast<std::uint32_t>(i));
    }
  }
}

bool Traffic::placeOf(std::uint32_t source, Place& place) const {
  const auto after = std::upper_bound(sums_.begin(), sums_.end(), source,
                                      [](std::uint32_t s, const Held& held) { return s < held.first; });
  if (after == sums_.begin() || source - std::prev(after)->first >= std::prev(after)->count) return false;
  place = std::prev(after)->place;
  place.input += source - std::prev(after)->first;
  return true;
}

bool Traffic::arrive(std::size_t core, const std::vector<std::int32_t>& slots, std::uint64_t room,
                     Rows& rows) {
  room_ = room;
  return arrive(core, slots, rows, 0);
}

bool Traffic::arrive(std::size_t core, const std::vector<std::int32_t>& slots, Rows& rows,
                     std::size_t depth) {
  return follow(core, slots, rows) && replaceSums(rows, depth);
}

// SPEC I5, T2, T7.
bool Traffic::follow(std::size_t index, const std::vector<std::int32_t>& slots, Rows& rows) {
  const Core& core = cores_[index];
  for (const Arc& arc : arcs_[index]) {
    const auto place = [&] { return fmt::format("core {}, axon {}", index, arc.axon); };
    if (!core.list(arc.axon, slots, visits_, list_))
      return broken(place(), place() + ": its format or list means nothing, or lists are shared without end");
    const Format& format = core.formatOf(arc.axon);
    for (const Synapse& synapse : list_) {
      if (synapse.delay < 0 || synapse.delay > 62)
        return broken(place(), fmt::format("{}: a delay is {}; 0 to 62 exist", place(), synapse.delay));
      const std::int32_t slot = slots[static_cast<std::size_t>(synapse.input)];
      if (slot < 0) continue;
      if (room_-- == 0) return broken(place(), place() + ": far more synapses arrive than the network has");
      longest_ = std::max(longest_, synapse.delay);
      rows[static_cast<std::size_t>(slot)].push_back(
          {arc.source, static_cast<std::int16_t>(synapse.weight), static_cast<std::int16_t>(format.exponent),
           static_cast<std::int32_t>(synapse.delay),
           static_cast<std::uint32_t>(format.group * 64 + synapse.delay)});
    }
  }
  return true;
}

// SPEC V5: what a sum of the compiler hands on is what has arrived there.
bool Traffic::replaceSums(Rows& rows, std::size_t depth) {
  std::map<std::uint32_t, std::pair<Place, std::int32_t>> sums;  // source -> place, slot
  for (const std::vector<Arrival>& row : rows)
    for (const Arrival& arrival : row)
      if (match_.isSum(arrival.source)) sums[arrival.source];
  if (sums.empty()) return true;
  if (depth > match_.names.size() - match_.originals)
    return broken("", "sums that the compiler made feed one another in a circle");
  std::map<std::size_t, std::vector<std::int32_t>> slots;  // core -> of its inputs
  std::map<std::size_t, Rows> inner;
  for (auto& [source, held] : sums) {
    auto& [place, slot] = held;
    if (!placeOf(source, place))
      return broken("",
                    fmt::format("{} sends spikes and is held by no core", match_.describe(network_, source)));
    std::vector<std::int32_t>& wanted = slots[place.core];
    if (wanted.empty()) wanted.assign(static_cast<std::size_t>(cores_[place.core].inputs()), -1);
    slot = static_cast<std::int32_t>(inner[place.core].size());
    wanted[static_cast<std::size_t>(place.input)] = slot;
    inner[place.core].emplace_back();
  }
  for (auto& [core, wanted] : slots)
    if (!arrive(core, wanted, inner[core], depth + 1)) return false;
  for (std::vector<Arrival>& row : rows) {
    std::vector<Arrival> all;
    for (const Arrival& arrival : row) {
      if (!match_.isSum(arrival.source)) {
        all.push_back(arrival);
        continue;
      }
      const auto& [place, slot] = sums[arrival.source];
      if (!expand(arrival, inner[place.core][static_cast<std::size_t>(slot)], all)) return false;
    }
    row = std::move(all);
  }
  return true;
}

bool Traffic::expand(const Arrival& outer, const std::vector<Arrival>& inner, std::vector<Arrival>& into) {
  const auto who = [&] { return match_.describe(network_, outer.source); };
  if (outer.weight != 1 || (outer.exponent < 0 && !exponentOfSum_))  // SPEC W6 would floor each part of it
    return broken("", fmt::format("{} hands its sum on with weight {}, exponent {}: it has to be whole",
                                  who(), outer.weight, outer.exponent));
  if (inner.size() > room_)
    return broken("", fmt::format("{} stands for far more synapses than there are", who()));
  room_ -= inner.size();
  for (const Arrival& part : inner) {
    // SPEC W6: each weight has its exponent already when it is summed, so the sum may hold it instead.
    if (part.exponent != 0 && (exponentOfSum_ || outer.exponent != 0))
      return broken("",
                    fmt::format("{} shifts what arrives by {}; sums shift nothing", who(), part.exponent));
    const auto exponent = static_cast<std::int16_t>(part.exponent + outer.exponent);
    into.push_back({part.source, part.weight, exponent, outer.delay + 1 + part.delay, outer.sum});
  }
  return true;
}

}  // namespace rheo::witness
