"""A tapped network compiles as one graph, once, with the values and gradients of eager."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from functorch.compile import make_boxed_func
from torch import Tensor, nn
from torch._dynamo.backends.common import aot_autograd
from torch._dynamo.testing import CompileCounterWithBackend

from kdgraph.lower.frozen import Frozen
from kdgraph.lower.tapped import Tapped

X = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))
TAPS = ["bn", "smooth", "conv2", "fc.input", "fc", ""]


class Net(nn.Module):
    """Smooth but for one in-place ReLU, so that eager and compiled may be compared closely."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.bn = nn.BatchNorm2d(4)
        self.smooth = nn.SiLU(inplace=True)
        self.conv2 = nn.Conv2d(4, 4, 3, padding=1)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Tensor:
        y = self.smooth(self.bn(self.conv(x)))
        z = self.conv2(y)
        z += y
        return self.fc(self.pool(z).flatten(1))


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    torch.manual_seed(0)
    torch.compiler.reset()
    yield
    torch.compiler.reset()


def counted(module: nn.Module) -> CompileCounterWithBackend:
    counter = CompileCounterWithBackend("aot_eager")
    module.compile(fullgraph=True, backend=counter)
    return counter


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("leave", [True, False])
def test_values_equal_eager(training: bool, leave: bool) -> None:
    network = Net().train(training)
    tapped = Tapped(network, TAPS, sample=X, leave=leave)
    eager = tapped(X)

    counted(tapped)
    compiled = tapped(X)

    for path, one, other in zip(TAPS, compiled, eager, strict=True):
        torch.testing.assert_close(one, other, msg=path)


def test_gradients_equal_eager() -> None:
    network = Net()
    tapped = Tapped(network, TAPS, sample=X)

    def gradients() -> list[Tensor]:
        network.zero_grad()
        sum(value.square().mean() for value in tapped(X)).backward()
        return [one.grad.clone() for one in network.parameters()]

    eager = gradients()
    counted(tapped)
    for one, other in zip(gradients(), eager, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_it_compiles_once_for_all_steps() -> None:
    network = Net()
    tapped = Tapped(network, TAPS, sample=X)
    optimiser = torch.optim.SGD(network.parameters(), 0.01)
    counter = counted(tapped)

    for _ in range(4):
        optimiser.zero_grad()
        tapped(torch.randn_like(X))[-1].square().mean().backward()
        optimiser.step()

    assert counter.frame_count == 1
    assert tapped.catch.calls is None


def test_two_over_one_network_compile_as_one_graph() -> None:
    class Step(nn.Module):
        def __init__(self, network: nn.Module) -> None:
            super().__init__()
            self.one = Tapped(network, ["bn", ""], sample=X)
            self.other = Tapped(network, ["bn"], sample=X)

        def forward(self, x: Tensor) -> tuple[Tensor, ...]:
            return (*self.one(x), *self.other(x), *self.one(2 * x))

    step = Step(Net().eval())
    eager = step(X)
    counter = counted(step)

    for _ in range(3):
        for one, other in zip(step(X), eager, strict=True):
            torch.testing.assert_close(one, other)
    assert counter.frame_count == 1


def test_a_frozen_teacher_beside_a_student_compiles_as_one_graph() -> None:
    class Step(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.teacher = Frozen(Tapped(Net(), ["bn", "fc.input"], sample=X, leave=True))
            self.student = Tapped(Net(), ["bn", "fc.input"], sample=X)
            self.head = nn.Linear(4, 4)

        def forward(self, x: Tensor) -> Tensor:
            (a, t), (b, s) = self.teacher(x), self.student(x)
            return (a - b).square().mean() + (self.head(t) - s).square().mean()

    step = Step().train()
    eager = step(X)
    counter = counted(step)
    for _ in range(3):
        loss = step(X)
        loss.backward()

    torch.testing.assert_close(loss, eager)
    assert counter.frame_count == 1
    assert all(one.grad is None for one in step.teacher.parameters())
    assert step.head.weight.grad is not None


def test_it_compiles_under_autocast() -> None:
    tapped = Tapped(Net().eval(), TAPS, sample=X)

    def run() -> tuple[Tensor, ...]:
        with torch.autocast("cpu", torch.bfloat16):
            return tapped(X)

    eager = run()
    counted(tapped)
    for one, other in zip(run(), eager, strict=True):
        assert one.dtype == other.dtype
        torch.testing.assert_close(one, other, rtol=0.05, atol=0.05)


def test_what_follows_the_tap_is_not_in_the_compiled_graph() -> None:
    graphs: list[torch.fx.GraphModule] = []

    def keep(graph: torch.fx.GraphModule, _: list[Tensor]) -> torch.fx.GraphModule:
        graphs.append(graph)
        return graph

    backend = aot_autograd(fw_compiler=lambda graph, x: make_boxed_func(keep(graph, x)))
    tapped = Frozen(Tapped(Net(), ["bn"], sample=X, leave=True))
    tapped.compile(fullgraph=True, backend=backend)
    tapped(X)

    called = [str(node.target) for node in graphs[0].graph.nodes]
    assert sum("convolution" in name for name in called) == 1
    assert not any("mm" in name for name in called)
