"""Sizes told without building are those of a forward."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable

import pytest
import torch
from torch import Tensor, nn

from kdgraph.models.aliases import aliases
from kdgraph.models.build import build
from kdgraph.models.known import NAMES
from kdgraph.models.sizes import known_sizes

Run = Callable[[nn.Module, Tensor, Iterable[str]], dict[str, Tensor]]
SIZES = ((32, 32), (64, 64), (40, 33))


@pytest.mark.parametrize("name", NAMES)
def test_sizes_are_those_of_a_forward(name: str, tapped: Run) -> None:
    with torch.device("meta"):
        network = build(name, 7, channels=1)
        known = aliases(network)
        flat = [path for value in known.values() for path in _paths(value)]
        for height, width in SIZES:
            found = tapped(network, torch.empty(2, 1, height, width), flat)
            real = {
                alias: tuple(_shape(found[path]) for path in value)
                if isinstance(value, tuple)
                else _shape(found[value])
                for alias, value in known.items()
            }
            assert known_sizes(name, 7, 1, height, width) == real


def _paths(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else tuple(filter(None, [value]))


def _shape(value: Tensor) -> tuple[int, ...]:
    return tuple(value.shape[1:])


def test_sizes_of_the_papers_table() -> None:
    sizes = known_sizes("MobileNetV2", 100, 3, 32, 32)

    assert sizes is not None
    assert sizes["stem"] == (16, 16, 16)
    assert sizes["maps"] == ((12, 16, 16), (16, 8, 8), (48, 4, 4), (160, 2, 2))
    assert (sizes["features"], sizes["logits"]) == ((1280,), (100,))


def test_networks_of_other_libraries_have_no_sizes_here() -> None:
    assert known_sizes("torchvision:resnet18", 10, 3, 32, 32) is None


def test_an_image_that_is_pooled_away_has_no_sizes() -> None:
    assert known_sizes("vgg8", 10, 3, 7, 7) is None
    assert known_sizes("resnet20", 10, 3, 1, 1) is not None  # convolutions never reach 0


def test_names_and_sizes_need_no_torch() -> None:
    code = (
        "import sys; from kdgraph.models.sizes import known_sizes; "
        "known_sizes('resnet20', 10, 3, 32, 32); "
        "sys.exit('torch' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
