"""Random networks through the whole compiler: golden = vector = JIT = the rules written down once more, bit for bit.

RHEO_SEED=n replays one network, RHEO_NETWORKS=n draws that many (a share without either).
"""

from collections import Counter

import numpy as np
import random_networks
import rheobase as rb
from comparing import compare_with_rules, run_engines
from replay import check_all, drawn_often

SHARE = 200


class Tally(Counter):
    """What the networks were, so that an empty test is seen."""

    def image(self, drawn, image, golden):
        self["compiled"] += 1
        self[f"profile {drawn.profile}"] += 1
        self[f"chip {image.chip}"] += 1
        self[f"settings {drawn.kind_of_settings}"] += 1
        self["several cores"] += len(image.info["cores"]) > 1
        self["Delays"] += any(c.delays is not None for c in drawn.connections)
        self["axon delays"] += any(delay > 0 for delay in self.delays)
        self["recurrent"] += any(c.source == c.target for c in drawn.connections)
        self["formats of rows"] += any(
            isinstance(p[key], list)
            for p in drawn.used["projections"].values()
            for key in ("bits", "exponent")
        )
        self["nine bits"] += any(np.max(p["bits"]) == 9 for p in drawn.used["projections"].values())
        self["biases"] += any(c.bias is not None for c in drawn.connections) or bool(drawn.leaking)
        self["wraps"] += any(o["wraps"].any() for o in golden.overflows.values())
        self["saturations"] += any(o["saturations"].any() for o in golden.overflows.values())
        self["spikes"] += sum(
            int(np.count_nonzero(golden.spikes[n])) for n in drawn.kinds if n in golden.spikes
        )
        for kind in set(drawn.kinds.values()):
            self[f"kind {kind}"] += 1


def check(seed: int, folder, tally: Tally) -> None:
    drawn = random_networks.draw(seed, folder)
    try:
        image = rb.compile(
            drawn.net, chip=drawn.chip, profile=drawn.profile, quant=drawn.settings, dump_stages=folder
        )
    except rb.CompileError as refused:
        tally["refused"] += 1
        tally.update({f"refused by {d.code}" for d in refused.diagnostics if d.severity == "error"})
        return
    weights, settings = drawn.pinned, drawn.settings
    if not weights:
        settings = rb.quantization(
            drawn.net, chip=drawn.chip, profile=drawn.profile, quant=drawn.settings, weights=True
        )
        weights = {name: np.array(p["weights"]) for name, p in settings["projections"].items()}
        for c in drawn.connections:
            if c.weights.shape != weights[c.name].shape:  # one to one: a kernel of one entry for each channel
                weights[c.name] = np.diag(weights[c.name][:, 0])
    net = drawn.chip_net(settings, weights)
    golden = run_engines(image, drawn.x)
    compare_with_rules(golden, net, drawn.x)
    drawn.used = settings
    tally.delays = [net.axon_delay(p) for p in net.projections]
    tally.image(drawn, image, golden)


def test_w7_w10_t2_t4_n17_f23_images_do_what_the_rules_say(tmp_path):
    tally = Tally()
    chosen = check_all(SHARE, lambda seed: check(seed, tmp_path, tally), tally)
    if chosen is None:
        return
    assert tally["compiled"] > 0.8 * chosen
    drawn_often(
        tally,
        chosen,
        (
            *("profile lava", "profile loihi1", "chip loihi1", "chip loihi2", "chip tiny", "several cores"),
            *(
                "axon delays",
                "Delays",
                "recurrent",
                "formats of rows",
                "nine bits",
                "biases",
                "wraps",
                "saturations",
            ),
            *(f"settings {kind}" for kind in random_networks.KINDS_OF_SETTINGS),
            *(f"kind {kind}" for kind in random_networks.MODELS),
        ),
    )
    assert tally["spikes"] > 100 * chosen
