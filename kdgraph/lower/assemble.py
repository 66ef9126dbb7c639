"""Networks, a lean graph and a sample put together into a step."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import Tensor, nn

from kdgraph.graph.graph import LossGraph, Op
from kdgraph.graph.tables import without_views
from kdgraph.graph.world import World
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.arguments import UnknownSize
from kdgraph.lang.errors.graph import EmptyLoss
from kdgraph.lower.averaged import Averaged
from kdgraph.lower.beginning import beginning
from kdgraph.lower.cut import cut
from kdgraph.lower.draft import Wiring
from kdgraph.lower.drawing import Draws, pool_of
from kdgraph.lower.frozen import Frozen
from kdgraph.lower.inputs import inputs_of
from kdgraph.lower.lasting import Lasting
from kdgraph.lower.mode import Mode, Resting, in_mode
from kdgraph.lower.program import program as lowered
from kdgraph.lower.ranks import Ranks
from kdgraph.lower.reader import Reader
from kdgraph.lower.rest import rest_of
from kdgraph.lower.step import Step
from kdgraph.lower.suited import Autocast, Suited, cast, computes_in
from kdgraph.lower.tap import apply_module
from kdgraph.lower.tapped import Tapped
from kdgraph.lower.weights import refuse_hollow, refuse_moved, refuse_shared
from kdgraph.lower.write_networks import reader_name


def assemble(
    graph: LossGraph,
    world: World,
    networks: Mapping[str, nn.Module],
    *,
    sample: Tensor,
    seed: int = 0,
    dtype: torch.dtype | None = None,
    prepare: Mapping[str, nn.Module] | None = None,
    ranks: Ranks | None = None,
    digest: str = "",
    lasting: Lasting | None = None,
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
        ranks: how several ranks tell one another what the graph says they share.
        digest: what identifies the graph as it was before ranks shared rows; else its own.
        lasting: what memory and draws are made with.

    Raises:
        RecipeError: a size that the loss computes with is not known.
    """
    lasting = lasting or Lasting()
    examples = lasting.count(world.examples)
    told = digest or digest_of(graph)
    draws = Draws(
        graph, pool_of(graph, lasting.labels, examples), seed, lasting.stage, dict(lasting.tables)
    )
    graph = without_views(graph)
    _refuse_open(graph)
    if not graph.terms and not graph.outputs:
        raise RecipeError(EmptyLoss())
    refuse_hollow(networks, sample)
    refuse_shared(world, networks)
    found = {sample.dtype, *map(computes_in, networks.values())}
    dtype = dtype or (torch.float64 if torch.float64 in found else torch.float32)
    autocast = Autocast()
    readers: dict[str, nn.Module] = {}
    shown: dict[str, Tensor] = {}
    for number in graph.find("run"):
        op = graph.node(number).op
        model = str(op.knob("model"))
        reader = reader_name(op)
        if reader in readers:
            continue
        taps = op.knob("taps")
        assert isinstance(taps, tuple)
        paths = [world.networks[model].path(tap) for tap in taps]
        own = (prepare or {}).get(model)
        view = _shown(graph, world, number, sample)
        batch = own(view) if own is not None else view
        shown[model] = cast(batch, computes_in(networks[model]))
        body = _body(networks[model], paths, shown[model], op)
        readers[reader] = Reader(body, dtype, autocast, shown[model], own)
    refuse_moved(world, networks, shown)
    applied = _applied(graph, world, networks, dtype, autocast)
    rests = _rests(graph, world, networks, shown, sample, prepare or {})
    wiring = Wiring(readers, applied, seed, dtype, ranks, examples, rests, networks, autocast)
    program = lowered(graph, wiring)
    fed = {number: name for number, name in graph.fed().items() if name not in draws.names}
    expects = inputs_of(
        graph, world, fed, sample=sample, dtype=dtype, examples=examples, groups=lasting.groups
    )
    step = Step(
        program, graph, world, networks, told, draws, expects,
        starts=lasting.starts, ranks=ranks, autocast=autocast,
    )  # fmt: skip
    if lasting.first is not None:
        first = without_views(lasting.first)
        step.running.begin_with(beginning(first, wiring, program), first)
    return step.to(sample.device)


def _shown(graph: LossGraph, world: World, run: int, sample: Tensor) -> Tensor:
    """A batch such as a model's own views give it; of other sizes than the sample, of zeros."""
    ops = [graph.node(source).op for source in graph.sources(run)]
    views = [world.views.get(str(op.knob("name"))) for op in ops if op.name == "input"]
    sizes = views[0].sizes if views and views[0] is not None else None
    if sizes is None or sizes == tuple(sample.shape[1:]):
        return sample
    known = [size for size in sizes if size is not None]
    return sample.new_zeros(len(sample), *known) if len(known) == len(sizes) else sample


def digest_of(graph: LossGraph) -> str:
    """A hash of all that a graph says."""
    return hashlib.sha256(str(graph).encode()).hexdigest()[:16]


def _refuse_open(graph: LossGraph) -> None:
    """Refuse a graph in which something is still unknown."""
    found = [
        number
        for name in ("size", "unknown")
        for number in graph.find(name)
        if not graph.sources(number)
    ]
    places = {graph.node(n).here for n in found}
    raise_for = [UnknownSize(span=at, words=at.text if at else "a size") for at in places]
    if raise_for:
        raise RecipeError(*raise_for)


def _applied(
    graph: LossGraph,
    world: World,
    networks: Mapping[str, nn.Module],
    dtype: torch.dtype,
    autocast: Autocast,
) -> dict[tuple[str, str], nn.Module]:
    """The modules of networks that are applied to values: `teacher.fc(v)`."""
    found: dict[tuple[str, str], nn.Module] = {}
    for number in graph.find("apply"):
        op = graph.node(number).op
        model, path = str(op.knob("model")), str(op.knob("path"))
        module = apply_module(networks[model], path, graph.node(number).span)
        if not world.trains_model(model):
            module = Frozen(module, mode=_mode(follows=world.follows(model)))
        module = Resting(module) if world.rests(model) else module
        found[model, path] = Suited(module, dtype, autocast)
    return found


def _rests(
    graph: LossGraph,
    world: World,
    networks: Mapping[str, nn.Module],
    shown: Mapping[str, Tensor],
    sample: Tensor,
    prepare: Mapping[str, nn.Module],
) -> dict[str, Callable[[], nn.Module]]:
    """What makes the layers that the branches of networks are grown from."""
    found: dict[str, Callable[[], nn.Module]] = {}
    for number in graph.find("branches"):
        node = graph.node(number)
        model, place = str(node.op.knob("model")), node.op.knob("place")
        assert isinstance(place, int)
        batch = shown.get(model)  # else no loss of this stage looks at the model itself
        if batch is None:
            own = prepare.get(model)
            batch = cast(own(sample) if own else sample, computes_in(networks[model]))
        found[str(node.op.knob("name"))] = partial(
            rest_of, networks[model], world.networks[model], place, batch, node.here
        )
    return found


def _body(network: nn.Module, paths: list[str], sample: Tensor, op: Op) -> nn.Module:
    """A network with its taps; one that is not trained is frozen, and cut where it may be."""
    if op.knob("mean"):
        return Averaged(network, paths)
    if not op.knob("frozen"):
        whole = Tapped(network, paths, sample=sample)
        return Resting(whole) if op.knob("rests") else whole
    follows = bool(op.knob("follows"))
    if follows or not op.knob("cut"):
        whole = Tapped(network, paths, sample=sample if follows else None)
        return Frozen(whole, mode=_mode(follows=follows))
    with in_mode(network, training=False):
        return Frozen(cut(network, paths, sample))


def _mode(*, follows: bool) -> Mode:
    return "train" if follows else "eval"
