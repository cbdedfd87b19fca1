// Faults from and to text.
#include "faults/Fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "support/Text.h"

namespace rheo::faults {
namespace {

constexpr double kMostSteps = 60;  // that a spike can be late, or an input spike move

Error faultError(const char* code, std::string_view text, std::string message, std::string remedy) {
  return Error::of(ErrorKind::Usage, code, std::string(text), std::move(message), std::move(remedy));
}

struct AmountRange {
  double least, most;
  std::string_view inWords;
};
AmountRange rangeOf(std::string_view amount) {
  constexpr double kLeast = std::numeric_limits<double>::min();
  if (amount == "steps") return {1, kMostSteps, "a number of steps, 1 to 60"};
  if (amount == "seconds") return {kLeast, 1e10, "a number of seconds above 0, up to 1e10"};
  if (amount == "times") return {kLeast, 100, "a factor above 0, up to 100"};
  if (amount == "relative deviation") return {kLeast, 1, "a relative deviation above 0, up to 1"};
  return {kLeast, 1, "a probability above 0, up to 1"};
}

template <class Number>
std::optional<Number> numberOf(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return number;
}

std::string escaped(std::string_view name) {
  std::string result;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == ',' || c == '=' || c == '%' || c == '@' || c == '#' || byte <= ' ' || byte == 127)
      result += fmt::format("%{:02X}", byte);
    else
      result += c;
  }
  return result;
}

std::string unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const char* first = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(first, first + 2, value, 16).ptr == first + 2) {
      result += static_cast<char>(value);
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::string amountText(const KindInfo& kind, double amount) {
  return kind.amount.empty() ? std::string(kind.name) : fmt::format("{}:{}", kind.name, amount);
}

// Reads the fields of a place, each once.
class Place {
 public:
  Place(std::string_view whole, std::string_view text) : whole_(whole) {
    while (!text.empty()) {
      const std::size_t comma = std::min(text.find(','), text.size());
      const std::string_view part = text.substr(0, comma);
      const std::size_t equals = part.find('=');
      if (equals == std::string_view::npos)
        wrong_ = fmt::format("'{}' is not NAME=VALUE", part);
      else if (!fields_.emplace(part.substr(0, equals), unescaped(part.substr(equals + 1))).second)
        wrong_ = fmt::format("'{}' is said twice", part.substr(0, equals));
      text.remove_prefix(std::min(text.size(), comma + 1));
    }
  }

  template <class Number>
  Number number(const std::string& name, std::int64_t least, std::int64_t most) {
    const std::optional<std::int64_t> value = numberOf<std::int64_t>(take(name));
    if (!value || *value < least || *value > most) {
      if (wrong_.empty()) wrong_ = fmt::format("{} is not a number from {} to {}", name, least, most);
      return 0;
    }
    return static_cast<Number>(*value);
  }
  // The index of a name among others.
  std::int32_t index(const std::string& name, const std::vector<std::string>& names) {
    const std::string value = take(name);
    const auto found = std::find(names.begin(), names.end(), value);
    if (found == names.end() && wrong_.empty())
      wrong_ = fmt::format("there is no {} '{}'{}", name, value,
                           names.empty() ? "" : "; " + didYouMean(value, names));
    return static_cast<std::int32_t>(found - names.begin());
  }
  Status end() {
    if (wrong_.empty() && !fields_.empty())
      wrong_ = fmt::format("'{}' means nothing here", fields_.begin()->first);
    if (wrong_.empty()) return ok();
    return faultError("R0803", whole_, "this is no fault of the image: " + wrong_,
                      "copy the name from the report of a campaign on this image");
  }
  bool good() const { return wrong_.empty(); }
  void refuse(std::string why) {
    if (good()) wrong_ = std::move(why);
  }

 private:
  std::string take(const std::string& name) {
    const auto found = fields_.find(name);
    if (found == fields_.end()) {
      if (wrong_.empty()) wrong_ = fmt::format("'{}' is missing", name);
      return {};
    }
    std::string value = found->second;
    fields_.erase(found);
    return value;
  }

  std::string_view whole_;
  std::map<std::string, std::string> fields_;
  std::string wrong_;
};

template <class Items, class Name>
std::vector<std::string> namesOf(const Items& items, Name name) {
  std::vector<std::string> names;
  for (const auto& item : items) names.push_back(std::string(name(item)));
  return names;
}

}  // namespace

int stateBits(const models::ModelTable& model) { return model.microcode ? 32 : 24; }

Expected<FaultRequest> parseRequest(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string name(text.substr(0, colon));
  FaultRequest request{findKind(name)};
  if (request.kind == nullptr) {
    const auto names = namesOf(allKinds(), [](const KindInfo& kind) { return kind.name; });
    const std::string near = didYouMean(name, names);
    return faultError("R0801", text, fmt::format("there is no kind of fault '{}'", name),
                      near.empty() ? "`rheobase robust --list` shows all kinds" : near);
  }
  request.amount = request.kind->usual;
  if (colon == std::string_view::npos) return request;
  const std::optional<double> amount = numberOf<double>(text.substr(colon + 1));
  const auto [least, most, range] = rangeOf(request.kind->amount);
  const bool whole = request.kind->amount == "steps";
  if (request.kind->amount.empty())
    return faultError("R0802", text, fmt::format("'{}' takes no number", name),
                      fmt::format("write '{}'", name));
  if (!amount || !(*amount >= least && *amount <= most) || (whole && *amount != std::floor(*amount)))
    return faultError("R0802", text, fmt::format("'{}' takes {}", name, range),
                      fmt::format("for example '{}:{}'", name, request.kind->usual));
  request.amount = *amount;
  return request;
}

std::string textOf(const Fault& fault, const Program& program) {
  std::string text = amountText(*fault.kind, fault.amount) + "@";
  const auto cell = [&] {
    return fmt::format("population={},neuron={}",
                       escaped(program.populations[static_cast<std::size_t>(fault.population)].name),
                       fault.neuron);
  };
  const auto core = [&] { return program.cores[static_cast<std::size_t>(fault.core)].id; };
  switch (fault.kind->mechanism) {
    case Mechanism::MemoryBit:
      return text +
             fmt::format("core={},memory={},word={},bit={}", core(), fault.memory, fault.word, fault.bit);
    case Mechanism::StateBit: {
      const auto& states = program.populations[static_cast<std::size_t>(fault.population)].model->states;
      return text + cell() +
             fmt::format(",state={},step={},bit={}", states[static_cast<std::size_t>(fault.state)],
                         fault.step, fault.bit);
    }
    case Mechanism::Neuron:
      return text + cell();
    case Mechanism::Core:
      return text + fmt::format("core={}", core());
    case Mechanism::Message:
      return text + cell() + fmt::format(",step={}", fault.step);
    case Mechanism::MessageLoss:
    case Mechanism::Input:
    case Mechanism::Device:
      return text + fmt::format("instance={}", fault.instance);
    case Mechanism::Channel:
      return text + fmt::format("input={},channel={}",
                                escaped(program.inputs[static_cast<std::size_t>(fault.input)].name),
                                fault.channel);
  }
  return text;
}

Expected<Fault> parseFault(std::string_view text, const Program& program) {
  const std::size_t at = text.find('@');
  Expected<FaultRequest> request = parseRequest(text.substr(0, at));
  if (!request) return std::move(request).error();
  Fault fault{request->kind, request->amount};
  Place place(text, at == std::string_view::npos ? std::string_view{} : text.substr(at + 1));
  const auto readCore = [&] {
    fault.core =
        place.index("core", namesOf(program.cores, [](const Core& core) { return std::to_string(core.id); }));
  };
  const auto readCell = [&] {
    fault.population = place.index(
        "population", namesOf(program.populations, [](const PopulationInfo& p) { return p.name; }));
    if (place.good())
      fault.neuron = place.number<std::int32_t>(
          "neuron", 0, program.populations[static_cast<std::size_t>(fault.population)].size - 1);
  };
  const auto refuseSilent = [&] {
    if (!place.good()) return;
    const PopulationInfo& population = program.populations[static_cast<std::size_t>(fault.population)];
    if (!population.model->spiking)
      place.refuse(fmt::format("the neurons of '{}' send nothing", population.name));
  };
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  switch (fault.kind->mechanism) {
    case Mechanism::MemoryBit: {
      readCore();
      const std::int32_t memory =
          place.index("memory", {std::begin(kFaultMemories), std::end(kFaultMemories)});
      if (place.good()) fault.memory = kFaultMemories[memory];
      fault.word = place.number<std::uint64_t>("word", 0, kMost);
      fault.bit = place.number<int>("bit", 0, 63);
      break;
    }
    case Mechanism::StateBit: {
      readCell();
      if (!place.good()) break;
      const models::ModelTable& model =
          *program.populations[static_cast<std::size_t>(fault.population)].model;
      fault.state = place.index("state", namesOf(model.states, [](std::string_view name) { return name; }));
      fault.step = place.number<std::int64_t>("step", 0, kMost);
      fault.bit = place.number<int>("bit", 0, stateBits(model) - 1);
      break;
    }
    case Mechanism::Message:
      readCell();
      refuseSilent();
      fault.step = place.number<std::int64_t>("step", 0, kMost);
      break;
    case Mechanism::Neuron:
      readCell();
      if (fault.kind->manner == Manner::Firing) refuseSilent();
      break;
    case Mechanism::Core:
      readCore();
      break;
    case Mechanism::MessageLoss:
    case Mechanism::Input:
    case Mechanism::Device:
      fault.instance = place.number<std::uint64_t>("instance", 0, kMost);
      break;
    case Mechanism::Channel:
      fault.input =
          place.index("input", namesOf(program.inputs, [](const InputInfo& input) { return input.name; }));
      if (place.good())
        fault.channel = place.number<std::int32_t>(
            "channel", 0, program.inputs[static_cast<std::size_t>(fault.input)].size - 1);
      break;
  }
  if (Status status = place.end(); !status) return std::move(status).error();
  return fault;
}

}  // namespace rheo::faults
