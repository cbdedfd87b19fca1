// The networks.
#include "Nets.h"

namespace rheo::test {

Case denseCase() {
  Net net("dense");
  const int in = net.input("in", {20});
  const int hidden = net.cuba("hidden", {40}), out = net.population("out", "li", {5}, {{"dv", {200}}});
  net.populations[0].registers["vth"].clear();
  for (int i = 0; i < 40; ++i) net.populations[0].registers["vth"].push_back(80 + i % 2);
  net.dense("fc1", {true, in}, hidden, drawn(1), 2);
  net.dense("fc2", {false, hidden}, out, drawn(2), -1);
  net.output("spikes", hidden);
  net.output("potential", out);
  return caseOf(net, "tiny");
}

Case convolutionCase() {
  Net net("convolution");
  const Convolution first{2, 4, 1, {9, 5, 3, 2, 1, 1}, {8, 8, 3, 1, 1, 1}};
  const Convolution second{4, 4, 2, {5, 3, 3, 1, 0, 1}, {8, 4, 2, 1, 0, 4}};
  const int in = net.input("in", {2, 9, 8});
  const int map = net.cuba("map", {4, 5, 8}), deep = net.cuba("deep", {4, 3, 4}), out = net.cuba("out", {3});
  net.connect("conv1", {true, in}, map, Wiring::convolution(first), drawn(3), -2);
  net.connect("conv2", {false, map}, deep, Wiring::convolution(second), drawn(4), 1);
  net.dense("readout", {false, deep}, out, drawn(5));
  net.output("out", out);
  return caseOf(net, "loihi2");
}

Case recurrentCase() {
  Net net("recurrent");
  const int in = net.input("in", {12});
  const int a = net.cuba("a", {24}), b = net.cuba("b", {10});
  net
      .populations[static_cast<std::size_t>(net.population(
          "bias", "lif", {1}, {{"dv", {0}}, {"vth", {0}}, {"bias_mantissa", {64}}, {"bias_exponent", {0}}}))]
      .hidden = true;
  net.dense("w_in", {true, in}, a, drawn(6), -3);
  FixedProjection& again = net.dense("w_again", {true, in}, a, drawn(7), -3);
  again.weights.delays.assign(again.weights.values.size(), 0);
  for (std::size_t i = 0; i < again.weights.delays.size(); ++i)
    again.weights.delays[i] = static_cast<std::int32_t>(i * 7 % 5);
  net.dense("w_rec", {false, a}, a, drawn(8), -1).delaySteps = 1;
  net.dense("w_out", {false, a}, b, drawn(9), 3);
  net.dense("skip", {true, in}, b, drawn(10), -2);
  net.dense("b.bias", {false, 2}, b, drawn(11), 0);
  net.output("out", b);
  return caseOf(net, "tiny");
}

Case listedCase() {
  Net net("listed");
  const int in = net.input("in", {40});
  const int a = net.cuba("a", {30}), b = net.cuba("b", {25});
  const auto few = [](unsigned seed) {
    return [weight = drawn(seed), place = std::mt19937(seed)](std::int64_t i) mutable {
      return place() % 9 == 0 ? weight(i) : 0;
    };
  };
  net.dense("w_in", {true, in}, a, few(22), 1);
  FixedProjection& delayed = net.dense("w_delayed", {false, a}, b, few(23), -2);
  for (std::size_t i = 0; i < delayed.weights.values.size(); ++i)
    delayed.weights.delays.push_back(static_cast<std::int32_t>(i % 4));
  net.dense("w_none", {true, in}, b, [](std::int64_t) { return 0; });
  net.output("out", b);
  return caseOf(net, "tiny");
}

Case inputsCase() {
  Net net("inputs");
  const int counts = net.input("counts", {2, 3}, 0, 5), graded = net.input("graded", {4}, -9, 9);
  const int a = net.cuba("a", {8}), b = net.population("b", "integrate_and_fire", {6}, {{"vth", {70}}});
  FixedProjection& positive =
      net.dense("positive", {true, counts}, a, [](std::int64_t i) { return int(i % 7) * 8; });
  positive.signMode = SignMode::Excitatory;
  positive.weightBits = 5;
  FixedProjection& negative = net.dense(
      "negative", {true, graded}, b, [](std::int64_t i) { return -int(i % 5) * 16; }, -2);
  negative.signMode = SignMode::Inhibitory;
  negative.weightBits = 4;
  net.dense("across", {true, counts}, b, drawn(12), 1);
  net.output("a", a);
  net.output("b", b);
  return caseOf(net, "tiny");
}

Case programsCase() {
  Net net("programs");
  const int in = net.input("in", {8});
  const int clocked = net.population("clocked", "cuba_lif_reset", {7},
                                     {{"decay_u", {500}},
                                      {"decay_v", {300}},
                                      {"bias", {0}},
                                      {"threshold", {640}},
                                      {"reset_interval", {20}},
                                      {"reset_phase", {3}}});
  const int product = net.population("product", "prod_neuron", {5}, {{"threshold", {2}}, {"exponent", {1}}});
  net.dense("w1", {true, in}, clocked, drawn(13));
  net.dense("w2", {false, clocked}, product, drawn(14));
  net.output("out", product);
  return caseOf(net, "tiny");
}

Case loihi1Case() {
  Net net("loihi1");
  const int in = net.input("in", {10});
  const int a = net.cuba("a", {12}), b = net.cuba("b", {6});
  net.dense("w1", {true, in}, a, drawn(15), -3);
  net.dense("w2", {false, a}, b, drawn(16), 2);
  net.output("out", b);
  return caseOf(net, "loihi1", kLoihi1Profile);
}

Case cloneCase() {
  Net net("clones");
  const int in = net.input("in", {6});
  const int a = net.cuba("a", {5}), b = net.cuba("b", {40});
  net.dense("w_in", {true, in}, a, drawn(17), -2);
  net.dense("w_rec", {false, a}, a, drawn(18), -1).delaySteps = 1;
  net.dense("w_out", {false, a}, b, drawn(19), -3);
  net.output("a", a);
  net.output("b", b);
  ChipSpec small = chipNamed("tiny");
  small.limits["neurons_per_core"].value = 8;
  small.limits["output_axons_per_core"].value = 8;
  return {net.name, witnessOf(net, kLavaProfile), imageOf(net, small, kLavaProfile, true)};
}

Case splitCase(int exponent, bool direct, bool chained) {
  constexpr int kSources = 12, kTargets = 5, kEach = 4;
  const int parts = kSources / kEach - (direct ? 1 : 0);  // the last goes directly
  const auto weight = [](std::int64_t i) { return static_cast<int>(i * 37 % 61) * 2 - 60; };
  Net whole("split");
  const Source from{true, whole.input("in", {kSources})};
  const int out = whole.cuba("out", {kTargets});
  whole.dense("fc", from, out, weight, exponent);
  whole.output("out", out);
  Net split("split");
  split.input("in", {kSources});
  split.cuba("out", {kTargets});
  const int sum = split.sum("fc.sum", parts * kTargets);
  const auto part = [&](bool first) {  // two projections: groups of their own, one sum all the same
    return [=](std::int64_t i) {
      const std::int64_t number = i / kSources / kTargets, target = i / kSources % kTargets,
                         source = i % kSources;
      return source / kEach == number && (number == 0) == first ? weight(target * kSources + source) : 0;
    };
  };
  split.dense("fc.part", from, sum, part(true));
  split.dense("fc.parts", from, sum, part(false));
  int last = sum;
  const auto own = [parts](std::int64_t i) {
    return i / (parts * kTargets) == i % (parts * kTargets) % kTargets ? 1 : 0;
  };
  if (chained) {
    last = split.sum("fc.sums", kTargets);
    split.dense("fc.between", {false, sum}, last, own).signMode = SignMode::Excitatory;
  }
  split
      .dense("fc.whole", {false, last}, out,
             chained ? [](std::int64_t i) { return i / kTargets == i % kTargets ? 1 : 0; }
                     : std::function<int(std::int64_t)>(own),
             exponent)
      .signMode = SignMode::Excitatory;
  if (direct)
    split.dense(
        "fc", from, out, [&](std::int64_t i) { return i % kSources / kEach == 2 ? weight(i) : 0; }, exponent);
  split.output("out", out);
  return {"split", witnessOf(whole, kLavaProfile), imageOf(split, chipNamed("tiny"))};
}

}  // namespace rheo::test
