// Fault campaigns on an image: every fault of the chosen kinds on some samples, or draws of them. Counts and
// draws depend on nothing but the image, the data and the seed: blocks of samples can be done in any order,
// on any number of threads or machines, and added up.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "faults/Differential.h"
#include "faults/Resimulation.h"
#include "faults/Sites.h"
#include "faults/WeightLanes.h"
#include "sim/Engine.h"

namespace rheo::faults {

struct CampaignOptions {
  std::vector<FaultRequest> requests;
  Decision decision;
  std::int64_t steps = 0;  // of the data
  std::uint64_t instances = 1000, seed = 0;
};

// What one fault did over the samples visited.
struct SiteCount {
  std::uint32_t tried = 0;  // samples; messages: those in which there was one
  std::uint32_t raster = 0, output = 0, decision = 0, undefined = 0;
  std::uint32_t spoiled = 0, mended = 0;  // right answers turned wrong, wrong ones right
  SiteCount& operator+=(const SiteCount& other);
};

struct Visit {
  std::vector<SiteCount> sites;       // [Sites::count()]
  std::vector<std::int32_t> answers;  // [samples visited], of the intact chip; -1 without a decision
};

// One fault on one sample, drawn at random. SPEC B19
struct Draw {
  std::uint64_t site = 0;  // of the stratum
  std::int64_t sample = 0;
  Damage damage = Damage::None;
  std::int32_t before = -1, after = -1;  // answers
};

class Campaign {
 public:
  // Errors: R0804 where the image holds no place for a kind.
  static Expected<std::unique_ptr<Campaign>> make(const Image& image, CampaignOptions options);

  const Sites& sites() const { return *sites_; }
  const Program& program() const { return flat_->program(); }
  std::string nameOf(const Fault& fault) const { return textOf(fault, program()); }

  // SPEC B20. Every fault on the samples [first, first + count) of the batch; `labels` [samples of the batch]
  // or empty. Errors: R0601, R0602 for data that do not fit (R0601 also for other steps than the options
  // say), R0604 cancelled, R0805 where a run does not fit memory.
  Expected<Visit> visit(const InputBatch& input, std::int64_t first, std::int64_t count,
                        const std::vector<std::int32_t>& labels, const RunControl& control);
  // Of each request the draws [first, first + count) of a stratum; those on one sample share its intact run.
  // Errors: the same, and R0804 where no sample has a message that a fault could meet.
  struct DrawRequest {
    std::size_t stratum = 0;
    std::uint64_t first = 0, count = 0;
  };
  Expected<std::vector<std::vector<Draw>>> draw(const InputBatch& input,
                                                const std::vector<DrawRequest>& requests,
                                                const RunControl& control) const;
  // Pairs of fault and sample that there are, by stratum. Errors: as visit().
  Expected<std::vector<std::uint64_t>> pairs(const InputBatch& input, const RunControl& control) const;
  // The fault of this name. Errors: R0801 to R0803.
  Expected<Fault> faultNamed(std::string_view name) const;
  // One fault on one sample the long way: the intact run and the faulty one, their outcome, and the answer
  // `before` of the intact one.
  Expected<std::pair<Shown, Shown>> replay(const Fault& fault, const InputBatch& input, std::int64_t sample,
                                           Outcome& outcome, std::int32_t& before) const;
  // What one fault does to every sample [samples]. Errors: as visit().
  Expected<std::vector<Damage>> outcomes(const Fault& fault, const InputBatch& input,
                                         const RunControl& control) const;
  // To one, as a campaign finds it.
  Expected<Outcome> outcomeOf(const Fault& fault, const InputBatch& input, std::int64_t sample) const;
  // Answers of the intact chip [samples]. Errors: as visit().
  Expected<std::vector<std::int32_t>> answers(const InputBatch& input, const RunControl& control) const;
  // In the names of the user's network. Errors: R0803.
  Expected<std::string> describe(const Fault& fault) const;
  // The image with the fault in it; MemoryBit only.
  Expected<Image> faultyImage(const Fault& fault) const { return resolver_->faultyImage(fault); }

 private:
  struct Worker;
  struct Drawn;
  struct DrawPlace;
  explicit Campaign(const Image& image, CampaignOptions options);
  // Messages that a population sends, samples added up: [populations][samples + 1], from 0 to all of them.
  using MessageCounts = std::vector<std::vector<std::uint64_t>>;
  Expected<std::shared_ptr<const MessageCounts>> countMessages(const InputBatch& input,
                                                               const RunControl& control) const;
  // Fills in `counts` where they are not known yet: to find out whether they are kept all data are read.
  Status needMessages(std::shared_ptr<const MessageCounts>& counts, const InputBatch& input,
                      const RunControl& control) const;
  Status checkData(const InputBatch& input) const;
  Status prepare(const RunControl& control);
  Status drawOnSample(Worker& worker, const DrawRequest& request, const InputBatch& input,
                      std::span<const DrawPlace> places, std::vector<Draw>& draws) const;
  Expected<Outcome> outcome(Worker& worker, const Effect& effect, const InputBatch& input) const;

  Image image_;
  CampaignOptions options_;
  std::unique_ptr<FlatProgram> flat_;
  std::unique_ptr<Memories> memories_;
  std::unique_ptr<Readout> readout_;
  std::unique_ptr<Sites> sites_;
  std::unique_ptr<Resolver> resolver_;
  std::unique_ptr<CascadePlan> plan_;
  // Of the data of the last call that asked for them, by the hash of the data.
  mutable std::mutex counting_;
  mutable std::uint64_t counted_ = 0;
  mutable std::shared_ptr<const MessageCounts> messages_;
  // For visit(): faults by the way they take. Made when first needed.
  std::mutex preparing_;
  bool prepared_ = false;
  std::unique_ptr<WeightLanes> lanes_;
  std::vector<bool> laned_;  // [sites]
  struct Kept {
    std::uint64_t site;
    Effect effect;
    std::int32_t cell;  // the one that lanes follow, or -1
  };
  std::vector<Kept> effects_;          // of stored words that no lane takes
  std::vector<std::uint64_t> others_;  // sites whose effects are made when they are met
};

}  // namespace rheo::faults
