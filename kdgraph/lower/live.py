"""What a real network tells the graph: its aliases, its module paths and their sizes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from kdgraph.graph.network import Network
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.taps import NetworkRefused
from kdgraph.lower.catch import first_input
from kdgraph.lower.stand_in import FAULTS, first_line, for_real, untouched
from kdgraph.models.aliases import aliases

Sizes = dict[str, tuple[int, ...]]


def live_network(name: str, network: nn.Module, image: Sequence[int], title: str = "") -> Network:
    """A network as the language sees it, from one run of it on two rows of zeros.

    Raises:
        RecipeError: the network can't take such an image.
    """
    sizes = _sizes(network, tuple(image))
    found = dict(aliases(network))
    logits = found.get("logits", "")
    classes = sizes.get(logits if isinstance(logits, str) else "", (None,))[-1]
    return Network(
        name=name,
        title=title or type(network).__name__,
        aliases=found,
        sizes=sizes,
        paths=frozenset(path for path, _ in network.named_modules() if path),
        classes=classes,
        image=tuple(image),
    )


def _sizes(network: nn.Module, image: tuple[int, ...]) -> Sizes:
    """The sizes at the output and the input of every module, without the batch."""
    found: Sizes = {}
    handles = [
        module.register_forward_hook(_Note(path, found), with_kwargs=True)
        for path, module in network.named_modules()
    ]
    dtype = next((p.dtype for p in network.parameters() if p.is_floating_point()), torch.float32)
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
    return found


class _Note:
    """Notes what a module was given and what it gave."""

    def __init__(self, path: str, found: Sizes) -> None:
        self.path = path
        self.found = found

    def __call__(
        self, module: nn.Module, args: tuple[object, ...], kwargs: dict[str, object], output: object
    ) -> None:
        del module
        if isinstance(output, Tensor):
            self.found[self.path] = tuple(output.shape[1:])
        given = first_input(args, kwargs)
        if isinstance(given, Tensor):
            self.found[f"{self.path}.input"] = tuple(given.shape[1:])
