// The image's header against the network: names, models, shapes, ports, lags. SPEC V2, V4, V5
#include "witness/Checker.h"

namespace rheo::witness {

Face faceOf(const image::HeaderT& header) {
  Face face;
  face[{"the network", header.network}] = fmt::format("{}, {} s a step", header.profile, header.dt);
  for (const auto& p : header.populations)
    face[{"the population", p->name}] +=
        fmt::format("a {}{} of {} neurons {}", p->hidden ? "hidden " : "", p->model, p->size, p->shape);
  for (const auto& i : header.inputs) {
    const int most = i->encoding == image::Encoding::Binary ? 1 : i->max_payload;
    const int least = i->encoding == image::Encoding::Graded ? -most : 0;
    face[{"the input", i->name}] += fmt::format("{} channels {} of {} to {}", i->size, i->shape, least, most);
  }
  for (const auto& o : header.outputs) {
    std::string& how = face[{"the output", o->name}] += fmt::format("{} of", o->shape);
    for (const auto& part : o->parts) {
      const bool known = part->population < header.populations.size();
      how += fmt::format(" {}.{}", known ? header.populations[part->population]->name : "", part->state);
    }
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
    const auto cloned = known.find({false, p->clone_of() ? p->clone_of()->str() : ""});
    if (takeClones(*p, cloned == known.end() ? nodes_.size() : cloned->second)) continue;
    const auto [entry, isNew] = known.emplace(std::pair(false, p->name()->str()), nodes_.size());
    populations_.push_back(entry->second);
    originals_.emplace_back();
    models_.push_back(models::findModel(p->model()->string_view()));
    if (isNew) nodes_.push_back({entry->first.second, p->size()});
    nodes_[entry->second].lag = p->lag();
    if (isNew && (p->model()->string_view() != "graded_vec" || !p->hidden()))
      broken(nodes_.back().name, "the network has no such population, and it is no hidden sum (graded_vec)");
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

// SPEC V2: a clone is one more compartment of its neuron. False where `p` holds none of that node.
bool Checker::takeClones(const image::Population& p, std::size_t node) {
  if (node >= network_.nodes.size()) return false;
  const std::string& model = network_.nodes[node]->model;
  populations_.push_back(node);
  models_.push_back(models::findModel(model));
  originals_.emplace_back();
  if (p.originals()) originals_.back().assign(p.originals()->begin(), p.originals()->end());
  const auto isNone = [&](std::uint32_t neuron) { return neuron >= nodes_[node].size; };
  if (originals_.back().empty() || originals_.back().size() != p.size() || !p.hidden() ||
      p.model()->string_view() != model || std::ranges::any_of(originals_.back(), isNone))
    broken(p.name()->str(), fmt::format("it is said to clone '{}', and does not", nodes_[node].name));
  return true;
}

void Checker::compareFaces() {
  image::HeaderT header;
  header_.UnPackTo(&header);
  Face found = faceOf(header);
  for (std::size_t i = network_.nodes.size(); i < nodes_.size(); ++i)
    found.erase({"the population", nodes_[i].name});
  for (std::size_t i = 0; i < originals_.size(); ++i)
    if (!originals_[i].empty()) found.erase({"the population", header.populations[i]->name});
  constexpr const char* kBoth = "{} is {} in the image, {} in the network";
  for (const auto& fact : network_.face) {
    std::string& here = found.emplace(std::pair(fact->what, fact->name), "absent").first->second;
    if (here != fact->how) broken(fact->name, fmt::format(kBoth, fact->what, here, fact->how));
    found.erase({fact->what, fact->name});
  }
  for (const auto& [key, how] : found) broken(key.second, fmt::format(kBoth, key.first, how, "absent"));
}

// SPEC V4: only what stays silent until something arrives may run later than its parameters were chosen for.
void Checker::checkMoved(std::size_t number) {
  const NodeT& node = *network_.nodes[number];
  const std::int64_t lag = nodes_[number].lag;
  if (lag == node.lag) return;
  const auto tell = [&](const std::string& why) {
    broken(node.name, fmt::format("{}, and has lag {} in the image, {} in the network", why, lag, node.lag));
  };
  for (const auto& parameter : node.parameters) {
    const std::string& what = parameter->name;
    const auto acts = [&](std::int32_t value) {
      if (what == "bias") return value != 0;
      return what == "threshold_low" ? value > 0 : what.starts_with("threshold") && value < 0;
    };
    if (std::ranges::any_of(parameter->values, acts))
      tell(fmt::format("it acts by itself ({})", parameter->name));
  }
  if (into_[number].empty()) tell("nothing enters it");
}

std::string Checker::describe(std::uint32_t source) const {
  const std::size_t i = std::ranges::upper_bound(nodes_, source, {}, &Source::base) - nodes_.begin() - 1;
  const char* what = i < network_.nodes.size() && network_.nodes[i]->model.empty() ? "channel" : "neuron";
  return fmt::format("{} {} of '{}'", what, source - nodes_[i].base, nodes_[i].name);
}

}  // namespace rheo::witness
