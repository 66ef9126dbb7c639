"""The zoo against numbers of the papers' own code: names, sizes and a forward in float64."""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from kdgraph.models.aliases import aliases
from kdgraph.models.build import build
from kdgraph.models.known import KNOWN, NAMES

Run = Callable[[nn.Module, Tensor, Iterable[str]], dict[str, Tensor]]


@dataclass(frozen=True)
class Oracle:
    """What RepDistiller's network of this name has and answers.

    `keyhash` is of the names and shapes of its state, in order: where it is the same, its
    checkpoints load. `rms` is the root mean square of f0…fL and of the features.
    """

    parameters: int
    entries: int
    keyhash: str
    first: float
    last: float
    logits_rms: float
    rms: list[float]


ORACLES = {
    name: Oracle(**row)
    for name, row in json.loads(Path(__file__).with_name("zoo_oracle.json").read_text()).items()
}


def fill(network: nn.Module) -> None:
    """Cosines that depend on nothing but a parameter's name, place and shape."""
    for name, parameter in network.named_parameters():
        n = torch.arange(1, parameter.numel() + 1, dtype=torch.float64)
        wave = torch.cos(0.61803398875 * n + zlib.crc32(name.encode()) % 10007)
        if parameter.ndim >= 2:
            wave *= math.sqrt(4 * parameter.shape[0] / parameter.numel())
        elif name.endswith("weight"):
            wave = 1 + 0.1 * wave
        else:
            wave *= 0.1
        parameter.data.copy_(wave.view(parameter.shape))


def rms(value: Tensor) -> float:
    return value.square().mean().sqrt().item()


@pytest.mark.parametrize("name", ORACLES)
def test_names_and_shapes_are_those_of_the_papers_checkpoints(name: str) -> None:
    oracle, network = ORACLES[name], build(name, 100)
    state = network.state_dict()
    lines = "\n".join(f"{key}:{'x'.join(map(str, value.shape))}" for key, value in state.items())

    assert len(state) == oracle.entries
    assert hashlib.sha256(lines.encode()).hexdigest()[:16] == oracle.keyhash
    assert sum(p.numel() for p in network.parameters()) == oracle.parameters
    assert KNOWN[name].parameters == oracle.parameters


@pytest.mark.parametrize("name", ORACLES)
def test_logits_and_taps_are_those_of_the_papers_code(name: str, tapped: Run) -> None:
    oracle, network = ORACLES[name], build(name, 100).double().eval()
    fill(network)
    x = torch.cos(0.37 * torch.arange(1, 12289, dtype=torch.float64)).view(4, 3, 32, 32)
    known = aliases(network)
    paths = [known["stem"], *known["maps"], known["features"]]

    with torch.no_grad():
        found = tapped(network, x, paths)

    logits = found[""]
    assert logits[0, 0].item() == pytest.approx(oracle.first, rel=1e-8)
    assert logits[3, 99].item() == pytest.approx(oracle.last, rel=1e-8)
    assert rms(logits) == pytest.approx(oracle.logits_rms, rel=1e-8)
    assert [rms(found[path]) for path in paths] == pytest.approx(oracle.rms, rel=1e-8)


def test_every_network_of_the_papers_is_in_the_zoo() -> None:
    assert [name for name in NAMES if not name.startswith("convnet")] == sorted(
        ORACLES, key=list(KNOWN).index
    )
