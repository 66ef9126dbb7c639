"""Networks, a lean graph and a sample put together into a step."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from kdgraph.graph.graph import LossGraph, Op
from kdgraph.graph.world import World
from kdgraph.lower.cut import cut
from kdgraph.lower.frozen import Frozen
from kdgraph.lower.program import Emitter, Gather, Wiring
from kdgraph.lower.reader import Reader
from kdgraph.lower.step import Step
from kdgraph.lower.tapped import Tapped


def assemble(
    graph: LossGraph,
    world: World,
    networks: Mapping[str, nn.Module],
    *,
    sample: Tensor,
    seed: int = 0,
    dtype: torch.dtype | None = None,
    prepare: Mapping[str, nn.Module] | None = None,
    gather: Gather | None = None,
    ranks: int = 1,
) -> Step:
    """Lower a graph over these networks.

    Args:
        graph: after the passes.
        world: what the graph was built against.
        networks: the models by name.
        sample: a batch as the step will be given it.
        seed: of the modules' random start.
        dtype: of modules and constants.
        prepare: what makes a model's input of the batch, by model.
        gather: puts rows of all ranks together, with gradient.
        ranks: how many ranks there are.
    """
    dtype = dtype or (torch.float64 if sample.dtype == torch.float64 else torch.float32)
    readers: dict[str, nn.Module] = {}
    for number in graph.find("run"):
        op = graph.node(number).op
        model = str(op.knob("model"))
        if model in readers:
            continue
        taps = op.knob("taps")
        assert isinstance(taps, tuple)
        paths = [world.networks[model].path(tap) for tap in taps]
        own = (prepare or {}).get(model)
        batch = own(sample) if own is not None else sample
        readers[model] = Reader(_body(networks[model], paths, batch, op), own)
    wiring = Wiring(readers, seed, dtype, gather, ranks)
    program = Emitter(graph, wiring).program()
    digest = hashlib.sha256(str(graph).encode()).hexdigest()[:16]
    return Step(program, graph, world, networks, digest).to(sample.device)


def _body(network: nn.Module, paths: list[str], sample: Tensor, op: Op) -> nn.Module:
    """A network with its taps; one that is not trained is frozen, and cut where it may be."""
    if not op.knob("frozen"):
        return Tapped(network, paths, sample=sample)
    if op.knob("follows"):
        return Frozen(Tapped(network, paths, sample=sample), mode="train")
    network.eval()
    return Frozen(cut(network, paths, sample) if op.knob("cut") else Tapped(network, paths))
