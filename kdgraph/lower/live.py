"""What a real network tells the graph: its aliases, its module paths and their sizes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn

from kdgraph.graph.network import Network
from kdgraph.graph.tap_path import End, TapPath
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.taps import NetworkRefused
from kdgraph.lower.catch import first_input
from kdgraph.lower.stand_in import FAULTS, first_line, for_real, untouched
from kdgraph.lower.suited import computes_in
from kdgraph.lower.weights import refuse_hollow
from kdgraph.lower.wrapped import refuse_wrapped
from kdgraph.memory.ema import tensors_of
from kdgraph.models.aliases import aliases

Sizes = dict[str, tuple[int, ...]]


def live_network(name: str, network: nn.Module, image: Sequence[int], title: str = "") -> Network:
    """A network as the language sees it, from one run of it on two rows of zeros.

    Raises:
        RecipeError: the network is compiled or wrapped, has no values, or can't take such an
            image.
    """
    refuse_wrapped(name, network)
    refuse_hollow({name: network})
    sizes, calls = _sizes(network, tuple(image))
    found = dict(aliases(network))
    logits = found.get("logits", "")
    width = sizes.get(logits if isinstance(logits, str) else "")
    return Network(
        name=name,
        title=title or type(network).__name__,
        aliases=found,
        sizes=sizes,
        paths=frozenset(path for path, _ in network.named_modules() if path),
        calls=calls,
        classes=width[-1] if width else None,
        image=tuple(image),
        values=sum(one.numel() for one in tensors_of(network).values()),
        takes={path: one for path, module in network.named_modules() if (one := _taken(module))},
        applied=partial(_applied, network),
    )


def _applied(network: nn.Module, path: str, shape: tuple[int, ...]) -> tuple[int, ...] | str:
    """The shape that a module of the network gives for zeros of a shape, or why it can't."""
    sample = torch.empty(shape, dtype=computes_in(network) or torch.float32, device="meta")
    module = network.get_submodule(path)
    try:
        with untouched(module), torch.no_grad(), for_real(module, sample) as (forward, x):
            for one in module.modules():
                one.training = False
            given = forward(x)
    except FAULTS as fault:
        return first_line(fault)
    return tuple(given.shape) if isinstance(given, Tensor) else "it gives no tensor"


def _taken(module: nn.Module) -> tuple[int, int] | None:
    """The axis and the width that a module is made for; None where it may take others."""
    match module:
        case nn.Linear():
            return -1, module.in_features
        case nn.Conv1d() | nn.Conv2d() | nn.ConvTranspose1d() | nn.ConvTranspose2d():
            return 1, module.in_channels
        case nn.BatchNorm2d():
            return 1, module.num_features
        case nn.Sequential() if len(module):
            return _taken(module[0])
    return None


def _sizes(network: nn.Module, image: tuple[int, ...]) -> tuple[Sizes, dict[str, int]]:
    """The sizes at the output and the input of every module, and how often it runs."""
    notes = {path: _Note() for path, _ in network.named_modules()}
    handles = [
        module.register_forward_hook(notes[path], with_kwargs=True)
        for path, module in network.named_modules()
    ]
    dtype = computes_in(network) or torch.float32
    pair = torch.empty((2, *image), dtype=dtype, device="meta")
    try:
        with untouched(network), torch.no_grad(), for_real(network, pair) as (forward, x):
            for module in network.modules():
                module.training = False
            forward(x)
    except FAULTS as fault:
        refused = NetworkRefused(
            network=type(network).__name__, shape=str(tuple(pair.shape)), reason=first_line(fault)
        )
        raise RecipeError(refused) from fault
    finally:
        for handle in handles:
            handle.remove()
    sizes: Sizes = {}
    for path, note in notes.items():
        for call, ends in enumerate(note.calls):
            which = call if len(note.calls) > 1 else None
            for of, size in ends.items():
                sizes[str(TapPath(path, which, of))] = size
    return sizes, {path: len(one.calls) for path, one in notes.items() if len(one.calls) > 1}


class _Note:
    """Notes what a module was given and what it gave, at each of its calls."""

    def __init__(self) -> None:
        self.calls: list[dict[End, tuple[int, ...]]] = []

    def __call__(
        self, module: nn.Module, args: tuple[object, ...], kwargs: dict[str, object], output: object
    ) -> None:
        del module
        ends: dict[End, object] = {"output": output, "input": first_input(args, kwargs)}
        self.calls.append(
            {of: tuple(one.shape[1:]) for of, one in ends.items() if isinstance(one, Tensor)}
        )
