// Samples over threads; for each the intact run once, then what each fault changes.
#include "faults/Campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <mutex>
#include <numeric>
#include <optional>
#include <utility>

#include "faults/Chance.h"
#include "faults/Describe.h"
#include "faults/Device.h"
#include "support/Hash.h"

namespace rheo::faults {
namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{2} << 30;  // of one intact run

constexpr auto kUnchecked = [](std::int64_t) { return ok(); };

}  // namespace

SiteCount& SiteCount::operator+=(const SiteCount& o) {
  tried += o.tried, raster += o.raster, output += o.output, decision += o.decision;
  undefined += o.undefined, spoiled += o.spoiled, mended += o.mended;
  return *this;
}

// A draw of a sample, with all that is needed to find the fault: draws of one sample lie far apart among
// those of a request.
struct Campaign::DrawPlace {
  std::uint32_t request = 0;
  std::uint64_t number = 0, site = 0;
};

// A draw that the cascade follows.
struct Campaign::Drawn {
  std::uint32_t request = 0;
  std::uint64_t number = 0;
  std::int32_t ticket = 0;
};

struct Campaign::Worker {
  explicit Worker(const Campaign& campaign)
      : differential(*campaign.flat_, *campaign.readout_),
        cascade(*campaign.flat_, *campaign.readout_, *campaign.plan_) {}
  void load(const FlatProgram& flat, const InputBatch& input, std::int64_t sample) {
    intact.run(flat, input, sample);
    differential.load(intact);
    cascade.load(intact, differential.sums(), differential.answer());
    loaded = sample;
  }
  bool sends(const FlatProgram& flat, const Fault& fault) const {
    return intact.sent(fault.step, flat.sourceOfCell(flat.cellOf(fault.population, fault.neuron))) != 0;
  }
  Differential differential;
  Cascade cascade;
  std::vector<std::pair<std::uint64_t, std::int32_t>> tickets;  // of the cascade, by site
  std::vector<Drawn> drawn;
  std::vector<std::pair<std::uint64_t, std::size_t>> sites;  // of draws, with the fields they lie in
  std::vector<Fault> faults;                                 // behind them
  Baseline intact, other;
  std::int64_t loaded = -1;
  std::optional<WeightLanes::Room> room;
  std::vector<SiteCount> counts;
};

Campaign::Campaign(const Image& image, CampaignOptions options)
    : image_(image), options_(std::move(options)) {}

Expected<std::unique_ptr<Campaign>> Campaign::make(const Image& image, CampaignOptions options) {
  std::unique_ptr<Campaign> campaign(new Campaign(image, std::move(options)));
  Expected<Program> program = decode(campaign->image_);
  if (!program) return std::move(program).error();
  Campaign& c = *campaign;
  c.flat_ = std::make_unique<FlatProgram>(std::make_shared<const Program>(*std::move(program)));
  c.memories_ = std::make_unique<Memories>(c.image_, *c.flat_);
  c.readout_ = std::make_unique<Readout>(*c.flat_, c.options_.decision);
  if (std::ssize(c.options_.decision.scale) < c.readout_->values())
    return Error::of(ErrorKind::Usage, "R0601", "",
                     fmt::format("{} scales are given for the {} values of the output",
                                 c.options_.decision.scale.size(), c.readout_->values()),
                     "give one for each");
  c.sites_ = std::make_unique<Sites>(*c.memories_, *c.flat_, c.options_.requests,
                                     SiteOptions{c.options_.steps, c.options_.instances, c.options_.seed});
  c.plan_ = std::make_unique<CascadePlan>(*c.flat_, *c.readout_, c.options_.steps + c.program().lag);
  c.resolver_ = std::make_unique<Resolver>(*c.memories_, *c.flat_, c.options_.seed);
  for (const FaultRequest& request : c.options_.requests) {
    const auto& strata = c.sites_->strata();
    if (std::any_of(strata.begin(), strata.end(),
                    [&](const Stratum& stratum) { return stratum.request.kind == request.kind; }))
      continue;
    return Error::of(ErrorKind::Data, "R0804", std::string(request.kind->name),
                     fmt::format("the image holds no place for '{}'", request.kind->name),
                     "leave this kind out");
  }
  return campaign;
}

Status Campaign::checkData(const InputBatch& input) const {
  // Steps of faults and of what neurons are said not to notice are those of the campaign.
  if (input.steps != options_.steps)
    return Error::of(
        ErrorKind::Data, "R0601", "",
        fmt::format("the data have {} steps, the campaign is one of {}", input.steps, options_.steps),
        "make a campaign for data of this length");
  const std::uint64_t bytes = Baseline::bytes(*flat_, input.steps + program().lag);
  if (bytes > kMostBytes)
    return Error::of(ErrorKind::Data, "R0805", "",
                     fmt::format("the intact run of one sample takes {} MiB, {} are allowed", bytes >> 20,
                                 kMostBytes >> 20),
                     "give fewer steps");
  return checkInput(program(), input);
}

// Sorts the faults into those that lanes take, those whose effects are kept, and the others.
Status Campaign::prepare(const RunControl& control) {
  const std::lock_guard lock(preparing_);
  if (prepared_) return ok();
  const auto count = static_cast<std::int64_t>(sites_->count());
  lanes_ = std::make_unique<WeightLanes>(*flat_, *readout_, *plan_);
  laned_.assign(static_cast<std::size_t>(count), false);
  std::vector<std::uint64_t> words;
  for (std::size_t s = 0; s < sites_->strata().size(); ++s) {
    const bool stored = sites_->strata()[s].request.kind->mechanism == Mechanism::MemoryBit;
    for (std::uint64_t k = 0; k < sites_->strata()[s].sites; ++k)
      (stored ? words : others_).push_back(sites_->first(s) + k);
  }
  constexpr std::int64_t kBlock = 1024;
  const auto blocks = (std::ssize(words) + kBlock - 1) / kBlock;
  std::vector<std::vector<Effect>> resolved(static_cast<std::size_t>(blocks));
  RunControl quiet{control.threads, {}, control.cancel};
  Status status = overThreads(
      blocks, quiet, "campaign", [] { return std::make_unique<int>(); }, kUnchecked,
      [&](int&, std::int64_t block) -> Status {
        for (std::int64_t k = block * kBlock; k < std::min(std::ssize(words), (block + 1) * kBlock); ++k) {
          Expected<Effect> effect = resolver_->resolve(sites_->fault(words[static_cast<std::size_t>(k)]));
          if (!effect) return std::move(effect).error();
          resolved[static_cast<std::size_t>(block)].push_back(*std::move(effect));
        }
        return ok();
      });
  if (!status) return status;
  for (std::size_t k = 0; k < words.size(); ++k) {
    Effect& effect = resolved[k / kBlock][k % kBlock];
    const std::int32_t cell = plan_->localCell(effect);
    if (lanes_->add(effect, static_cast<std::uint32_t>(words[k])) || effect.nothing())
      laned_[words[k]] = true;
    else
      effects_.push_back({words[k], std::move(effect), cell});
  }
  lanes_->finish();
  prepared_ = true;
  return ok();
}

Expected<Outcome> Campaign::outcome(Worker& worker, const Effect& effect, const InputBatch& input) const {
  if (!effect.undefined.empty()) {
    Outcome outcome;
    outcome.damage = Damage::Undefined;
    return outcome;
  }
  if (!effect.whole && effect.device.what == Manner::None) return worker.differential.run(effect);
  const auto whole =
      effect.whole ? effect.whole : deviceProgram(*flat_, *memories_, effect.device, worker.loaded);
  worker.other.run(FlatProgram(whole), input, worker.loaded);
  return worker.differential.compare(worker.other);
}

Expected<Visit> Campaign::visit(const InputBatch& input, std::int64_t first, std::int64_t count,
                                const std::vector<std::int32_t>& labels, const RunControl& control) {
  if (Status status = checkData(input); !status) return std::move(status).error();
  if (Status status = prepare(control); !status) return std::move(status).error();
  Visit result;
  result.sites.resize(sites_->count());
  result.answers.resize(static_cast<std::size_t>(count));
  std::mutex mutex;
  const auto makeWorker = [&] {
    // What a thread counted is added when it ends.
    return std::shared_ptr<Worker>(new Worker(*this), [&](Worker* worker) {
      const std::lock_guard lock(mutex);
      for (std::size_t k = 0; k < worker->counts.size(); ++k) result.sites[k] += worker->counts[k];
      delete worker;
    });
  };
  const auto check = [&](std::int64_t k) { return checkSample(program(), input, first + k); };
  Status status = overThreads(
      count, control, "campaign", makeWorker, check, [&](Worker& worker, std::int64_t k) -> Status {
        const std::int64_t sample = first + k;
        worker.counts.resize(sites_->count());
        worker.load(*flat_, input, sample);
        if (!worker.room) worker.room.emplace(worker.intact.steps());
        const std::int32_t answer = worker.differential.answer();
        result.answers[static_cast<std::size_t>(k)] = answer;
        const std::int32_t label = labels.empty() ? -1 : labels[static_cast<std::size_t>(sample)];
        const auto note = [&](std::uint64_t site, const Outcome& outcome) {
          SiteCount& counts = worker.counts[site];
          counts.raster += outcome.damage == Damage::Raster;
          counts.output += outcome.damage == Damage::Output;
          counts.decision += outcome.damage == Damage::Decision;
          counts.undefined += outcome.damage == Damage::Undefined;
          if (outcome.damage != Damage::Decision || label < 0) return;
          counts.spoiled += answer == label && outcome.answer != label;
          counts.mended += answer != label && outcome.answer == label;
        };
        lanes_->run(worker.intact, worker.differential, worker.cascade, *worker.room, note);
        worker.tickets.clear();
        const auto visitOne = [&](std::uint64_t site, const Effect& effect, std::int32_t cell) -> Status {
          ++worker.counts[site].tried;
          if (cell >= 0) {
            const std::int32_t ticket = worker.cascade.add(effect, cell);
            if (ticket != Cascade::kNothing) worker.tickets.emplace_back(site, ticket);
            return ok();
          }
          Expected<Outcome> found = outcome(worker, effect, input);
          if (!found) return std::move(found).error();
          note(site, *found);
          return ok();
        };
        for (const Kept& kept : effects_)
          if (Status status = visitOne(kept.site, kept.effect, kept.cell); !status) return status;
        for (const std::uint64_t site : others_) {
          const Fault fault = sites_->fault(site);
          if (fault.kind->mechanism == Mechanism::Message && !worker.sends(*flat_, fault)) continue;
          Expected<Effect> effect = resolver_->resolve(fault);
          if (!effect) return std::move(effect).error();
          if (Status status = visitOne(site, *effect, plan_->localCell(*effect)); !status) return status;
          if (control.cancelled()) break;
        }
        worker.cascade.finish();
        for (const auto& [site, ticket] : worker.tickets) note(site, worker.cascade.outcome(ticket));
        return ok();
      });
  if (!status) return std::move(status).error();
  for (std::size_t site = 0; site < result.sites.size(); ++site)
    if (laned_[site]) result.sites[site].tried = static_cast<std::uint32_t>(count);
  return result;
}

namespace {

// Draw `k` of a stratum: of equal seeds the streams of two strata have nothing in common.
class DrawStream {
 public:
  DrawStream(std::uint64_t seed, std::size_t stratum)
      : seed_(seedOf(seed, (std::uint64_t{1} << 40) + stratum)) {}
  std::uint64_t sample(std::uint64_t k, std::uint64_t bound) const { return below(2 * k, bound); }
  std::uint64_t site(std::uint64_t k, std::uint64_t bound) const { return below(2 * k + 1, bound); }

 private:
  std::uint64_t below(std::uint64_t index, std::uint64_t bound) const {
    return static_cast<std::uint64_t>(static_cast<unsigned __int128>(wideChance(seed_, index)) * bound >> 64);
  }
  std::uint64_t seed_;
};

}  // namespace

Expected<std::vector<std::vector<Draw>>> Campaign::draw(const InputBatch& input,
                                                        const std::vector<DrawRequest>& requests,
                                                        const RunControl& control) const {
  if (Status status = checkData(input); !status) return std::move(status).error();
  std::vector<std::vector<Draw>> draws;
  // By sample, then by request: a run is made once, and what a stratum needs of it is found once.
  std::vector<std::size_t> ends(static_cast<std::size_t>(input.batch) +
                                1);  // of each sample's draws; then starts
  std::shared_ptr<const MessageCounts> messages;
  for (std::size_t r = 0; r < requests.size(); ++r) {
    draws.emplace_back(requests[r].count);
    const Stratum& stratum = sites_->strata()[requests[r].stratum];
    const DrawStream stream(options_.seed, requests[r].stratum);
    const std::vector<std::uint64_t>* before = nullptr;
    if (stratum.request.kind->mechanism == Mechanism::Message) {
      if (Status status = needMessages(messages, input, control); !status) return std::move(status).error();
      before = &(*messages)[static_cast<std::size_t>(stratum.population)];
      if (before->back() == 0)
        return Error::of(ErrorKind::Data, "R0804", std::string(stratum.request.kind->name),
                         fmt::format("'{}' sends nothing in any sample", stratum.node),
                         "leave this kind out");
    }
    for (std::uint64_t k = 0; k < requests[r].count; ++k) {
      Draw& draw = draws[r][k];
      const std::uint64_t number = requests[r].first + k;
      if (before != nullptr) {  // of all messages one, the `site`th of its sample
        const std::uint64_t message = stream.site(number, before->back());
        const auto next = std::upper_bound(before->begin(), before->end(), message);
        draw.sample = next - before->begin() - 1;
        draw.site = message - *(next - 1);
      } else {
        draw.sample =
            static_cast<std::int64_t>(stream.sample(number, static_cast<std::uint64_t>(input.batch)));
        draw.site = stream.site(number, stratum.sites);
      }
      ++ends[static_cast<std::size_t>(draw.sample)];
    }
  }
  std::partial_sum(ends.begin(), ends.end(), ends.begin());
  std::vector<DrawPlace> order(ends.back());
  for (std::size_t r = requests.size(); r-- > 0;)
    for (std::uint64_t k = requests[r].count; k-- > 0;)
      order[--ends[static_cast<std::size_t>(draws[r][k].sample)]] = {static_cast<std::uint32_t>(r), k,
                                                                     draws[r][k].site};
  std::vector<std::int64_t> samples;  // those that were drawn
  for (std::int64_t sample = 0; sample < input.batch; ++sample)
    if (ends[static_cast<std::size_t>(sample)] < ends[static_cast<std::size_t>(sample) + 1])
      samples.push_back(sample);
  Status status = overThreads(
      std::ssize(samples), control, "campaign", [&] { return std::make_shared<Worker>(*this); },
      [&](std::int64_t k) { return checkSample(program(), input, samples[static_cast<std::size_t>(k)]); },
      [&](Worker& worker, std::int64_t k) -> Status {
        const std::int64_t sample = samples[static_cast<std::size_t>(k)];
        worker.load(*flat_, input, sample);
        worker.drawn.clear();
        const std::span<const DrawPlace> mine(order.data() + ends[static_cast<std::size_t>(sample)],
                                              order.data() + ends[static_cast<std::size_t>(sample) + 1]);
        for (std::size_t first = 0, end; first < mine.size(); first = end) {
          const std::uint32_t request = mine[first].request;
          for (end = first + 1; end < mine.size() && mine[end].request == request;) ++end;
          if (Status done = drawOnSample(worker, requests[request], input, mine.subspan(first, end - first),
                                         draws[request]);
              !done)
            return done;
        }
        worker.cascade.finish();
        for (const Drawn& drawn : worker.drawn) {
          const Outcome& found = worker.cascade.outcome(drawn.ticket);
          Draw& draw = draws[drawn.request][drawn.number];
          draw.damage = found.damage;
          draw.after = found.answer;
        }
        return ok();
      });
  if (!status) return std::move(status).error();
  return draws;
}

Expected<std::shared_ptr<const Campaign::MessageCounts>> Campaign::countMessages(
    const InputBatch& input, const RunControl& control) const {
  const std::int64_t shape[] = {input.batch, input.steps};
  std::uint64_t key = hashOf(std::as_bytes(std::span(shape)), 0);
  for (const InputBatch::Series& series : input.inputs) {
    key = hashOf(std::as_bytes(series.bytes()), key);
    key = hashOf(std::as_bytes(std::span(series.wide)), key);
  }
  const std::lock_guard lock(counting_);
  if (messages_ && counted_ == key) return messages_;
  auto counts = std::make_shared<MessageCounts>();
  for (std::size_t p = 0; p < program().populations.size(); ++p)
    counts->emplace_back(static_cast<std::size_t>(input.batch) + 1);
  Status status = overThreads(
      input.batch, control, "campaign", [] { return std::make_shared<Baseline>(); },
      [&](std::int64_t sample) { return checkSample(program(), input, sample); },
      [&](Baseline& run, std::int64_t sample) -> Status {
        run.run(*flat_, input, sample);
        for (std::int32_t cell = 0; cell < std::ssize(flat_->cells()); ++cell) {
          const auto p = static_cast<std::size_t>(flat_->cells()[static_cast<std::size_t>(cell)].population);
          for (const std::uint32_t word : run.train(flat_->sourceOfCell(cell)))
            (*counts)[p][static_cast<std::size_t>(sample) + 1] +=
                static_cast<std::uint64_t>(std::popcount(word));
        }
        return ok();
      });
  if (!status) return std::move(status).error();
  for (std::vector<std::uint64_t>& population : *counts)
    std::partial_sum(population.begin(), population.end(), population.begin());
  counted_ = key, messages_ = counts;
  return messages_;
}

Status Campaign::needMessages(std::shared_ptr<const MessageCounts>& counts, const InputBatch& input,
                              const RunControl& control) const {
  if (counts) return ok();
  Expected<std::shared_ptr<const MessageCounts>> found = countMessages(input, control);
  if (!found) return std::move(found).error();
  counts = *found;
  return ok();
}

Expected<std::vector<std::uint64_t>> Campaign::pairs(const InputBatch& input,
                                                     const RunControl& control) const {
  if (Status status = checkData(input); !status) return std::move(status).error();
  std::vector<std::uint64_t> pairs;
  std::shared_ptr<const MessageCounts> messages;
  for (const Stratum& stratum : sites_->strata()) {
    pairs.push_back(stratum.sites * static_cast<std::uint64_t>(input.batch));
    if (stratum.request.kind->mechanism != Mechanism::Message) continue;
    if (Status status = needMessages(messages, input, control); !status) return std::move(status).error();
    pairs.back() = (*messages)[static_cast<std::size_t>(stratum.population)].back();
  }
  return pairs;
}

// Those draws of a request that fall on the sample which the worker has loaded.
Status Campaign::drawOnSample(Worker& worker, const DrawRequest& request, const InputBatch& input,
                              std::span<const DrawPlace> places, std::vector<Draw>& draws) const {
  const Stratum& stratum = sites_->strata()[request.stratum];
  const bool messages = stratum.request.kind->mechanism == Mechanism::Message;
  std::vector<std::uint64_t> spikes;  // sites of messages that there are
  for (std::uint64_t site = 0; messages && site < stratum.sites; ++site)
    if (worker.sends(*flat_, sites_->fault(request.stratum, site))) spikes.push_back(site);
  // Places first, effects then: what lies far apart in memory is fetched in between.
  worker.sites.clear();
  for (const DrawPlace& place : places) {
    const std::uint64_t site = messages ? spikes[place.site] : place.site;
    worker.sites.emplace_back(site, sites_->prefetch(request.stratum, site));
  }
  worker.faults.clear();
  for (const auto& [site, field] : worker.sites) {
    worker.faults.push_back(sites_->fault(request.stratum, site, field));
    resolver_->prefetch(worker.faults.back());
  }
  const std::int32_t answer = worker.differential.answer();
  for (std::size_t n = 0; n < places.size(); ++n) {
    Draw& draw = draws[places[n].number];
    draw.site = worker.sites[n].first;
    draw.before = draw.after = answer;
    // A weight is met only where its source sends.
    const std::int32_t source = resolver_->sourceOfWeight(worker.faults[n]);
    if (source >= 0 && worker.intact.firstSent(source) == worker.intact.steps()) continue;
    Expected<Effect> effect = resolver_->resolve(worker.faults[n]);
    if (!effect) return std::move(effect).error();
    if (const std::int32_t cell = plan_->localCell(*effect); cell >= 0) {
      const std::int32_t ticket = worker.cascade.add(*effect, cell);
      if (ticket != Cascade::kNothing) worker.drawn.push_back({places[n].request, places[n].number, ticket});
      continue;
    }
    Expected<Outcome> found = outcome(worker, *effect, input);
    if (!found) return std::move(found).error();
    draw.damage = found->damage;
    if (found->damage != Damage::Undefined) draw.after = found->answer;
  }
  return ok();
}

Expected<std::vector<std::int32_t>> Campaign::answers(const InputBatch& input,
                                                      const RunControl& control) const {
  if (Status status = checkData(input); !status) return std::move(status).error();
  std::vector<std::int32_t> found(static_cast<std::size_t>(input.batch));
  Status status = overThreads(
      input.batch, control, "campaign", [&] { return std::make_shared<Worker>(*this); },
      [&](std::int64_t sample) { return checkSample(program(), input, sample); },
      [&](Worker& worker, std::int64_t sample) -> Status {
        worker.intact.run(*flat_, input, sample);
        found[static_cast<std::size_t>(sample)] = readout_->answer(readout_->sums(*flat_, worker.intact));
        return ok();
      });
  if (!status) return std::move(status).error();
  return found;
}

Expected<std::vector<Damage>> Campaign::outcomes(const Fault& fault, const InputBatch& input,
                                                 const RunControl& control) const {
  if (Status status = checkData(input); !status) return std::move(status).error();
  const Expected<Effect> effect = resolver_->resolve(fault);
  if (!effect) return effect.error();
  std::vector<Damage> found(static_cast<std::size_t>(input.batch));
  Status status = overThreads(
      input.batch, control, "campaign", [&] { return std::make_shared<Worker>(*this); },
      [&](std::int64_t sample) { return checkSample(program(), input, sample); },
      [&](Worker& worker, std::int64_t sample) -> Status {
        worker.load(*flat_, input, sample);
        Expected<Outcome> one = outcome(worker, *effect, input);
        if (!one) return std::move(one).error();
        found[static_cast<std::size_t>(sample)] = one->damage;
        return ok();
      });
  if (!status) return std::move(status).error();
  return found;
}

// The name must say a place where such a fault can be, not only one that there is.
Expected<Fault> Campaign::faultNamed(std::string_view name) const {
  Expected<Fault> fault = parseFault(name, program());
  if (!fault) return fault;
  const auto refused = [&](std::string why) {
    return Error::of(ErrorKind::Usage, "R0803", std::string(name),
                     "this is no fault of the image: " + std::move(why),
                     "copy the name from the report of a campaign on this image");
  };
  const Mechanism mechanism = fault->kind->mechanism;
  const std::int64_t steps = options_.steps + program().lag;
  if ((mechanism == Mechanism::StateBit || mechanism == Mechanism::Message) && fault->step >= steps)
    return refused(fmt::format("step {} of {}", fault->step, steps));
  if (mechanism != Mechanism::MemoryBit) return fault;
  if (Expected<std::uint64_t> word = resolver_->faultyWord(*fault); !word) return std::move(word).error();
  const std::vector<FieldClass> meanings =
      memories_->meaningsOf(fault->core, fault->memory, fault->word, fault->bit);
  if (std::find(meanings.begin(), meanings.end(), fault->kind->field) != meanings.end()) return fault;
  return refused(fmt::format("bit {} of word {} of '{}' holds nothing that '{}' hits", fault->bit,
                             fault->word, fault->memory, fault->kind->name));
}

Expected<std::string> Campaign::describe(const Fault& fault) const {
  const Expected<Effect> effect = resolver_->resolve(fault);
  if (!effect) return effect.error();
  return faults::describe(fault, *effect, *flat_, *memories_);
}

Expected<Outcome> Campaign::outcomeOf(const Fault& fault, const InputBatch& input,
                                      std::int64_t sample) const {
  if (Status status = checkData(input); !status) return std::move(status).error();
  if (Status status = checkSample(program(), input, sample); !status) return std::move(status).error();
  Expected<Effect> effect = resolver_->resolve(fault);
  if (!effect) return std::move(effect).error();
  Worker worker(*this);
  worker.load(*flat_, input, sample);
  return outcome(worker, *effect, input);
}

Expected<std::pair<Shown, Shown>> Campaign::replay(const Fault& fault, const InputBatch& input,
                                                   std::int64_t sample, Outcome& outcome,
                                                   std::int32_t& before) const {
  if (Status status = checkData(input); !status) return std::move(status).error();
  if (Status status = checkSample(program(), input, sample); !status) return std::move(status).error();
  if (fault.kind->mechanism == Mechanism::Message) {
    Worker worker(*this);
    worker.intact.run(*flat_, input, sample);
    if (!worker.sends(*flat_, fault))
      return Error::of(ErrorKind::Usage, "R0803", nameOf(fault),
                       fmt::format("the neuron sends nothing in step {} of sample {}", fault.step, sample),
                       "choose a sample in which it does");
  }
  const Resimulation whole(*memories_, *flat_, *readout_, *resolver_, options_.seed, makeGolden);
  Expected<Shown> intact = whole.show(nullptr, input, sample);
  if (!intact) return std::move(intact).error();
  Expected<Shown> faulty = whole.show(&fault, input, sample);
  if (!faulty) return std::move(faulty).error();
  outcome = whole.compare(*intact, *faulty, input.steps);
  before = whole.compare(*intact, *intact, input.steps).answer;
  return std::pair(*std::move(intact), *std::move(faulty));
}

}  // namespace rheo::faults
