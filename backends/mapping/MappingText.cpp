// Names of mappers, and the report in a sentence.
#include "mapping/MappingText.h"

#include <fmt/format.h>

#include <vector>

#include "support/Text.h"

namespace rheo {
namespace {

std::string textOf(const MappingFigures& figures) {
  return fmt::format("{} core{}, connectivity {:.5g}, {:.5g} links crossed in a step", figures.cores,
                     figures.cores == 1 ? "" : "s", figures.connectivity, figures.hops);
}

}  // namespace

Expected<Mapper> mapperOf(const std::string& name) {
  if (name == "auto") return Mapper::Auto;
  if (name == "order") return Mapper::Order;
  if (name == "graph") return Mapper::Graph;
  const std::string nearest = didYouMean(name, {"auto", "order", "graph"});
  return Error::of(ErrorKind::Usage, "R0690", "", fmt::format("there is no mapper '{}'", name),
                   nearest.empty() ? "choose auto, order or graph" : nearest);
}

std::optional<Assumption> assumptionOf(const MappingReport& report) {
  Assumption told;
  told.what = "placement";
  if (report.kept && report.notKept.empty()) {
    told.value = "neurons stay on the cores of an earlier image";
    told.why =
        fmt::format("{} kept, {} moved, {} new", report.kept->kept, report.kept->moved, report.kept->added);
    told.howToChange = "compile without --keep";
    return told;
  }
  if (!report.inOrder && !report.byGraph) return std::nullopt;
  told.value = report.mapped ? "neurons as the mapper groups them" : "populations in order";
  const auto side = [](const char* name, const std::optional<MappingFigures>& figures) {
    return fmt::format("{}: {}", name, figures ? textOf(*figures) : "does not fit");
  };
  told.why = side("in order", report.inOrder) + "; " + side("by the mapper", report.byGraph);
  if (!report.refused.empty()) told.why += fmt::format(" ({})", report.refused);
  if (report.bound)
    told.why += fmt::format("; no placement has a connectivity below {:.5g}: {}", report.bound->value,
                            report.bound->reason);
  told.howToChange = report.mapped ? "--mapper order" : "--mapper graph";
  return told;
}

}  // namespace rheo
