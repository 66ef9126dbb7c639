"""A cut network holds what its taps need, gives what the whole one gives, and says how."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn
from torch._dynamo.testing import CompileCounterWithBackend

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lower.cut import Cut, cut
from kdgraph.lower.frozen import Frozen
from kdgraph.lower.tapped import Tapped

X = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))


class Net(nn.Module):
    """A stem, a residual block that writes in place, and a head larger than both."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.ReLU(inplace=True))
        self.block = Block()
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(256, 64), nn.ReLU(), nn.Linear(64, 5))

    def forward(self, x: Tensor, scale: float | None = None) -> Tensor:
        y = self.block(self.stem(x))
        torch._assert(y.shape[0] > 0, "no image")
        if scale is not None:
            y = y * scale
        return self.head(y)


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 1)
        self.bn = nn.BatchNorm2d(4)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn(self.conv(x))
        y += x
        return self.relu(y)


class Judging(nn.Module):
    """Looks at its values, so that nothing can trace it."""

    def __init__(self) -> None:
        super().__init__()
        self.low, self.high, self.rest = nn.Conv2d(3, 4, 1), nn.Conv2d(3, 4, 1), Net()
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y = self.high(x) if x.mean() > 0 else self.low(x)
        return self.rest(self.relu(y)[:, :3])


@pytest.fixture
def net() -> nn.Module:
    torch.manual_seed(0)
    return Net().eval()


def whole(network: nn.Module, taps: list[str]) -> tuple[Tensor, ...]:
    return Tapped(network, taps)(X)


def check(found: Cut, network: nn.Module, taps: list[str]) -> None:
    for path, one, other in zip(taps, found(X), whole(network, taps), strict=True):
        assert torch.equal(one, other), path


@pytest.mark.parametrize(
    "taps",
    [
        ["stem.1"],
        ["stem.0", "stem.1", "stem.2", "stem"],
        ["block.bn", "stem"],
        ["block.bn", "block"],
        ["block.relu.input", "block.relu"],
        ["input", "block.input"],
        ["head.3.input"],
        ["stem.1", "head.1", ""],
    ],
)
def test_every_tap_equals_the_whole_network(net: nn.Module, taps: list[str]) -> None:
    found = cut(net, taps, X)
    assert (found.how, found.reason) == ("fx", "")
    check(found, net, taps)


def test_what_follows_the_deepest_tap_is_gone(net: nn.Module) -> None:
    found = cut(net, ["stem"], X)

    names = {name for name, _ in found.named_parameters()}
    assert names == {f"body.network.stem.{name}" for name, _ in net.stem.named_parameters()}
    assert found.kept == pytest.approx(24 / sum(one.numel() for one in net.parameters()))
    assert "assert" not in found.body.code


def test_an_assertion_holds_nothing_back(net: nn.Module) -> None:
    assert cut(net, ["block"], X).kept < 0.01


def test_nothing_is_cut_below_the_output(net: nn.Module) -> None:
    assert cut(net, [""], X).kept == 1


def test_a_tap_is_copied_only_if_what_is_left_writes_over_it(net: nn.Module) -> None:
    assert "clone" not in cut(net, ["stem.1"], X).body.code
    assert "clone" in cut(net, ["stem.1", "stem.2"], X).body.code


def test_parameters_are_shared_and_the_network_is_as_before(net: nn.Module) -> None:
    before = copy.deepcopy(net.state_dict())
    attributes = {name: set(vars(module)) for name, module in net.named_modules()}

    found = cut(net, ["block.bn"], X)

    assert found.body.network.stem is net.stem
    assert all(torch.equal(before[key], one) for key, one in net.state_dict().items())
    assert attributes == {name: set(vars(module)) for name, module in net.named_modules()}
    assert not any(module._forward_hooks for module in net.modules())


def test_a_write_that_nobody_reads_is_kept() -> None:
    class Aliased(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.last = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)

        def forward(self, x: Tensor) -> Tensor:
            y = self.conv(x)
            y.view(-1).relu_()  # the result is dropped, the write is meant
            return self.last(y)

    network = Aliased().eval()
    found = cut(network, ["conv", "last"], X)
    assert found.how == "fx"
    check(found, network, ["conv", "last"])


def test_a_constant_of_the_forward_is_not_left_on_the_network() -> None:
    class Shifts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.last = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.last(self.conv(x) + torch.arange(8.0))

    network = Shifts().eval()
    found = cut(network, ["last"], X)
    assert found.how == "fx"
    assert not any("constant" in name for name in vars(network))
    check(found, network, ["last"])


def test_control_flow_beside_the_tap_does_not_matter() -> None:
    network = nn.Sequential(Judging(), nn.Linear(5, 5), nn.Linear(5, 5)).eval()
    found = cut(network, ["1"], X)
    assert found.how == "fx"
    check(found, network, ["1"])


@pytest.mark.parametrize("x", [X + 1, X - 1])
def test_control_flow_around_the_tap_is_left_to_hooks(x: Tensor) -> None:
    network = Judging().eval()
    found = cut(network, ["relu.input", "rest.stem.1"], X + 1)

    assert found.how == "hooks"
    assert "TraceError" in found.reason
    assert found.kept == 1
    calls: list[int] = []
    network.rest.head.register_forward_hook(lambda *_: calls.append(1))
    value = found(x)[0]
    assert not calls
    assert torch.equal(value, (network.high if x.mean() > 0 else network.low)(x))


def test_a_tap_inside_a_module_that_is_never_opened_is_left_to_hooks() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    network = nn.Sequential(nn.Flatten(2), layer).eval()
    x = torch.randn(2, 3, 8)

    found = cut(network, ["1.linear1"], x)

    assert torch.equal(found(x)[0], Tapped(network, ["1.linear1"])(x)[0])


def test_a_network_in_train_mode_is_neither_cut_nor_run(net: nn.Module) -> None:
    net.train()
    before = copy.deepcopy(net.state_dict())

    found = cut(net, ["stem"], X)

    assert (found.how, found.kept) == ("hooks", 1)
    assert "train mode" in found.reason
    assert all(torch.equal(before[key], one) for key, one in net.state_dict().items())
    found(X)
    assert net.block.bn.num_batches_tracked == 1


def test_a_traced_part_refuses_to_train(net: nn.Module) -> None:
    found = cut(net, ["stem"], X)
    assert not Frozen(found).train().module.training
    with pytest.raises(RuntimeError, match="cannot train"):
        found.train()


def test_it_runs_on_any_batch_size_and_can_be_copied(net: nn.Module) -> None:
    found = copy.deepcopy(cut(net, ["block.bn", "head.1.input"], X))
    for size in (1, 3, 7):
        x = torch.randn(size, 3, 8, 8)
        for one, other in zip(found(x), Tapped(net, ["block.bn", "head.1.input"])(x), strict=True):
            assert torch.equal(one, other)


def test_gradient_passes_through_a_cut_that_is_not_frozen(net: nn.Module) -> None:
    x = X.clone().requires_grad_()
    cut(net, ["block"], X)(x)[0].sum().backward()
    assert x.grad is not None


def test_it_compiles_as_one_graph(net: nn.Module) -> None:
    compiles(cut(net, ["stem.1", "block"], X), "fx")


def test_it_compiles_with_hooks_too() -> None:
    class Counting(Net):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x if x.shape[0] > 1 else 2 * x)

    compiles(cut(Counting().eval(), ["stem.1", "block"], X), "hooks")


def compiles(found: Cut, how: str) -> None:
    assert found.how == how
    teacher = Frozen(found)
    eager = teacher(X)
    torch.compiler.reset()
    counter = CompileCounterWithBackend("aot_eager")
    teacher.compile(fullgraph=True, backend=counter)
    for _ in range(3):
        torch.testing.assert_close(teacher(X), eager)
    assert counter.frame_count == 1


def test_a_network_without_weights_can_be_cut_on_the_meta_device(
    net: nn.Module,
) -> None:
    found = cut(net.to("meta"), ["block.bn"], X.to("meta"))
    assert found.how == "fx"
    assert found.kept < 0.01


@pytest.mark.parametrize("path", ["stm", "block.relu.input.input"])
def test_a_wrong_path_is_a_diagnostic(net: nn.Module, path: str) -> None:
    with pytest.raises(RecipeError, match="KD310"):
        cut(net, [path], X)
