// The named sets of `--as`: how each framework runs a network that it reads from a NIR file.
#include <array>

#include "network/Conventions.h"

namespace rheo {

std::span<const FrameworkConventions> frameworks() {
  static const std::array kFrameworks{
      // Norse 1.1, norse.torch.utils.import_nir: dt is an argument; v_reset is dropped.
      FrameworkConventions{"norse", {}, {{"reset", "zero"}}},
      // snnTorch 1.0, import_nir: dt is fixed; reset_mechanism="zero", reset_delay=False.
      FrameworkConventions{"snntorch", 1e-4, {{"reset", "zero"}, {"update", "decay"}}},
      // Sinabs 3.1, from_nir: decays exp(-1/tau), MultiSpike, MembraneSubtract; IAF with min_v_mem.
      FrameworkConventions{"sinabs",
                           {},
                           {{"reset", "subtract"},
                            {"discretization", "exponential"},
                            {"firing", "reached"},
                            {"spikes_per_step", "many"},
                            {"clamp", "threshold"},
                            {"update", "decay"}}},
      // SpikingJelly 2.0, nir_exchange.import_from_nir: dt is an argument, 1e-4 where it is left out.
      FrameworkConventions{
          "spikingjelly", 1e-4, {{"reset", "v_reset"}, {"firing", "reached"}, {"integration", "second"}}},
      // Lava 0.10, lava.proc.lif: every hop takes a step.
      FrameworkConventions{"lava", {}, {{"reset", "zero"}, {"feedforward_delay", "1"}, {"update", "decay"}}},
      // Nengo 4, nengo.LIF: the exact solution over a step.
      FrameworkConventions{"nengo", {}, {{"reset", "zero"}, {"discretization", "exponential"}}},
      // Spyx 0.1, spyx.nn: a neuron tests the potential of the step before, and subtracts then.
      FrameworkConventions{
          "spyx", {}, {{"reset", "subtract-next"}, {"feedforward_delay", "1"}, {"update", "decay"}}},
      // Rockpool 2.7, LIFTorch: decays exp(-dt/tau), several spikes in a step.
      FrameworkConventions{"rockpool",
                           {},
                           {{"reset", "subtract"},
                            {"discretization", "exponential"},
                            {"spikes_per_step", "many"},
                            {"update", "decay"}}},
  };
  return kFrameworks;
}

}  // namespace rheo
