// Lags, sums, numbers and cores, one after the other; none hides what the next one finds.
#include "passes/Limits.h"

#include "algorithms/InputSums.h"
#include "algorithms/Lags.h"
#include "algorithms/Problem.h"

namespace rheo {

Status solveAndCheck(FixedNet& net, const Profile& profile, const ChipSpec& chip) {
  std::vector<Diagnostic> found;
  const auto add = [&](const Status& status) {
    if (!status)
      found.insert(found.end(), status.error().diagnostics.begin(), status.error().diagnostics.end());
  };
  add(assignLags(net, kMaxDelay));  // where there are none, the rest is as if nobody waited
  add(checkInputSums(net));
  const PlacementProblem problem = problemOf(net, profile);
  const Status numbers = checkProblem(problem, chip);
  if (!numbers && numbers.error().kind != ErrorKind::Compile) return numbers;
  if (found.empty() && numbers) return ok();  // placing is the next pass
  if (const Expected<Placement> placed = place(problem, chip); !placed) add(placed.error());
  return Error{ErrorKind::Compile, std::move(found)};
}

}  // namespace rheo
