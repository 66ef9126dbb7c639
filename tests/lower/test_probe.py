"""Shapes at taps are known without running or touching the weights."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lower.probe import overwritten, tap_shapes
from kdgraph.lower.tap import Tap


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.bn, self.relu = (
            nn.Conv2d(3, 4, 3),
            nn.BatchNorm2d(4),
            nn.ReLU(inplace=True),
        )
        self.fc = nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.relu(self.bn(self.conv(x))).mean((2, 3)))


SHAPES = {"input": (2, 3, 8, 8), "bn": (2, 4, 6, 6), "fc.input": (2, 4), "": (2, 5)}


def test_shapes_worked_by_hand() -> None:
    assert tap_shapes(Net(), list(SHAPES), (2, 3, 8, 8)) == SHAPES


def test_a_batch_of_one_will_do() -> None:
    assert tap_shapes(Net(), ["fc.input"], (1, 3, 3, 3)) == {"fc.input": (1, 4)}


def test_the_network_is_as_before() -> None:
    network = Net()
    network.bn.eval()
    before = copy.deepcopy(network.state_dict())
    parameters = [id(one) for one in network.parameters()]

    tap_shapes(network, [""], (2, 3, 8, 8))
    overwritten(network, [Tap("")], torch.empty(2, 3, 8, 8))

    assert all(torch.equal(before[key], one) for key, one in network.state_dict().items())
    assert [id(one) for one in network.parameters()] == parameters
    assert network.training
    assert network.conv.training
    assert not network.bn.training
    assert not any(module._forward_hooks for module in network.modules())


def test_what_a_forward_keeps_on_itself_is_undone() -> None:
    class Caching(Net):
        table: Tensor | None = None

        def forward(self, x: Tensor) -> Tensor:
            if self.table is None:
                self.table = torch.zeros(x.shape[-1], device=x.device)
                self.register_buffer("other", torch.zeros(x.shape[-1], device=x.device))
            return super().forward(x + self.table + self.other)

    network = Caching()
    tap_shapes(network, [""], (2, 3, 8, 8))

    assert network.table is None
    assert not list(set(dict(network.named_buffers())) - set(dict(Net().named_buffers())))
    assert network(torch.zeros(2, 3, 8, 8)).shape == (2, 5)


def test_a_tensor_that_is_no_buffer_is_no_hindrance() -> None:
    class Plain(Net):
        def __init__(self) -> None:
            super().__init__()
            self.shift = torch.ones(3, 1, 1)

        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x + self.shift)

    assert tap_shapes(Plain(), ["bn"], (2, 3, 8, 8)) == {"bn": (2, 4, 6, 6)}
    assert overwritten(Plain(), [Tap("bn"), Tap("conv")], torch.empty(2, 3, 8, 8)) == (
        True,
        False,
    )


class Judging(Net):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x if x.sum() > 0 else -x)


def test_a_network_that_looks_at_its_values_is_run() -> None:
    network = Judging()
    before = copy.deepcopy(network.state_dict())

    assert tap_shapes(network, ["bn"], (2, 3, 8, 8)) == {"bn": (2, 4, 6, 6)}

    assert all(torch.equal(before[key], one) for key, one in network.state_dict().items())


def test_what_cannot_be_known_counts_as_overwritten() -> None:
    assert overwritten(Judging(), [Tap("conv")], torch.empty(2, 3, 8, 8)) == (True,)


def test_either_mode_counts() -> None:
    dropping = nn.Sequential(nn.Linear(4, 4), nn.Dropout(inplace=True))
    for network in (dropping.train(), dropping.eval()):
        assert overwritten(network, [Tap("0"), Tap("1")], torch.empty(2, 4)) == (
            True,
            False,
        )


def test_the_dtype_is_taken() -> None:
    network = nn.Sequential(nn.Embedding(10, 4), nn.Linear(4, 2))
    assert tap_shapes(network, ["0"], (2, 7), torch.int64) == {"0": (2, 7, 4)}
    halved = nn.Linear(4, 2).bfloat16()
    assert tap_shapes(halved, [""], (2, 4), torch.bfloat16) == {"": (2, 2)}


@pytest.mark.parametrize("shape", [(2, 1, 8, 8), (2, 3, 2, 2)])
def test_images_that_do_not_fit_are_a_diagnostic(shape: tuple[int, ...]) -> None:
    with pytest.raises(RecipeError) as refused:
        tap_shapes(Net(), [""], shape)
    assert f"error[KD315]: `Net` cannot take a batch of shape {shape}" in str(refused.value)
    assert "PyTorch said: " in str(refused.value)


def test_a_wrong_path_is_a_diagnostic() -> None:
    with pytest.raises(RecipeError, match="did you mean `conv`"):
        tap_shapes(Net(), ["cnv"], (2, 3, 8, 8))


def test_a_large_network_takes_no_memory() -> None:
    with torch.device("meta"):
        network = nn.Sequential(*[nn.Linear(50_000, 50_000) for _ in range(40)])

    assert tap_shapes(network, ["39"], (2, 50_000)) == {"39": (2, 50_000)}
