// The JIT engine: the kernels of one network's shapes and constants, run by the common plan session.
#include <fmt/format.h>

#include <map>

#include "emulator/Kernels.h"
#include "emulator/ObjectCode.h"
#include "sim/PlanSession.h"
#include "sim/vector/Kernels.h"

namespace rheo::jit {
namespace {

using vector::RowsCall;
using vector::UpdateCall;
using UpdateFunction = void (*)(void** arrays);
using DeliverFunction = void (*)(const std::uint32_t*, std::int64_t, const void*, std::int32_t*);

// Kernels are equal where shape and constants are: networks with many alike layers compile few.
std::string updateKey(const UpdateKernel& kernel) {
  std::string key = fmt::format("update.{}.{}", kernel.model->name, kernel.paddedSize);
  for (const auto& constant : kernel.constants)
    key += constant ? fmt::format(".{}", *constant) : std::string(".array");
  return key;
}

class JitCode final : public PlanCode {
 public:
  static Expected<std::shared_ptr<const JitCode>> make(const Plan& plan);

  std::size_t update(std::size_t population, const UpdateCall& call) const override;
  bool addRows(const PlanProjection& projection, const RowsCall<std::int8_t>& call) const override {
    return run(projection, call);
  }
  bool addRows(const PlanProjection& projection, const RowsCall<std::int16_t>& call) const override {
    return run(projection, call);
  }

 private:
  struct Update {
    UpdateFunction function;
    std::vector<int> arrays;  // parameters that are passed
    int states;
    std::size_t inputs;
  };

  // Graded payloads are left to the stock kernels.
  template <class Weight>
  bool run(const PlanProjection& projection, const RowsCall<Weight>& call) const {
    const auto found = delivers_.find(&projection);
    if (found == delivers_.end() || call.active.payload) return false;
    found->second(call.active.index, static_cast<std::int64_t>(call.active.count), call.weights, call.sum);
    return true;
  }

  std::unique_ptr<ObjectCode> code_;
  std::vector<Update> updates_;
  std::map<const PlanProjection*, DeliverFunction> delivers_;
};

std::size_t JitCode::update(std::size_t population, const UpdateCall& call) const {
  const Update& update = updates_[population];
  void* arrays[4 + models::kMaxStates + models::kMaxParameters];
  int next = 0;
  arrays[next++] = call.input;
  arrays[next++] = call.payloads;
  arrays[next++] = call.wraps;
  arrays[next++] = call.saturations;
  for (int k = 0; k < update.states; ++k) arrays[next++] = call.states[k];
  for (int k : update.arrays) arrays[next++] = const_cast<std::int32_t*>(call.parameters[k]);
  update.function(arrays);
  std::fill_n(call.input, update.inputs, 0);
  bool unit = true;
  const std::size_t sent =
      vector::kernels().compact(call.payloads, call.size, call.active, call.activePayloads, &unit);
  if (call.activePayloads && unit) std::fill_n(call.activePayloads, sent, 1);
  return sent;
}

// What a plan needs, and which kernel serves which part of it.
struct Wanted {
  std::vector<UpdateKernel> updates;
  std::vector<DeliverKernel> delivers;
  std::vector<std::string> updateOfPopulation;
  std::vector<std::pair<const PlanProjection*, std::string>> deliverOfProjection;
  std::map<std::string, bool> made;

  void want(const PlanPopulation& population);
  void want(const PlanPopulation& population, const PlanProjection& projection);
};

void Wanted::want(const PlanPopulation& population) {
  UpdateKernel kernel{"", population.model, population.width, {}};
  for (const PlanParameter& parameter : population.parameters)
    kernel.constants.push_back(parameter.constant ? std::optional(parameter.values.front()) : std::nullopt);
  kernel.symbol = updateKey(kernel);
  updateOfPopulation.push_back(kernel.symbol);
  if (made.emplace(kernel.symbol, true).second) updates.push_back(kernel);
  for (const PlanProjection& projection : population.linear) want(population, projection);
  for (const PlanShifted& shifted : population.shifted)
    for (const PlanProjection& projection : shifted.projections) want(population, projection);
}

void Wanted::want(const PlanPopulation& population, const PlanProjection& projection) {
  if (!projection.hasRows()) return;
  const int bits = projection.storage == WeightStorage::Dense8 ? 8 : 16;
  DeliverKernel kernel{"", population.targets(), static_cast<std::int64_t>(projection.stride), bits,
                       projection.shift};
  kernel.symbol =
      fmt::format("deliver.{}.{}.{}.{}", kernel.paddedTargets, kernel.stride, bits, kernel.exponent);
  deliverOfProjection.emplace_back(&projection, kernel.symbol);
  if (made.emplace(kernel.symbol, true).second) delivers.push_back(kernel);
}

Expected<std::shared_ptr<const JitCode>> JitCode::make(const Plan& plan) {
  Wanted wanted;
  for (const PlanPopulation& population : plan.populations) wanted.want(population);
  auto context = makeContext();
  auto module = buildModule(*context, *plan.program->profile, wanted.updates, wanted.delivers);
  auto compiled = compileModule(*module);
  if (!compiled) return compiled.error();

  auto code = std::make_shared<JitCode>();
  code->code_ = std::move(*compiled);
  for (std::size_t p = 0; p < plan.populations.size(); ++p) {
    auto symbol = code->code_->find(wanted.updateOfPopulation[p]);
    if (!symbol) return symbol.error();
    Update update{reinterpret_cast<UpdateFunction>(*symbol),
                  {},
                  static_cast<int>(plan.populations[p].model->states.size()),
                  static_cast<std::size_t>(plan.populations[p].targets())};
    for (std::size_t k = 0; k < plan.populations[p].parameters.size(); ++k)
      if (!plan.populations[p].parameters[k].constant) update.arrays.push_back(static_cast<int>(k));
    code->updates_.push_back(std::move(update));
  }
  for (const auto& [projection, name] : wanted.deliverOfProjection) {
    auto symbol = code->code_->find(name);
    if (!symbol) return symbol.error();
    code->delivers_[projection] = reinterpret_cast<DeliverFunction>(*symbol);
  }
  return std::shared_ptr<const JitCode>(std::move(code));
}

}  // namespace
}  // namespace rheo::jit

// The one symbol that runtime/sim/LoadJit.cpp looks up.
extern "C" __attribute__((visibility("default"))) rheo::Expected<std::unique_ptr<rheo::Engine>> rheoMakeJit(
    std::shared_ptr<const rheo::Program> program) {
  auto plan = std::make_shared<const rheo::Plan>(rheo::makePlan(std::move(program)));
  auto code = rheo::jit::JitCode::make(*plan);
  if (!code) return code.error();
  return rheo::makePlanEngine("jit", std::move(plan), std::move(*code));
}
