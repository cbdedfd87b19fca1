// Builds a network from arrays, without a file. Ends in finishNetwork like every reader, so the same rules
// hold.
//
//   Builder builder("net", {.dt = 1e-3});
//   builder.input("in", {86}).lif("hidden", {64}, {.tau = {20e-3}, .r = {20}}).connect("in", "hidden",
//   weights); Expected<Network> network = builder.build();
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "network/Network.h"

namespace rheo {

// Parameters of neurons, in NIR's names and units: one value for all neurons, or one for each.
struct LifParameters {
  std::vector<double> tau;  // s
  std::vector<double> r = {1};
  std::vector<double> vLeak = {0};
  std::vector<double> vThreshold = {1};
  std::vector<double> vReset = {0};
};
struct LiParameters {
  std::vector<double> tau;  // s
  std::vector<double> r = {1};
  std::vector<double> vLeak = {0};
};
struct CubaLifParameters {
  std::vector<double> tauSyn;  // s
  std::vector<double> tauMem;  // s
  std::vector<double> r = {1};
  std::vector<double> vLeak = {0};
  std::vector<double> inputWeight = {1};  // w_in
  std::vector<double> vThreshold = {1};
  std::vector<double> vReset = {0};
};
struct CubaLiParameters {
  std::vector<double> tauSyn;  // s
  std::vector<double> tauMem;  // s
  std::vector<double> r = {1};
  std::vector<double> vLeak = {0};
  std::vector<double> inputWeight = {1};  // w_in
};
struct IntegrateAndFireParameters {
  std::vector<double> r = {1};
  std::vector<double> vThreshold = {1};
  std::vector<double> vReset = {0};
};

// Calls can come in any order; what is wrong is reported by build().
class Builder {
 public:
  using Shape = std::vector<std::int64_t>;

  explicit Builder(std::string name = "network", ConventionOptions options = {});

  Builder& input(const std::string& name, Shape shape);
  // An Output that receives what `source` sends.
  Builder& output(const std::string& name, const std::string& source);
  Builder& lif(const std::string& name, Shape shape, const LifParameters& parameters);
  Builder& li(const std::string& name, Shape shape, const LiParameters& parameters);
  Builder& cubaLif(const std::string& name, Shape shape, const CubaLifParameters& parameters);
  Builder& cubaLi(const std::string& name, Shape shape, const CubaLiParameters& parameters);
  Builder& integrateAndFire(const std::string& name, Shape shape,
                            const IntegrateAndFireParameters& parameters);
  Builder& integrator(const std::string& name, Shape shape, std::vector<double> r = {1});
  // Neurons without memory. SPEC F24.
  Builder& threshold(const std::string& name, Shape shape, std::vector<double> threshold = {1});
  // Hands on what it received so many seconds before. SPEC F23.
  Builder& delay(const std::string& name, Shape shape, std::vector<double> seconds);
  // Neurons of any model by its NIR name and NIR parameter names.
  Builder& neurons(const std::string& kind, const std::string& name, const Shape& shape,
                   const std::map<std::string, std::vector<double>>& parameters);

  // Every neuron of `source` to every neuron of `target`: weights [targets, sources] in C order, where a
  // neuron of several ports has a row for each, one after another; biases none or [targets] (added in every
  // step, SPEC F6). Becomes a Linear or Affine node named "source_to_target", with "_2", "_3"... if that name
  // is taken.
  Builder& connect(const std::string& source, const std::string& target, std::vector<double> weights,
                   std::vector<double> biases = {});
  // Passes values on unchanged, element to element.
  Builder& connect(const std::string& source, const std::string& target);

  // The finished network. Without any output(), populations that feed no other one get an Output each:
  // "output", or "<name>_output" if there are several. Errors: those of finishNetwork, and R0206 for a
  // connection from or to a node that does not exist.
  Expected<Network> build() const;

 private:
  struct Connection {
    std::string source, target;
    bool weighted = false;
    std::vector<double> weights, biases;
  };

  Builder& elements(const std::string& kind, const std::string& name, const Shape& shape,
                    const std::map<std::string, std::vector<double>>& parameters);

  Network network_;
  ConventionOptions options_;
  std::vector<Connection> connections_;
};

}  // namespace rheo
