// The session that steps a Plan, and what computes inside it: the stock vector kernels, or code made for
// the one network.
#pragma once

#include <memory>
#include <string>

#include "sim/Engine.h"
#include "sim/Plan.h"
#include "sim/vector/Kernels.h"

namespace rheo {

// Code made for one plan. Immutable and shared by threads. Same bits as the stock kernels.
class PlanCode {
 public:
  virtual ~PlanCode() = default;
  // One step of a population; returns how many neurons fired, their indices in call.active.
  virtual std::size_t update(std::size_t population, const vector::UpdateCall& call) const = 0;
  // Adds the rows of a dense projection, or returns false to leave it to the stock kernels.
  virtual bool addRows(const PlanProjection& projection, const vector::RowsCall<std::int8_t>& call) const = 0;
  virtual bool addRows(const PlanProjection& projection,
                       const vector::RowsCall<std::int16_t>& call) const = 0;
};

// `code` may be null: then the stock kernels do everything.
std::unique_ptr<Engine> makePlanEngine(std::string name, std::shared_ptr<const Plan> plan,
                                       std::shared_ptr<const PlanCode> code);

}  // namespace rheo
