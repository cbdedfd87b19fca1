// Effects of faults: of synapse words one by one, of every other word by decoding the image with the fault in
// it.
#include "faults/Resolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "chip/InputBound.h"
#include "chip/Layout.h"
#include "faults/Chance.h"
#include "faults/Search.h"
#include "fixed/Arithmetic.h"

namespace rheo::faults {
namespace {

// Beyond so many changed synapses the whole program is run.
constexpr std::size_t kMostEdits = 1 << 18;
// Sums shifted right by more than this could leave SPEC W8's 30 bits before their inputs leave their bound.
constexpr int kSafeShift = 11;
constexpr std::int64_t kForever = std::int64_t{1} << 60;

// SPEC B2.
std::uint64_t withFault(std::uint64_t word, int bit, BitFault how) {
  const std::uint64_t mask = std::uint64_t{1} << bit;
  return how == BitFault::Flip ? word ^ mask : how == BitFault::Stuck0 ? word & ~mask : word | mask;
}

bool sameAxon(const Core& a, const Axon& x, const Core& b, const Axon& y) {
  if (x.group != y.group || x.base != y.base || x.synapseCount != y.synapseCount) return false;
  for (std::uint64_t k = 0; k < x.synapseCount; ++k) {
    const Synapse& s = a.synapses[x.firstSynapse + k];
    const Synapse& t = b.synapses[y.firstSynapse + k];
    if (s.input != t.input || s.weight != t.weight || s.delay != t.delay) return false;
  }
  return true;
}

bool sameExponents(const Program& a, const Program& b) {
  for (std::size_t k = 0; k < a.cores.size(); ++k)
    if (!std::equal(a.cores[k].groups.begin(), a.cores[k].groups.end(), b.cores[k].groups.begin(),
                    b.cores[k].groups.end(),
                    [](const SynapseGroup& x, const SynapseGroup& y) { return x.exponent == y.exponent; }))
      return false;
  return true;
}

// The synapses of one source, what has one place added up: (input, delay, shifted sum) -> weight.
using Bundle = std::map<std::tuple<std::int32_t, std::int32_t, std::int32_t>, std::int32_t>;

// False where synapses arrive in ways that the intact program does not have.
bool addTo(Bundle& bundle, const FlatProgram& flat, const Program& program, const Route& route,
           std::int32_t sign) {
  const auto c = static_cast<std::size_t>(route.core);
  const Core& core = program.cores[c];
  const Axon& axon = core.axons[static_cast<std::size_t>(route.axon)];
  for (std::uint64_t s = axon.firstSynapse; s < axon.firstSynapse + axon.synapseCount; ++s) {
    const Synapse& synapse = core.synapses[s];
    if (synapse.weight == 0) continue;
    const auto arrival = flat.arrivalOf(route.core, axon.group, synapse.delay, synapse.weight);
    if (!arrival) return false;
    std::int32_t& entry =
        bundle[{flat.firstInput(c) + axon.base + synapse.input, synapse.delay, arrival->sum}];
    entry = fixed::addWrapped(entry, sign * arrival->weight);
  }
  return true;
}

}  // namespace

std::uint64_t seedOf(std::uint64_t seed, std::uint64_t instance) { return wideChance(seed, instance); }

InputEdit inputEditOf(const Fault& fault, const FlatProgram& flat, std::uint64_t seed) {
  InputEdit edit;
  if (fault.kind->mechanism == Mechanism::Channel) {
    edit.what = fault.kind->manner == Manner::Dead ? InputEdit::What::Silent : InputEdit::What::Always;
    edit.channel = flat.channel(static_cast<std::size_t>(fault.input), fault.channel);
  } else if (fault.kind->mechanism == Mechanism::Input) {
    edit.what = fault.kind->manner == Manner::Noise      ? InputEdit::What::Noise
                : fault.kind->manner == Manner::Deletion ? InputEdit::What::Deletion
                                                         : InputEdit::What::Jitter;
    edit.seed = seedOf(seed, fault.instance);
    edit.rate = fault.amount, edit.by = static_cast<std::int32_t>(fault.amount);
  }
  return edit;
}

LossEdit lossEditOf(const Fault& fault, std::uint64_t seed) {
  return {seedOf(seed, fault.instance), fault.amount};
}

DeviceEdit deviceEditOf(const Fault& fault, std::uint64_t seed) {
  return {fault.kind->manner, seedOf(seed, fault.instance), fault.amount};
}

std::optional<Route> strayRoute(const FlatProgram& flat, std::int32_t source) {
  const auto routes = flat.routes(source);
  const auto& cores = flat.program().cores;
  if (routes.empty()) return {};
  const Route meant = routes[0];
  if (meant.axon + 1 < std::ssize(cores[static_cast<std::size_t>(meant.core)].axons))
    return Route{meant.core, meant.axon + 1};
  for (std::size_t k = 1; k <= cores.size(); ++k) {
    const std::size_t core = (static_cast<std::size_t>(meant.core) + k) % cores.size();
    const Route next{static_cast<std::int32_t>(core), 0};
    if (cores[core].axons.empty() || (next.core == meant.core && next.axon == meant.axon)) continue;
    return next;
  }
  return {};
}

Resolver::Resolver(const Memories& memories, const FlatProgram& flat, std::uint64_t seed)
    : memories_(memories), flat_(flat), seed_(seed), readings_(flat.program().cores.size()) {
  std::vector<std::int64_t> least;  // of each core
  for (const auto& core : largestInputs(flat.program())) {
    least.push_back(fixed::kInputBound);
    for (const std::int64_t largest : core) {
      slack_.push_back(fixed::kInputBound - largest);
      least.back() = std::min(least.back(), slack_.back());
    }
  }
  for (const ListUse& use : memories.lists()) {
    const auto core = static_cast<std::size_t>(use.core);
    if (use.count > 0) readings_[core].push_back(readingOf(use, least[core]));
  }
  for (auto& core : readings_) {
    std::stable_sort(core.begin(), core.end(),
                     [](const Reading& a, const Reading& b) { return a.first < b.first; });
    auto& starts = starts_.emplace_back();
    auto& ends = ends_.emplace_back();
    std::uint64_t end = 0;
    for (const Reading& reading : core) {
      starts.push_back(reading.first);
      ends.push_back(end = std::max(end, reading.end));
    }
  }
}

Resolver::Reading Resolver::readingOf(const ListUse& use, std::int64_t leastSlack) const {
  const SynapseFormat& format = memories_.format(use);
  Reading reading{use.list, use.list + wordsOfList(use.count, format), use.count, &use, &format};
  const auto sources = memories_.sourcesOf(use.core, use.axons.front());
  if (use.axons.size() != 1 || sources.size() != 1 || format.kind == ListKind::Kernel) return reading;
  reading.source = sources.front();
  reading.group = groupOf(use.core, use.axons.front());
  reading.delay = memories_.delayOf(use.core, use.axons.front());
  // From one end of the range of weights to the other.
  const std::int64_t most = (std::int64_t{2} << kMostWeightBits) << std::max(0, format.exponent);
  reading.bounded = leastSlack > most * largestPayload(sources.front());
  return reading;
}

void Resolver::prefetch(const Fault& fault) const {
  if (fault.kind->mechanism != Mechanism::MemoryBit || fault.memory != "synapse") return;
  const auto words = memories_.synapseWords(fault.core);
  if (fault.word >= words.size()) return;
  __builtin_prefetch(&words[fault.word]);
  const auto core = static_cast<std::size_t>(fault.core);
  if (const std::size_t last = countAtMost(starts_[core], words.size(), fault.word); last > 0)
    __builtin_prefetch(&readings_[core][last - 1]);
}

std::int32_t Resolver::sourceOfWeight(const Fault& fault) const {
  if (fault.kind->mechanism != Mechanism::MemoryBit || fault.kind->field != FieldClass::Weight) return -1;
  const auto core = static_cast<std::size_t>(fault.core);
  const std::size_t last = countAtMost(starts_[core], memories_.synapseWords(fault.core).size(), fault.word);
  const bool alone = last == 1 || (last > 1 && ends_[core][last - 2] <= fault.word);
  return alone && readings_[core][last - 1].bounded ? readings_[core][last - 1].source : -1;
}

Expected<std::uint64_t> Resolver::faultyWord(const Fault& fault) const {
  const image::Memory* memory = memories_.memory(fault.core, fault.memory);
  if (memory == nullptr || fault.word >= memory->words())
    return Error::of(
        ErrorKind::Usage, "R0803", textOf(fault, flat_.program()),
        fmt::format("this is no fault of the image: word {} of {}", fault.word, memory ? memory->words() : 0),
        "copy the name from the report of a campaign on this image");
  return withFault(memories_.image().words(*memory)[fault.word], fault.bit, fault.kind->bit);
}

Expected<Image> Resolver::faultyImage(const Fault& fault) const {
  const Expected<std::uint64_t> word = faultyWord(fault);
  if (!word) return word.error();
  return memories_.image().withWord(*memories_.memory(fault.core, fault.memory), fault.word, *word);
}

Expected<Effect> Resolver::resolve(const Fault& fault) const {
  Effect effect;
  const Program& program = flat_.program();
  const auto cell = [&] { return flat_.cellOf(fault.population, fault.neuron); };
  const auto addCell = [&](std::int32_t number) {  // SPEC B5
    const models::ModelTable& model = *flat_.cells()[static_cast<std::size_t>(number)].model;
    const bool dead = fault.kind->manner == Manner::Dead;
    if (model.spiking) effect.sends.push_back({number, dead ? 0 : 1});
    for (std::int32_t state = 0; dead && state < std::ssize(model.states); ++state)
      effect.states.push_back({number, state, 0, kForever, 0, 0, 0, 32});
  };
  switch (fault.kind->mechanism) {
    case Mechanism::MemoryBit:
      return resolveMemory(fault);
    case Mechanism::StateBit: {  // SPEC B4
      StateEdit edit{cell(), fault.state, fault.step, fault.step};
      const auto bit = std::uint32_t{1} << fault.bit;
      edit.width = stateBits(*flat_.cells()[static_cast<std::size_t>(edit.cell)].model);
      if (fault.kind->bit == BitFault::Flip) {
        edit.flip = bit;
      } else {
        edit.last = kForever;
        edit.keep = ~bit, edit.set = fault.kind->bit == BitFault::Stuck1 ? bit : 0;
      }
      effect.states.push_back(edit);
      break;
    }
    case Mechanism::Neuron:
      addCell(cell());
      break;
    case Mechanism::Core:
      for (std::int32_t c = 0; c < program.cores[static_cast<std::size_t>(fault.core)].compartments; ++c)
        addCell(flat_.firstCell(static_cast<std::size_t>(fault.core)) + c);
      break;
    case Mechanism::Message: {  // SPEC B7, B8
      MessageEdit edit{flat_.sourceOfCell(cell()), fault.step};
      edit.by = static_cast<std::int32_t>(fault.amount);
      if (fault.kind->manner == Manner::Doubled) edit.what = MessageEdit::What::Doubled;
      if (fault.kind->manner == Manner::Late) edit.what = MessageEdit::What::Late;
      if (fault.kind->manner == Manner::Misdelivered) {
        if (flat_.routes(edit.source).empty()) break;
        edit.route = 0;
        const std::optional<Route> astray = strayRoute(flat_, edit.source);
        edit.what = astray ? MessageEdit::What::Misdelivered : MessageEdit::What::Lost;
        edit.other = astray.value_or(Route{});
      }
      effect.messages.push_back(edit);
      break;
    }
    case Mechanism::MessageLoss:
      effect.loss = lossEditOf(fault, seed_);
      break;
    case Mechanism::Input:
    case Mechanism::Channel:
      effect.input = inputEditOf(fault, flat_, seed_);
      break;
    case Mechanism::Device:
      effect.device = deviceEditOf(fault, seed_);
      break;
  }
  return effect;
}

Expected<Effect> Resolver::resolveMemory(const Fault& fault) const {
  Effect effect;
  if (fault.memory == "synapse" && fault.word < memories_.synapseWords(fault.core).size()) {
    const std::uint64_t stored = memories_.synapseWords(fault.core)[fault.word];
    const std::uint64_t faulty = withFault(stored, fault.bit, fault.kind->bit);
    if (faulty == stored) return effect;
    effect.synapses.reserve(2);
    if (resolveSynapse(fault, faulty, effect)) return effect;
  }
  const Expected<std::uint64_t> faulty = faultyWord(fault);
  if (!faulty) return faulty.error();
  const image::Memory& memory = *memories_.memory(fault.core, fault.memory);
  if (*faulty == memories_.image().words(memory)[fault.word]) return effect;
  const Image image = memories_.image().withWord(memory, fault.word, *faulty);
  const bool parametersOnly = memories_.holdsParametersOnly(fault.core, fault.memory, fault.word, fault.bit);
  Expected<Program> other = parametersOnly ? decodeRegisters(image) : decode(image);
  if (!other) {
    effect = {};
    const Diagnostic& why = other.error().diagnostics.front();
    effect.undefined = why.where.empty() ? why.message : why.where + ": " + why.message;
    return effect;
  }
  if (!parametersOnly) return difference(std::make_shared<Program>(*std::move(other)));
  effect = {};
  compareParameters(*other, effect);
  return effect;
}

// A word of lists, each of its records decoded with and without the fault. False where only decoding the
// whole image tells.
bool Resolver::resolveSynapse(const Fault& fault, std::uint64_t word, Effect& effect) const {
  const auto core = static_cast<std::size_t>(fault.core);
  const std::span<const std::uint64_t> words = memories_.synapseWords(fault.core);
  const WeightExponent rule = flat_.program().profile->weightExponent;
  const std::int32_t inputs = flat_.program().cores[core].inputs;
  const auto &starts = starts_[core], &ends = ends_[core];
  // From the last list that begins at the word or before it, back to where no list reaches the word.
  std::size_t last = countAtMost(starts, words.size(), fault.word);
  for (; last > 0 && ends[last - 1] > fault.word; --last) {
    const Reading& reading = readings_[core][last - 1];
    if (reading.end <= fault.word) continue;
    const SynapseFormat& format = *reading.format;
    const bool kernel = format.kind == ListKind::Kernel;
    const auto bits = static_cast<std::uint32_t>(kernel ? format.weightBits : synapseBits(format));
    const std::uint64_t entryWords = kernel ? kernelEntryWords(reading.count, format) : 0;
    const std::uint64_t entry = kernel ? (fault.word - reading.first) / entryWords : 0;
    const std::uint64_t first = kernel ? reading.first + entry * entryWords : reading.first;
    const std::uint64_t perWord = 64 / bits;
    const std::uint64_t within = static_cast<std::uint64_t>(fault.bit) / bits;
    const std::uint64_t record = (fault.word - first) * perWord + within;
    if (within >= perWord || record >= reading.count) continue;  // a bit between records
    const auto weightOf = [&](std::uint64_t stored) {
      const std::uint64_t one[] = {stored};
      return effectiveWeight(
          loadWeight(readBits(one, within * bits, format.weightBits, format.signMode == SignMode::Mixed),
                     format),
          format, rule);
    };
    if (kernel) {
      if (!resolveKernelWeight(*reading.use, entry, record, weightOf(words[fault.word]), weightOf(word),
                               effect))
        return false;
      continue;
    }
    const auto synapseOf = [&](std::uint64_t stored) {
      const std::uint64_t one[] = {stored};
      Synapse synapse{format.first + static_cast<std::int32_t>(record), weightOf(stored), 0};
      if (format.kind == ListKind::Dense) return synapse;
      const std::uint64_t start = within * bits + static_cast<std::uint64_t>(format.weightBits);
      synapse.delay =
          format.delayBits > 0 ? static_cast<std::int32_t>(readBits(one, start, format.delayBits, false)) : 0;
      synapse.input =
          format.indexBits > 0
              ? static_cast<std::int32_t>(readBits(one, start + static_cast<std::uint64_t>(format.delayBits),
                                                   format.indexBits, false))
              : 0;
      return synapse;
    };
    const Synapse before = synapseOf(words[fault.word]), after = synapseOf(word);
    if (after.input >= inputs) return false;
    if (!addChange(reading, before, after, effect)) return false;
  }
  return settle(effect);
}

// A weight of a kernel meets a place for every axon that reads its entry. SPEC I10
bool Resolver::resolveKernelWeight(const ListUse& use, std::uint64_t entry, std::uint64_t channel,
                                   std::int32_t before, std::int32_t after, Effect& effect) const {
  const SynapseFormat& format = memories_.format(use);
  const RecordView axons = memories_.axonsOf(use.core);
  const std::int64_t positions = format.rows.outputs * format.columns.outputs;
  const std::int64_t kernelRow = static_cast<std::int64_t>(entry) / format.columns.kernel;
  const std::int64_t kernelColumn = static_cast<std::int64_t>(entry) % format.columns.kernel;
  for (const std::int32_t axon : use.axons) {
    const auto a = memories_.recordOf(use.core, axon);
    const std::int32_t delay = memories_.delayOf(use.core, axon), group = groupOf(use.core, axon);
    const auto sources = memories_.sourcesOf(use.core, axon);
    const std::int64_t from =
        format.first + (axons.get(a, "channel") + static_cast<std::int64_t>(channel)) * positions;
    bool good = true;
    format.rows.outputsOf(axons.get(a, "row"), [&](std::int64_t row, std::int64_t r) {
      if (r != kernelRow) return;
      format.columns.outputsOf(axons.get(a, "column"), [&](std::int64_t column, std::int64_t c) {
        if (c != kernelColumn) return;
        const auto input = static_cast<std::int32_t>(from + row * format.columns.outputs + column);
        good = good && addSynapse(use.core, group, sources, {input, before, delay}, -1, effect) &&
               addSynapse(use.core, group, sources, {input, after, delay}, +1, effect);
      });
    });
    if (!good) return false;
  }
  return true;
}

bool Resolver::addChange(const Reading& reading, const Synapse& before, const Synapse& after,
                         Effect& effect) const {
  const std::int32_t core = reading.use->core;
  const auto change = [&](std::int32_t group, std::span<const std::int32_t> sources, std::int32_t delay) {
    if (after.delay + delay > kMaxDelay) return false;
    return addSynapse(core, group, sources, {before.input, before.weight, before.delay + delay}, -1,
                      effect) &&
           addSynapse(core, group, sources, {after.input, after.weight, after.delay + delay}, +1, effect);
  };
  if (reading.source >= 0) return change(reading.group, {&reading.source, 1}, reading.delay);
  return std::all_of(reading.use->axons.begin(), reading.use->axons.end(), [&](std::int32_t axon) {
    return change(groupOf(core, axon), memories_.sourcesOf(core, axon), memories_.delayOf(core, axon));
  });
}

std::int32_t Resolver::groupOf(std::int32_t core, std::int32_t axon) const {
  return flat_.program().cores[static_cast<std::size_t>(core)].axons[static_cast<std::size_t>(axon)].group;
}

// Adds a synapse of some sources, or takes it away. False where the intact program has no such shifted sum.
bool Resolver::addSynapse(std::int32_t core, std::int32_t group, std::span<const std::int32_t> sources,
                          const Synapse& synapse, std::int32_t sign, Effect& effect) const {
  if (synapse.weight == 0) return true;
  const auto c = static_cast<std::size_t>(core);
  if (-flat_.program().cores[c].groups[static_cast<std::size_t>(group)].exponent > kSafeShift) return false;
  const auto arrival = flat_.arrivalOf(core, group, synapse.delay, synapse.weight);
  if (!arrival) return false;
  for (const std::int32_t source : sources)
    effect.synapses.push_back(
        {source, flat_.firstInput(c) + synapse.input, synapse.delay, arrival->sum, sign * arrival->weight});
  return effect.synapses.size() <= kMostEdits;
}

// Adds up what has one place. False where SPEC W8 might not hold any more: decode() decides.
bool Resolver::settle(Effect& effect) const {
  auto& edits = effect.synapses;
  const auto key = [](const SynapseEdit& e) { return std::tuple(e.source, e.input, e.delay, e.sum); };
  // Those of one place are added up: their order does not matter.
  std::sort(edits.begin(), edits.end(),
            [&](const SynapseEdit& a, const SynapseEdit& b) { return key(a) < key(b); });
  std::size_t kept = 0;
  std::int64_t added = 0;
  for (std::size_t k = 0; k < edits.size();) {
    SynapseEdit edit = edits[k];
    for (++k; k < edits.size() && key(edits[k]) == key(edit); ++k)
      edit.weight = fixed::addWrapped(edit.weight, edits[k].weight);
    if (edit.weight == 0) continue;
    edits[kept++] = edit;
    // As if no weight became smaller: never too little.
    added += std::abs(std::int64_t{edit.weight}) * largestPayload(edit.source) + 1;
  }
  edits.resize(kept);
  return std::all_of(edits.begin(), edits.end(), [&](const SynapseEdit& edit) {
    return slack_[static_cast<std::size_t>(edit.input)] >= added;
  });
}

std::int64_t Resolver::largestPayload(std::int32_t source) const {
  if (source >= flat_.channels())
    return flat_.cells()[static_cast<std::size_t>(source - flat_.channels())].model->graded ? 0 : 1;
  return flat_.program().inputs[flat_.inputOfChannel(source)].maxPayload;
}

// What another program of the same populations and cores does otherwise.
Effect Resolver::difference(std::shared_ptr<const Program> other) const {
  Effect effect;
  const Program& program = flat_.program();
  const auto whole = [&] {
    Effect all;
    all.whole = other;
    return all;
  };
  if (!sameExponents(program, *other)) return whole();
  const FlatProgram changed(other);
  compareParameters(*other, effect);
  std::vector<std::vector<bool>> differs;
  for (std::size_t k = 0; k < program.cores.size(); ++k) {
    const Core &a = program.cores[k], &b = other->cores[k];
    if (a.axons.size() != b.axons.size()) return whole();
    auto& core = differs.emplace_back(a.axons.size());
    for (std::size_t x = 0; x < a.axons.size(); ++x) core[x] = !sameAxon(a, a.axons[x], b, b.axons[x]);
  }
  for (std::int32_t source = 0; source < flat_.sources(); ++source) {
    const auto before = flat_.routes(source), after = changed.routes(source);
    const bool same =
        std::equal(before.begin(), before.end(), after.begin(), after.end(),
                   [](const Route& a, const Route& b) { return a.core == b.core && a.axon == b.axon; }) &&
        std::none_of(before.begin(), before.end(), [&](const Route& route) {
          return differs[static_cast<std::size_t>(route.core)][static_cast<std::size_t>(route.axon)];
        });
    if (same) continue;
    Bundle bundle;
    for (const Route& route : before)
      if (!addTo(bundle, flat_, program, route, -1)) return whole();
    for (const Route& route : after)
      if (!addTo(bundle, flat_, *other, route, +1)) return whole();
    for (const auto& [place, weight] : bundle)
      if (weight != 0)
        effect.synapses.push_back(
            {source, std::get<0>(place), std::get<1>(place), std::get<2>(place), weight});
    if (effect.synapses.size() > kMostEdits) return whole();
  }
  return effect;
}

// By cell, since cells are the compartments of the cores in their order.
void Resolver::compareParameters(const Program& other, Effect& effect) const {
  for (std::size_t core = 0; core < other.cores.size(); ++core)
    for (std::int32_t i = 0; i < other.cores[core].compartments; ++i) {
      const std::int32_t number = flat_.firstCell(core) + i;
      const Cell& cell = flat_.cells()[static_cast<std::size_t>(number)];
      for (std::size_t p = 0; p < cell.model->fixedParameters.size(); ++p)
        if (const std::int32_t value = other.cores[core].parameters[p][static_cast<std::size_t>(i)];
            value != cell.parameters[p])
          effect.parameters.push_back({number, static_cast<std::int32_t>(p), value});
    }
}

}  // namespace rheo::faults
