// A campaign's counts and draws against the differential simulation of one pair after the other: lanes,
// cascades and threads change nothing.
#include <gtest/gtest.h>

#include "HowMany.h"
#include "chip/InputBound.h"
#include "faults/Campaign.h"
#include "faults/Cascade.h"
#include "faults/Differential.h"
#include "support/RandomProgram.h"

namespace rheo::faults {
namespace {

constexpr std::int64_t kBatch = 3;
constexpr std::uint64_t kCampaignImages = 40;

struct Case {
  explicit Case(std::uint64_t seed) : image(test::makeRandomImage(seed, optionsOf(seed))) {
    const auto decoded = std::make_shared<const Program>(*decode(image));
    steps = seed % 8 == 3   ? 90
            : seed % 4 == 0 ? 40
                            : 10;  // beyond a word of a train; beyond Response's window
    options.steps = steps;
    options.seed = seed;
    for (const char* name : {"weight-flip", "weight-stuck-1", "threshold-flip", "decay-flip", "bias-flip",
                             "neuron-dead", "neuron-firing", "spike-lost", "channel-dead", "axon-flip",
                             "route-flip", "target-flip", "delay-flip"})
      options.requests.push_back(*parseRequest(name));
    if (!decoded->outputs.empty()) {
      options.decision.output = 0;
      for (const OutputPartInfo& part : decoded->outputs[0].parts)
        options.decision.scale.resize(
            options.decision.scale.size() +
                static_cast<std::size_t>(
                    decoded->populations[static_cast<std::size_t>(part.population)].size),
            1.0);
      if (seed % 5 == 0) options.decision.tolerance = 0.1;
    }
    input = test::makeRandomInput(*decoded, kBatch, steps, seed);
  }
  static test::RandomOptions optionsOf(std::uint64_t seed) {
    test::RandomOptions options;
    options.layers = 3, options.neurons = 10;
    options.plain = seed % 2 == 1;
    options.recurrence = seed % 3 == 0;
    if (seed % 6 == 5) options.convolutions = true, options.neurons = 4;
    return options;
  }

  Image image;
  CampaignOptions options;
  InputBatch input;
  std::int64_t steps = 0;
};

// The outcome of every site on one sample, pair by pair.
class Slowly {
 public:
  Slowly(const Case& c)
      : case_(c),
        flat_(std::make_shared<const Program>(*decode(c.image))),
        memories_(c.image, flat_),
        readout_(flat_, c.options.decision),
        plan_(flat_, readout_, c.options.steps + flat_.program().lag),
        resolver_(memories_, flat_, c.options.seed),
        differential_(flat_, readout_) {}

  void load(std::int64_t sample) {
    intact_.run(flat_, case_.input, sample);
    differential_.load(intact_);
  }
  bool sends(const Fault& fault) const {
    return intact_.sent(fault.step, flat_.sourceOfCell(flat_.cellOf(fault.population, fault.neuron))) != 0;
  }
  std::int32_t answer() const { return differential_.answer(); }
  Outcome of(const Fault& fault) {
    const Effect effect = *resolver_.resolve(fault);
    followed += plan_.localCell(effect) >= 0 && !effect.nothing();
    Outcome outcome;
    if (!effect.undefined.empty()) {
      outcome.damage = Damage::Undefined;
      return outcome;
    }
    if (!effect.whole) return differential_.run(effect);
    Baseline other;
    other.run(FlatProgram(effect.whole), case_.input, intact_.sample());
    return differential_.compare(other);
  }
  std::int64_t followed = 0;

 private:
  const Case& case_;
  FlatProgram flat_;
  Memories memories_;
  Readout readout_;
  CascadePlan plan_;
  Resolver resolver_;
  Differential differential_;
  Baseline intact_;
};

TEST(Campaign, b20_visits_count_what_each_pair_comes_to) {
  std::int64_t pairs = 0, followed = 0, harmed = 0;
  for (std::uint64_t seed = 0; seed < networks(kCampaignImages); ++seed) {
    Case c(seed);
    Expected<std::unique_ptr<Campaign>> campaign = Campaign::make(c.image, c.options);
    if (!campaign && campaign.error().diagnostics.front().code == "R0804")
      continue;  // a model without registers
    ASSERT_TRUE(campaign);
    const Sites& sites = (*campaign)->sites();
    const std::vector<std::int32_t> labels(kBatch, 0);
    RunControl control;
    control.threads = 1 + static_cast<int>(seed % 3);
    const Expected<Visit> visit = (*campaign)->visit(c.input, 0, kBatch, labels, control);
    ASSERT_TRUE(visit);
    std::vector<SiteCount> expected(sites.count());
    Slowly slowly(c);
    for (std::int64_t sample = 0; sample < kBatch; ++sample) {
      slowly.load(sample);
      ASSERT_EQ(visit->answers[static_cast<std::size_t>(sample)], slowly.answer());
      for (std::uint64_t site = 0; site < sites.count(); ++site) {
        const Fault fault = sites.fault(site);
        if (fault.kind->mechanism == Mechanism::Message && !slowly.sends(fault)) continue;
        const Outcome outcome = slowly.of(fault);
        SiteCount& count = expected[site];
        ++count.tried, ++pairs;
        count.raster += outcome.damage == Damage::Raster;
        count.output += outcome.damage == Damage::Output;
        count.decision += outcome.damage == Damage::Decision;
        count.undefined += outcome.damage == Damage::Undefined;
        if (outcome.damage != Damage::Decision) continue;
        ++harmed;
        count.spoiled += slowly.answer() == 0 && outcome.answer != 0;
        count.mended += slowly.answer() != 0 && outcome.answer == 0;
      }
    }
    followed += slowly.followed;
    for (std::uint64_t site = 0; site < sites.count(); ++site) {
      const SiteCount &a = visit->sites[site], &b = expected[site];
      ASSERT_EQ(std::tie(a.tried, a.raster, a.output, a.decision, a.undefined, a.spoiled, a.mended),
                std::tie(b.tried, b.raster, b.output, b.decision, b.undefined, b.spoiled, b.mended))
          << "seed " << seed << ", " << (*campaign)->nameOf(sites.fault(site));
    }
  }
  std::printf("%lld pairs, %lld followed in lanes, %lld other answers\n", static_cast<long long>(pairs),
              static_cast<long long>(followed), static_cast<long long>(harmed));
  EXPECT_GT(followed, pairs / 10);
  EXPECT_GT(harmed, pairs / 1000);
}

void expectEqualRuns(const FlatProgram& flat, const InputBatch& input, std::uint64_t seed) {
  Baseline a, b(Baseline::Way::Plain);
  for (std::int64_t sample = 1; sample >= 0; --sample) {
    a.run(flat, input, sample);
    b.run(flat, input, sample);
    for (std::int64_t t = 0; t < a.steps(); ++t) {
      for (std::int32_t s = 0; s < flat.sources(); ++s) ASSERT_EQ(a.sent(t, s), b.sent(t, s)) << seed;
      for (std::int32_t i = 0; i < flat.inputs(); ++i) ASSERT_EQ(a.arriving(t, i), b.arriving(t, i)) << seed;
      for (std::int32_t c = 0; c < std::ssize(flat.cells()); ++c)
        for (std::size_t s = 0; s < a.stateCount(); ++s)
          ASSERT_EQ(a.states(t, c)[s], b.states(t, c)[s]) << seed;
    }
  }
}

// What the vector engine tells of a run is what the rules say; also where faulty weights lead beyond SPEC W8.
TEST(Baseline, QuickAndPlainAreEqual) {
  std::int64_t quick = 0, beyond = 0;
  for (std::uint64_t seed = 0; seed < networks(kCampaignImages); ++seed) {
    test::RandomOptions options;
    options.delays = false;
    const Image image = test::makeRandomImage(seed, options);
    const FlatProgram flat(std::make_shared<const Program>(*decode(image)));
    const InputBatch input = test::makeRandomInput(flat.program(), 2, 12, seed);
    quick += flat.shiftedWidth() == 0;
    expectEqualRuns(flat, input, seed);
    auto large = std::make_shared<Program>(flat.program());
    for (Core& core : large->cores)
      for (Synapse& synapse : core.synapses) synapse.weight *= 64;
    beyond += !checkInputBound(*large);
    expectEqualRuns(FlatProgram(large), input, seed);
  }
  EXPECT_GT(quick, 2);
  EXPECT_GT(beyond, 2);
}

TEST(Campaign, b19_draws_are_the_pairs_that_they_say) {
  for (std::uint64_t seed = 0; seed < networks(kCampaignImages) / 2; ++seed) {
    Case c(seed);
    Expected<std::unique_ptr<Campaign>> campaign = Campaign::make(c.image, c.options);
    if (!campaign) continue;
    Slowly slowly(c);
    for (std::size_t stratum = 0; stratum < (*campaign)->sites().strata().size(); ++stratum) {
      RunControl one, two;
      one.threads = 1, two.threads = 2;
      const auto found = (*campaign)->draw(c.input, {{stratum, 0, 12}}, one);
      if (!found && found.error().diagnostics.front().code == "R0804") {
        EXPECT_EQ((*(*campaign)->pairs(c.input, one))[stratum], 0);  // nothing is sent
        continue;
      }
      ASSERT_TRUE(found);
      const std::vector<Draw>& draws = found->front();
      // In two parts and on two threads: the same.
      const auto parts = *(*campaign)->draw(c.input, {{stratum, 5, 7}, {stratum, 0, 5}}, two);
      std::vector<Draw> first = parts[1];
      first.insert(first.end(), parts[0].begin(), parts[0].end());
      for (std::size_t k = 0; k < draws.size(); ++k) {
        const Draw& draw = draws[k];
        ASSERT_EQ(std::tie(draw.site, draw.sample, draw.damage, draw.after),
                  std::tie(first[k].site, first[k].sample, first[k].damage, first[k].after));
        slowly.load(draw.sample);
        const Fault fault = (*campaign)->sites().fault(stratum, draw.site);
        if (fault.kind->mechanism == Mechanism::Message) {
          ASSERT_TRUE(slowly.sends(fault));
        }
        const Outcome outcome = slowly.of(fault);
        ASSERT_EQ(draw.damage, outcome.damage) << "seed " << seed << ", " << (*campaign)->nameOf(fault);
        ASSERT_EQ(draw.before, slowly.answer());
        if (outcome.damage != Damage::Undefined) {
          ASSERT_EQ(draw.after, outcome.answer);
        }
      }
    }
  }
}

// A synapse that a fault makes may lead back to where what it carries began, in a network that had no loop.
TEST(Cascade, IsAskedOnlyWhereNoNewSynapseLeadsBack) {
  std::int64_t followed = 0, differing = 0;
  for (std::uint64_t seed = 0; seed < networks(kCampaignImages); ++seed) {
    test::RandomOptions options;
    options.plain = true, options.recurrence = false, options.layers = 3;
    const auto program = test::makeRandomProgram(seed, options);
    const FlatProgram flat(program);
    const Readout readout(flat, {});
    const std::int64_t steps = 12;
    const CascadePlan plan(flat, readout, steps + program->lag);
    Baseline run;
    run.run(flat, test::makeRandomInput(*program, 1, steps, seed), 0);
    Differential differential(flat, readout);
    differential.load(run);
    Cascade cascade(flat, readout, plan);
    cascade.load(run, differential.sums(), differential.answer());
    const auto cells = static_cast<std::int32_t>(flat.cells().size());
    for (std::int32_t from = 0; from < cells; ++from)
      for (std::int32_t to = 0; to < cells; ++to) {
        Effect effect;
        effect.synapses.push_back(
            {flat.sourceOfCell(from), flat.cells()[static_cast<std::size_t>(to)].firstInput, 0, -1, 200});
        const std::int32_t cell = plan.localCell(effect);
        if (cell < 0) continue;
        ++followed;
        const std::int32_t ticket = cascade.add(effect, cell);
        cascade.finish();
        const Outcome slow = differential.run(effect);
        differing += slow.damage != Damage::None;
        const Outcome quick = ticket == Cascade::kNothing ? Outcome{} : cascade.outcome(ticket);
        ASSERT_EQ(quick.damage, slow.damage) << "seed " << seed << ", " << from << " to " << to;
        if (slow.damage != Damage::None) {
          ASSERT_EQ(quick.deviation, slow.deviation) << "seed " << seed;
        }
      }
  }
  EXPECT_GT(followed, 1000);
  EXPECT_GT(differing, 100);
}

// However few lanes or synapses memory has room for.
TEST(Cascade, OutcomesDoNotDependOnItsLimits) {
  std::int64_t followed = 0, differing = 0, leftOut = 0;
  for (std::uint64_t seed = 0; seed < networks(kCampaignImages); ++seed) {
    test::RandomOptions options;
    options.plain = true, options.recurrence = false, options.layers = 4, options.neurons = 16;
    const auto program = test::makeRandomProgram(seed, options);
    const FlatProgram flat(program);
    const Readout readout(flat, {});
    const std::int64_t steps = 12;
    const CascadePlan all(flat, readout, steps + program->lag), few(flat, readout, steps + program->lag, 40);
    Baseline run;
    run.run(flat, test::makeRandomInput(*program, 1, steps, seed), 0);
    Differential differential(flat, readout);
    differential.load(run);
    for (const CascadePlan* plan : {&all, &few}) {
      Cascade cascade(flat, readout, *plan, 1);  // slices of one neuron
      cascade.load(run, differential.sums(), differential.answer());
      std::vector<std::pair<std::int32_t, std::int32_t>> tickets;  // cell, ticket
      for (std::int32_t cell = 0; cell < std::ssize(flat.cells()); ++cell) {
        leftOut += all.follows(cell) && !plan->follows(cell);
        if (!plan->follows(cell) || !flat.cells()[static_cast<std::size_t>(cell)].model->spiking) continue;
        Effect effect;
        effect.sends.push_back({cell, 1});
        tickets.emplace_back(cell, cascade.add(effect, cell));
      }
      cascade.finish();
      for (const auto& [cell, ticket] : tickets) {
        Effect effect;
        effect.sends.push_back({cell, 1});
        const Outcome slow = differential.run(effect);
        ++followed, differing += slow.damage != Damage::None;
        const Outcome quick = ticket == Cascade::kNothing ? Outcome{} : cascade.outcome(ticket);
        ASSERT_EQ(quick.damage, slow.damage) << "seed " << seed << ", cell " << cell;
      }
    }
  }
  EXPECT_GT(followed, 200);
  EXPECT_GT(differing, 100);
  EXPECT_GT(leftOut, 50);
}

// Of a run of another length neither the faults' steps nor the draws of messages would be those of the
// campaign.
TEST(Campaign, RefusesDataOfAnotherLength) {
  std::uint64_t seed = 0;  // of the first image that has a place for all kinds
  while (!Campaign::make(Case(seed).image, Case(seed).options)) ++seed;
  const Case c(seed);
  const Expected<std::unique_ptr<Campaign>> campaign = Campaign::make(c.image, c.options);
  const auto program = decode(c.image);
  const Fault fault = (*campaign)->sites().fault(0);
  const auto code = [](const auto& found) {
    return found ? std::string() : found.error().diagnostics.front().code;
  };
  for (const std::int64_t steps : {c.steps - 1, c.steps + 1}) {
    const InputBatch other = test::makeRandomInput(*program, kBatch, steps, seed);
    const RunControl control;
    EXPECT_EQ(code((*campaign)->visit(other, 0, kBatch, {}, control)), "R0601");
    EXPECT_EQ(code((*campaign)->draw(other, {{0, 0, 5}}, control)), "R0601");
    EXPECT_EQ(code((*campaign)->pairs(other, control)), "R0601");
    EXPECT_EQ(code((*campaign)->outcomes(fault, other, control)), "R0601");
    EXPECT_EQ(code((*campaign)->outcomeOf(fault, other, 0)), "R0601");
  }
}

}  // namespace
}  // namespace rheo::faults
