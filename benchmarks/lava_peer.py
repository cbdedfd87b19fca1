"""The peer: an exported image under Lava's full runtime. Run in Lava's environment; answers lines on standard input.

    python with_lava.py lava_peer.py FOLDER INPUT.npz STEPS

"run" runs STEPS steps and prints the seconds that they took; anything else ends. The first steps, in which Lava compiles
and starts its processes, are not counted.
"""

import runpy
import sys
import time

import numpy as np
from lava.magma.core.run_conditions import RunSteps
from lava.magma.core.run_configs import Loihi2SimCfg
from lava.proc.io.sink import RingBuffer as Sink

folder, file, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
program = runpy.run_path(f"{folder}/network.py")
x = np.load(file)["x"].astype(np.int32)
populations = program["build"]({name: x.T for name in program["INPUTS"]})
last = list(populations.values())[-1]
sink = Sink(shape=last.s_out.shape, buffer=steps)
last.s_out.connect(sink.a_in)
last.run(condition=RunSteps(num_steps=2), run_cfg=Loihi2SimCfg(select_tag="fixed_pt"))
print("ready", flush=True)
for line in sys.stdin:
    if line.strip() != "run":
        break
    begin = time.perf_counter()
    last.run(condition=RunSteps(num_steps=steps), run_cfg=Loihi2SimCfg(select_tag="fixed_pt"))
    print(time.perf_counter() - begin, flush=True)
last.stop()
