"""A chip as SANA-FE's architecture: tiles, cores, units, and what each costs.

SANA-FE numbers tiles column by column. A unit of its neurons and of its dendrites holds 1,024; a unit of its inputs is one
spike train. The host has a core of its own, free of cost, in the tile where its messages enter.
"""

from __future__ import annotations

from itertools import groupby

from ..costs import Costs
from ..grid import Grid

UNIT_NEURONS = 1024


def tile_of(grid: Grid, core: int) -> tuple[int, int]:
    """(SANA-FE's number of the tile, number of the core within it)."""
    column, row, inside = grid.place(core)
    return column * grid.height + row, inside


def host_of(grid: Grid) -> tuple[int, int]:
    """Where the host's inputs are: behind the cores of the first tile."""
    return 0, grid.cores_per_tile


def architecture(costs: Costs, neurons: dict[int, int], inputs: int, replay: bool) -> str:
    """neurons: how many each used core holds; inputs: channels of the host; replay: neurons are spike trains."""
    grid = costs.grid
    held = {tile_of(grid, core): count for core, count in neurons.items()}
    tiles = [
        (tile == 0, tuple(held.get((tile, inside), 0) for inside in range(grid.cores_per_tile)))
        for tile in range(grid.tiles)
    ]
    lines = [_HEAD.format(**_said(costs), width=grid.width, height=grid.height, barriers=_barriers(costs))]
    first = 0
    for (entry, counts), same in groupby(tiles):
        last = first + len(list(same)) - 1
        lines.append(_TILE.format(first=first, last=last, **_said(costs)))
        for inside, count in enumerate(counts):
            lines.append(_core(costs, f"core_{inside}", count, replay))
        if entry:
            lines.append(_host(costs, inputs))
        first = last + 1
    return "\n".join(lines) + "\n"


def _core(costs: Costs, name: str, neurons: int, replay: bool) -> str:
    soma = _LIF.format(last=_units(neurons) - 1, **_said(costs))
    if replay:
        soma = _TRAIN.format(last=max(neurons, 1) - 1, **_said(costs))
    most = max(neurons, costs.chip.limits["neurons_per_core"].value)
    return _CORE.format(name=name, most=most, dendrites=_units(neurons) - 1, soma=soma, **_said(costs))


def _host(costs: Costs, inputs: int) -> str:
    soma = _HOST.format(last=max(inputs, 1) - 1)
    dendrites = _units(inputs) - 1
    return _CORE.format(name="host", most=max(inputs, 1), dendrites=dendrites, soma=soma, **_said(costs))


def _units(neurons: int) -> int:
    """How many units so many neurons fill, one at least."""
    return max(-(-neurons // UNIT_NEURONS), 1)


def _barriers(costs: Costs) -> str:
    return "[" + ", ".join(_si(costs.barrier(tiles)) for tiles in range(costs.grid.tiles + 1)) + "]"


def _si(value: float) -> str:
    return f"{value:.12g}"


def _said(costs: Costs) -> dict[str, str]:
    """Every cost, and what an active neuron takes beyond an inactive one; every source, on one line."""
    said = {name: _si(costs[name]) for name in costs.chip.costs}
    said |= {
        f"update_{what}": _si(costs[f"active_neuron_{what}"] - costs[f"inactive_neuron_{what}"])
        for what in ("energy", "time")
    }
    said |= {f"{name}_source": " ".join(cost.source.split()) for name, cost in costs.chip.costs.items()}
    return {**said, "chip": costs.chip.name}


_HEAD = """# A mesh of {width} x {height} tiles for SANA-FE 2.2: the chip '{chip}' as rheobase knows it. Energies in J, times in s.
architecture:
  name: rheobase_chip
  attributes:
    topology: mesh
    width: {width}
    height: {height}
    link_buffer_size: 16 # as in SANA-FE's own description of Loihi
    sync_model: table
    # by the number of tiles in use, on a line from one tile to all. {barrier_one_tile_time_source}
    latency_sync: {barriers}
  tile:"""
_TILE = """\
    - name: tile[{first}..{last}]
      attributes:
        # {hop_north_south_energy_source}
        energy_north_hop: {hop_north_south_energy}
        latency_north_hop: {hop_north_south_time}
        energy_south_hop: {hop_north_south_energy}
        latency_south_hop: {hop_north_south_time}
        # {hop_east_west_energy_source}
        energy_east_hop: {hop_east_west_energy}
        latency_east_hop: {hop_east_west_time}
        energy_west_hop: {hop_east_west_energy}
        latency_west_hop: {hop_east_west_time}
      core:"""
# The buffer inside the dendrite: what a spike adds is taken up by the soma one step later, or 1 + delay.
_CORE = """\
        - name: {name}
          attributes:
            buffer_position: dendrite
            buffer_inside_unit: true
            max_neurons_supported: {most}
          axon_in:
            - name: axon_in
              attributes: # {within_tile_message_energy_source}
                energy_message_in: {within_tile_message_energy}
                latency_message_in: {within_tile_message_time}
          synapse:
            - name: synapse
              attributes: # {synaptic_operation_energy_source}
                model: current_based
                energy_process_spike: {synaptic_operation_energy}
                latency_process_spike: {synaptic_operation_time}
          dendrite:
            - name: dendrite[0..{dendrites}]
              attributes: {{model: accumulator_with_delay, energy_update: 0.0, latency_update: 0.0}}
          soma:
{soma}
          axon_out:
            - name: axon_out
              attributes: {{energy_message_out: 0.0, latency_message_out: 0.0}} # part of axon_in's figure"""
_LIF = """\
            - name: neuron[0..{last}]
              attributes: # inactive; active beyond inactive. {active_neuron_energy_source}
                model: leaky_integrate_fire
                energy_access_neuron: {inactive_neuron_energy}
                latency_access_neuron: {inactive_neuron_time}
                energy_update_neuron: {update_energy}
                latency_update_neuron: {update_time}
                energy_spike_out: 0.0
                latency_spike_out: 0.0"""
_TRAIN = """\
            - name: neuron[0..{last}]
              attributes: # a spike train knows no inactive neurons: all count as active. {active_neuron_energy_source}
                model: input
                energy_access_neuron: {active_neuron_energy}
                latency_access_neuron: {active_neuron_time}
                energy_update_neuron: 0.0
                latency_update_neuron: 0.0
                energy_spike_out: 0.0
                latency_spike_out: 0.0"""
_HOST = """\
            - name: neuron[0..{last}]
              attributes:
                model: input
                energy_access_neuron: 0.0
                latency_access_neuron: 0.0
                energy_update_neuron: 0.0
                latency_update_neuron: 0.0
                energy_spike_out: 0.0
                latency_spike_out: 0.0"""
