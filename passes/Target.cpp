// A chip's name and a profile's name become records, or a message that says what there is.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "chips/Chips.h"
#include "passes/Passes.h"
#include "support/Text.h"

namespace rheo {

Expected<const Profile*> resolveProfile(const ChipSpec& chip, const std::string& profile) {
  const std::string wanted = profile.empty() ? chip.profiles.front() : profile;
  const Profile* found = findProfile(wanted);
  Diagnostic diagnostic;
  if (!found) {
    std::vector<std::string> names;
    for (const Profile& known : kProfiles) names.emplace_back(known.name);
    diagnostic.code = "R0690";
    diagnostic.message = fmt::format("there is no arithmetic profile '{}'", wanted);
    diagnostic.remedy = didYouMean(wanted, names);
    return Error::of(ErrorKind::Usage, std::move(diagnostic));
  }
  if (!chip.runs(wanted)) {
    diagnostic.code = "R0410";
    diagnostic.message = fmt::format("'{}' does not run the arithmetic profile '{}'", chip.name, wanted);
    diagnostic.remedy = fmt::format("choose --profile {}", fmt::join(chip.profiles, " or "));
    return Error::of(ErrorKind::Compile, std::move(diagnostic));
  }
  return found;
}

Expected<Target> resolveTarget(const std::string& chip, const std::string& profile) {
  Expected<ChipSpec> record = resolveChip(chip);
  if (!record) return std::move(record).error();
  Expected<const Profile*> found = resolveProfile(*record, profile);
  if (!found) return std::move(found).error();
  return Target{*std::move(record), *found};
}

Status PassChip::resolve(const std::string& name) {
  if (spec_) return ok();
  Expected<ChipSpec> record = resolveChip(name);
  if (!record) return std::move(record).error();
  own_ = std::make_shared<const ChipSpec>(*std::move(record));
  spec_ = own_.get();
  return ok();
}

}  // namespace rheo
