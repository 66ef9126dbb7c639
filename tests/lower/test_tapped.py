"""A tapped network runs as always and hands out each value as it was at its tap."""

from __future__ import annotations

import copy
import io
import pickle

import pytest
import torch
from torch import Tensor, nn

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lower.tapped import Tapped

X = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))


class Inplace(nn.Module):
    """Every way of writing over a value: a flag, a method, a functional, `+=`, a view."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.bn = nn.BatchNorm2d(4)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(4, 4, 3, padding=1)
        self.drop = nn.Dropout(0.5, inplace=True)
        self.conv3 = nn.Conv2d(4, 4, 1)
        self.flat = nn.Flatten()
        self.fc = nn.Linear(256, 5)

    def forward(self, x: Tensor) -> Tensor:
        first = self.relu(self.bn(self.conv(x)))
        second = self.drop(self.conv2(first))
        second += first
        third = self.conv3(second)
        self.flat(third)[:, 0] -= 100
        return self.fc(torch.relu_(self.flat(third)))


class Odd(nn.Module):
    """What a tap cannot be: called twice, never called, a tuple, a dictionary, nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.relu = nn.ReLU()
        self.aux = nn.Linear(3, 3)
        self.pair = Gives((X, X))
        self.named = Gives({"a": X, "b": X})
        self.none = Gives(None)

    def forward(self, x: Tensor) -> Tensor:
        self.pair(x), self.named(x), self.none(x)
        return self.relu(self.relu(x) + 1)


class Gives(nn.Module):
    def __init__(self, value: object) -> None:
        super().__init__()
        self.value = value

    def forward(self, _: Tensor) -> object:
        return self.value


TAPS = ["input", "conv", "bn", "relu", "conv2", "drop", "conv3", "fc.input", "fc", ""]


def at_the_tap(network: nn.Module, x: Tensor, paths: list[str]) -> dict[str, Tensor]:
    """Copies taken by plain hooks."""
    seen: dict[str, Tensor] = {}
    handles = []
    for path in paths:
        module = network.get_submodule("" if path == "input" else path.removesuffix(".input"))

        def keep(_: nn.Module, _args: tuple[Tensor], output: Tensor, path: str = path) -> None:
            seen[path] = output.clone()

        def keep_input(_: nn.Module, args: tuple[Tensor], path: str = path) -> None:
            seen[path] = args[0].clone()

        handles.append(
            module.register_forward_pre_hook(keep_input)
            if path.endswith("input")
            else module.register_forward_hook(keep)
        )
    network(x)
    for handle in handles:
        handle.remove()
    return seen


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("sample", [None, X])
def test_values_come_out_as_they_were_at_the_tap(training: bool, sample: Tensor | None) -> None:
    network = Inplace().train(training)
    torch.manual_seed(1)
    expected = at_the_tap(copy.deepcopy(network), X, TAPS)

    torch.manual_seed(1)
    values = Tapped(network, TAPS, sample=sample)(X)

    for path, value in zip(TAPS, values, strict=True):
        assert torch.equal(value, expected[path]), path


def test_only_what_is_written_over_is_copied() -> None:
    tapped = Tapped(Inplace(), TAPS, sample=X)
    copied = {path for path, clone in zip(TAPS, tapped.catch.clone, strict=True) if clone}

    assert copied == {"bn", "conv2", "drop", "conv3"}


def test_gradients_are_those_of_the_network() -> None:
    network, twin = Inplace().eval(), Inplace().eval()
    twin.load_state_dict(network.state_dict())

    Tapped(network, ["bn", ""], sample=X)(X)[1].square().sum().backward()
    twin(X).square().sum().backward()

    for one, other in zip(network.parameters(), twin.parameters(), strict=True):
        assert torch.equal(one.grad, other.grad)


def test_gradients_reach_what_lies_before_a_tap_and_nothing_after() -> None:
    network = Inplace().eval()

    Tapped(network, ["bn"], sample=X)(X)[0].square().sum().backward()

    trained = {name for name, one in network.named_parameters() if one.grad is not None}
    assert trained == {"conv.weight", "conv.bias", "bn.weight", "bn.bias"}


def test_the_network_keeps_its_names_and_its_state() -> None:
    network = Inplace()
    keys = list(network.state_dict())
    before = copy.deepcopy(network.state_dict())

    tapped = Tapped(network, ["bn", "fc.input"], sample=X)

    assert list(network.state_dict()) == keys
    assert list(tapped.state_dict()) == [f"network.{key}" for key in keys]
    assert all(torch.equal(before[key], one) for key, one in network.state_dict().items())
    assert network.training


def test_several_over_one_network_do_not_meet() -> None:
    network = Inplace().eval()
    one, other = Tapped(network, ["bn"]), Tapped(network, ["bn", "fc"])

    (alone,), both = one(X), other(X)

    assert torch.equal(alone, both[0])
    assert torch.equal(both[1], network(X))


def test_no_value_is_kept_after_the_forward() -> None:
    tapped = Tapped(Inplace(), ["bn"])
    tapped(X)
    assert tapped.catch.calls is None


def test_a_forward_that_fails_leaves_nothing_behind() -> None:
    network = Inplace()
    tapped, other = Tapped(network, ["conv"]), Tapped(network, ["conv"])

    with pytest.raises(RuntimeError):
        tapped(X[:, :, :4])

    assert other(X)[0].shape == tapped(X)[0].shape


def test_hooks_are_there_while_the_network_runs_and_at_no_other_time() -> None:
    network = Inplace()
    tapped = Tapped(network, ["bn", "fc.input"])
    seen: list[int] = []
    watch = network.conv.register_forward_hook(lambda *_: seen.append(hooks(network)))

    tapped(X)
    with pytest.raises(RuntimeError):
        tapped(X[:, :, :4])
    watch.remove()

    assert seen[0] == 3  # the two, and the one that looks
    assert hooks(network) == 0


def hooks(network: nn.Module) -> int:
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in network.modules())


def test_a_shallow_copy_takes_no_hook_along_when_it_goes() -> None:
    tapped = Tapped(Inplace(), ["bn"])
    copied = copy.copy(tapped)
    del copied
    assert len(tapped(X)) == 1


@pytest.mark.parametrize("by", ["deepcopy", "pickle", "torch.save"])
def test_a_copy_is_whole_and_on_its_own(by: str) -> None:
    tapped = Tapped(Inplace().eval(), ["bn", "fc.input"], sample=X)
    expected = tapped(X)

    if by == "deepcopy":
        twin = copy.deepcopy(tapped)
    elif by == "pickle":
        twin = pickle.loads(pickle.dumps(tapped))
    else:
        file = io.BytesIO()
        torch.save(tapped, file)
        file.seek(0)
        twin = torch.load(file, weights_only=False)

    assert all(torch.equal(one, other) for one, other in zip(twin(X), expected, strict=True))


def test_a_copied_network_does_not_feed_the_first_one() -> None:
    network = Inplace().eval()
    tapped = Tapped(network, ["bn"])
    average = copy.deepcopy(network)
    tapped.catch.calls = {}

    average(X)

    assert tapped.catch.calls == {}


def test_a_tap_may_be_named_twice() -> None:
    first, second = Tapped(Inplace().eval(), ["bn", "bn"])(X)
    assert torch.equal(first, second)


def test_an_input_given_by_name_is_an_input() -> None:
    class Named(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(8, 8)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(input=x + 1)

    (value,) = Tapped(Named(), ["fc.input"], sample=X)(X)
    assert torch.equal(value, X + 1)


def test_it_runs_under_autocast() -> None:
    network = Inplace().eval()
    tapped = Tapped(network, ["conv", "bn", "fc.input", ""], sample=X)

    with torch.autocast("cpu", torch.bfloat16):
        conv, bn, _, out = tapped(X)
        expected = network(X)

    assert conv.dtype == torch.bfloat16
    assert bn.min() < 0
    assert torch.equal(out, expected)


def test_leaving_early_skips_the_rest() -> None:
    network = Inplace().eval()
    tapped = Tapped(network, ["conv2"], sample=X, leave=True)
    expected = at_the_tap(network, X, ["conv2"])["conv2"]
    calls: list[int] = []
    network.fc.register_forward_hook(lambda *_: calls.append(1))

    (value,) = tapped(X)

    assert torch.equal(value, expected)
    assert not calls


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("relu", "KD313", "`relu` of `Odd` runs several times in one forward"),
        ("relu.input", "KD313", "`relu.input` of `Odd` runs several times"),
        ("aux", "KD314", "`aux` of `Odd` did not run in the forward"),
        ("pair", "KD312", "is a tuple of 2, not a tensor"),
        ("named", "KD312", "is a dict of 'a', 'b', not a tensor"),
        ("none", "KD312", "is nothing, not a tensor"),
    ],
)
@pytest.mark.parametrize("early", [True, False])
def test_what_cannot_be_tapped_is_said(path: str, code: str, words: str, early: bool) -> None:
    with pytest.raises(RecipeError) as refused:
        Tapped(Odd(), [path], sample=X if early else None)(X)

    assert code in str(refused.value)
    assert words in str(refused.value)


def test_a_tap_that_runs_in_one_mode_only_is_found_in_that_mode() -> None:
    class Auxiliary(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.aux = nn.Linear(8, 8)

        def forward(self, x: Tensor) -> Tensor:
            return self.aux(x) if self.training else x

    tapped = Tapped(Auxiliary(), ["aux"], sample=X)

    assert tapped(X)[0].shape == X.shape
    with pytest.raises(RecipeError, match="KD314"):
        tapped.eval()(X)
