// The image's header against the network: names, models, shapes, ports, lags. SPEC V2, V4, V5
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "witness/Checker.h"

namespace rheo::witness {

std::vector<FactT> faceOf(const image::HeaderT& header) {
  std::vector<FactT> face;
  const auto add = [&](const std::string& name, const char* what, const std::string& how) {
    face.emplace_back().name = name;
    face.back().what = what;
    face.back().how = how;
  };
  add("", "the network", fmt::format("{}, {}, {} s a step", header.network, header.profile, header.dt));
  for (const auto& p : header.populations)
    add(p->name, "the population",
        fmt::format("a {}{} of {} neurons {}", p->hidden ? "hidden " : "", p->model, p->size, p->shape));
  for (const auto& i : header.inputs) {
    const int most = i->encoding == image::Encoding::Binary ? 1 : i->max_payload;
    add(i->name, "the input",
        fmt::format("{} channels {} of {} to {}", i->size, i->shape,
                    i->encoding == image::Encoding::Graded ? -most : 0, most));
  }
  for (const auto& o : header.outputs) {
    std::string how = fmt::format("{} of", o->shape);
    for (const auto& part : o->parts)
      how += fmt::format(" {}.{}",
                         part->population < header.populations.size()
                             ? header.populations[part->population]->name
                             : "nothing",
                         part->state);
    add(o->name, "the output", how);
  }
  return face;
}

void Checker::match() {
  std::map<std::pair<bool, std::string>, std::size_t> known;  // whether an input, name -> node
  for (const auto& node : network_.nodes) {
    known.emplace(std::pair(node->model.empty(), node->name), nodes_.size());
    nodes_.push_back({node->name, node->size, node->lag});
  }
  for (const image::Population* p : *header_.populations()) {
    const auto [entry, isNew] = known.emplace(std::pair(false, p->name()->str()), nodes_.size());
    populations_.push_back(entry->second);
    models_.push_back(models::findModel(p->model()->string_view()));
    if (isNew) nodes_.push_back({entry->first.second, p->size()});
    nodes_[entry->second].lag = p->lag();
    if (isNew && (p->model()->string_view() != "graded_vec" || !p->hidden()))
      broken(nodes_.back().name,
             fmt::format("the network has no population '{}', and it is no hidden sum (graded_vec)",
                         nodes_.back().name));
  }
  into_.resize(nodes_.size());
  for (std::size_t i = 0; i < network_.projections.size(); ++i)
    into_[network_.projections[i]->target].push_back(i);
  for (auto& all : into_)
    std::ranges::stable_sort(all, {}, [&](std::size_t i) { return network_.projections[i]->source; });
  std::uint64_t next = 0;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (i < network_.nodes.size()) checkMoved(i);
    if (i == network_.nodes.size()) firstSum_ = next;
    nodes_[i].base = next;
    next += nodes_[i].size;
  }
  if (next > UINT32_MAX) broken("", "there are more neurons than can be counted");
  for (const image::Input* input : *header_.inputs()) inputs_.push_back(known[{true, input->name()->str()}]);
  compareFaces();
}

void Checker::compareFaces() {
  using Words = std::pair<std::string, std::string>;
  std::map<Words, Words> words;  // what and name -> in the network and in the image
  image::HeaderT header;
  header_.UnPackTo(&header);
  for (const auto& fact : network_.face) words[{fact->what, fact->name}].first += fact->how;
  for (const FactT& fact : faceOf(header)) words[{fact.what, fact.name}].second += fact.how;
  for (std::size_t i = network_.nodes.size(); i < nodes_.size(); ++i)
    words.erase({"the population", nodes_[i].name});
  for (const auto& [key, said] : words) {
    const auto& [expected, found] = said;
    if (expected != found)
      broken(key.second,
             fmt::format("{} '{}' is {} in the image, {} in the network", key.first, key.second,
                         found.empty() ? "absent" : found, expected.empty() ? "absent" : expected));
  }
}

// SPEC V4: only what stays silent until something arrives may run later than its parameters were chosen for.
void Checker::checkMoved(std::size_t number) {
  const NodeT& node = *network_.nodes[number];
  const std::int64_t lag = nodes_[number].lag;
  if (lag == node.lag) return;
  const auto tell = [&](const std::string& why) {
    broken(node.name, fmt::format("{} and has lag {} in the image, {} in the network", why, lag, node.lag));
  };
  for (const auto& parameter : node.parameters) {
    const auto acts = [&](std::int32_t value) {
      if (parameter->name == "bias") return value != 0;
      return parameter->name == "threshold_low" ? value > 0
                                                : parameter->name.starts_with("threshold") && value < 0;
    };
    if (std::ranges::any_of(parameter->values, acts))
      tell(fmt::format("'{}' acts by itself ({})", node.name, parameter->name));
  }
  if (into_[number].empty()) tell(fmt::format("nothing enters '{}'", node.name));
}

std::string Checker::describe(std::uint32_t source) const {
  const std::size_t i = std::ranges::upper_bound(nodes_, source, {}, &Source::base) - nodes_.begin() - 1;
  const bool isInput = i < network_.nodes.size() && network_.nodes[i]->model.empty();
  return fmt::format("{} {} of '{}'", isInput ? "channel" : "neuron", source - nodes_[i].base,
                     nodes_[i].name);
}

}  // namespace rheo::witness
