"""A network that is run to see what it does is as before, and so are the random generators."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import Tensor, nn

from kdgraph.lower.live import live_network
from kdgraph.lower.probe import overwritten
from kdgraph.lower.stand_in import Looks, for_real, untouched
from kdgraph.lower.tap import Tap
from tests.lower.small import Net

X = torch.empty(2, 3, 6, 6, device="meta")


class Counting(Net):
    """Counts its forwards in a buffer, in eval mode as well, and drops out."""

    def __init__(self) -> None:
        super().__init__(4)
        self.register_buffer("count", torch.zeros(()))
        self.drop = nn.Dropout()

    def forward(self, x: Tensor) -> Tensor:
        self.count += 1
        return self.drop(super().forward(x))


def test_buffers_are_put_back_after_both_modes():
    network = Counting()
    before = {name: one.clone() for name, one in network.state_dict().items()}
    kept = [id(one) for one in network.buffers()]

    live_network("student", network, (3, 6, 6))
    overwritten(network, [Tap("bn")], X)

    assert all(torch.equal(one, before[name]) for name, one in network.state_dict().items())
    assert [id(one) for one in network.buffers()] == kept


def test_buffers_are_put_back_after_a_fault():
    network = Counting()
    with (
        pytest.raises(RuntimeError, match="channels"),
        untouched(network),
        for_real(network, X[:, :2]) as (forward, x),
    ):
        forward(x)

    assert network.count == 0


def test_random_draws_go_on_as_if_nothing_had_been_run():
    network = Counting()
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    overwritten(network, [Tap("bn")], X)
    live_network("student", network, (3, 6, 6))

    assert torch.equal(torch.rand(4), expected)


def test_a_network_without_values_is_run_without_values():
    with torch.device("meta"):
        network = Counting()

    assert live_network("student", network, (3, 6, 6)).sizes["bn"] == (4, 6, 6)


@pytest.mark.parametrize(
    "look",
    [bool, float, int, Tensor.item, Tensor.tolist, lambda v: torch.equal(v, v), lambda v: [0][v]],
)
def test_looking_at_a_value_is_noted(look):
    with Looks() as looks:
        look(torch.zeros((), dtype=torch.int64))

    assert looks.any


def test_looking_at_a_shape_is_not():
    with Looks() as looks:
        x = torch.zeros(2, 3)
        if len(x) == x.shape[0] == x.size(0) and x.dtype.is_floating_point and x.numel() > 1:
            x = x + 1

    assert not looks.any
    assert x.sum() == 6


def test_compiling_a_recipe_loads_no_compiler_of_pytorch():
    # which takes seconds: a whole recipe in less than one
    code = (
        "import sys, torch, kdgraph\n"
        "from kdgraph.models.build import build\n"
        "models = {'teacher': build('resnet20', 10), 'student': build('resnet8', 10)}\n"
        "step = kdgraph.compile('icd', models=models, sample=torch.zeros(4, 3, 32, 32))\n"
        "step(torch.zeros(4, 3, 32, 32), torch.arange(4)).total.backward()\n"
        "print('torch._dynamo' in sys.modules, 'sympy' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )

    assert done.stdout.split() == ["False", "False"]
