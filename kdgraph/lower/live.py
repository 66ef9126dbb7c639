"""What a real network tells the graph: its aliases, its module paths and their sizes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call

from kdgraph.graph.network import Network
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.taps import NetworkRefused
from kdgraph.lower.catch import first_input
from kdgraph.lower.probe import FAULTS, first_line, untouched
from kdgraph.models.aliases import aliases

Sizes = dict[str, tuple[int, ...]]


def live_network(name: str, network: nn.Module, image: Sequence[int], title: str = "") -> Network:
    """A network as the language sees it, from one run of it on a batch that does not exist.

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
    )


def _sizes(network: nn.Module, image: tuple[int, ...]) -> Sizes:
    """The sizes at the output and the input of every module, without the batch."""
    found: Sizes = {}
    handles = [
        module.register_forward_hook(_Note(path, found), with_kwargs=True)
        for path, module in network.named_modules()
    ]
    dtype = next((p.dtype for p in network.parameters() if p.is_floating_point()), torch.float32)
    try:
        with untouched(network), torch.no_grad():
            _run(network, image, dtype)
    finally:
        for handle in handles:
            handle.remove()
    return found


def _run(network: nn.Module, image: tuple[int, ...], dtype: torch.dtype) -> None:
    tensors = {**dict(network.named_parameters()), **dict(network.named_buffers())}
    on_meta = {key: value.to("meta") for key, value in tensors.items()}
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        try:
            x = torch.empty((2, *image), dtype=dtype, device="meta")
            functional_call(network, on_meta, (x,))
        except FAULTS:
            device = next((value.device for value in tensors.values()), torch.device("cpu"))
            network(torch.zeros((2, *image), dtype=dtype, device=device))
    except FAULTS as fault:
        raise RecipeError(
            NetworkRefused(
                network=type(network).__name__, shape=str((2, *image)), reason=first_line(fault)
            )
        ) from fault
    finally:
        for module, training in modes:
            module.training = training


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
