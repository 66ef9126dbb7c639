"""A network run once under plain forward hooks, with the values at its taps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest
import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

Run = Callable[[nn.Module, Tensor, Iterable[str]], dict[str, Tensor]]


@pytest.fixture(autouse=True)
def one_thread_and_one_seed() -> Iterator[None]:
    """Small networks gain nothing by threads, and wait for each other where cores are busy."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def tapped() -> Run:
    """Values at these taps, and the logits under ""; each is copied where it is caught."""
    return run_tapped


def run_tapped(network: nn.Module, x: Tensor, paths: Iterable[str]) -> dict[str, Tensor]:
    caught: dict[str, Tensor] = {}
    handles = [_hook(network, path, caught) for path in set(paths)]
    caught[""] = network(x)
    for handle in handles:
        handle.remove()
    return caught


def _hook(network: nn.Module, path: str, caught: dict[str, Tensor]) -> RemovableHandle:
    name = path.removesuffix(".input").removesuffix(".calls.-1")  # the last call is what stays
    module = network.get_submodule(name)
    if path.endswith(".input"):

        def before(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            caught[path] = inputs[0].clone()

        return module.register_forward_pre_hook(before)

    def after(_: nn.Module, __: tuple[Tensor, ...], output: Tensor) -> None:
        caught[path] = output.clone()

    return module.register_forward_hook(after)
