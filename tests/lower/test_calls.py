"""A module that runs several times in a forward: each of its calls can be tapped."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch._dynamo.testing import CompileCounterWithBackend

import kdgraph
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lower.cut import cut
from kdgraph.lower.step import Step
from kdgraph.lower.tapped import Tapped
from kdgraph.models.build import build

X = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))
CALLS = ["relu.calls.0", "relu.calls.1.input", "relu.calls.1", "relu.calls.-1.input"]
CALLS += ["relu.calls.-1", "relu.calls.-3", "conv.calls.0", "conv.calls.-1", "fc.calls.-1.input"]


class Thrice(nn.Module):
    """One ReLU in place after each of three layers, as residual blocks are written."""

    def __init__(self, *, judging: bool = False) -> None:
        super().__init__()
        self.judging = judging
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.middle = nn.Conv2d(4, 4, 3, padding=1)
        self.last = nn.Conv2d(4, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.fc = nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Tensor:
        if self.judging and x.sum() > 1e9:  # what tracing can't follow
            return x
        first = self.relu(self.conv(x))
        second = self.relu(self.middle(first))
        out = self.last(second)
        out += first
        return self.fc(self.relu(out).mean((2, 3)))


def by_hand(net: Thrice, x: Tensor) -> dict[str, Tensor]:
    """The same layers, nothing in place."""
    a = net.conv(x)
    b = net.middle(a.relu())
    c = net.last(b.relu()) + a.relu()
    values = a.relu(), b, b.relu(), c, c.relu(), a.relu(), a, a, c.relu().mean((2, 3))
    return dict(zip(CALLS, values, strict=True))


@pytest.fixture
def net() -> Thrice:
    torch.manual_seed(0)
    return Thrice().eval()


@pytest.mark.parametrize("sample", [None, X])
def test_each_call_has_its_own_value(net: Thrice, sample: Tensor | None) -> None:
    values = Tapped(net, CALLS, sample=sample)(X)

    for (path, expected), value in zip(by_hand(net, X).items(), values, strict=True):
        torch.testing.assert_close(value, expected, msg=path)


@pytest.mark.parametrize("judging", [False, True])
@pytest.mark.parametrize("path", CALLS)
def test_a_cut_network_gives_the_same_call(net: Thrice, path: str, judging: bool) -> None:
    net.judging = judging
    with torch.no_grad():
        part = cut(net, [path], X)

        torch.testing.assert_close(part(X)[0], by_hand(net, X)[path])
    assert part.how == ("hooks" if judging else "fx")


def test_gradient_comes_through_the_call_alone(net: Thrice) -> None:
    Tapped(net, ["relu.calls.0"], sample=X)(X)[0].square().sum().backward()

    assert {name for name, one in net.named_parameters() if one.grad is not None} == {
        "conv.weight",
        "conv.bias",
    }


def test_only_the_calls_that_are_asked_for_are_kept(net: Thrice) -> None:
    tapped = Tapped(net, ["relu.calls.-1", "relu.calls.0"], sample=X)
    found: list[list[Tensor | None]] = []
    net.register_forward_hook(lambda *_: found.extend(list(one) for one in tapped.catch.calls))

    tapped(X)

    assert [[one is not None for one in calls] for calls in found] == [
        [False, False, True],
        [True, False, False],
    ]


def test_calls_compile_as_one_graph_once(net: Thrice) -> None:
    torch.compiler.reset()
    tapped = Tapped(net, CALLS, sample=X)
    counter = CompileCounterWithBackend("aot_eager")
    tapped.compile(fullgraph=True, backend=counter)

    for _ in range(3):
        values = tapped(X)

    assert counter.frame_count == 1
    for (path, expected), value in zip(by_hand(net, X).items(), values, strict=True):
        torch.testing.assert_close(value, expected, msg=path)


def compiled(words: str, student: nn.Module) -> Step:
    recipe = f"loss: mse({words}, 0·{words})"
    return kdgraph.compile(recipe, models={"student": student}, sample=torch.randn(2, 3, 32, 32))


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("student.layer1[0].relu", "KD313", "say which: `.calls[0]` is the first"),
        ("student.layer1[0].relu.calls[2]", "KD316", "it runs twice in one forward"),
        ("student.layer1[0].relu.calls[-3].input", "KD316", "`.calls[0]` to `.calls[1]`"),
        ("student.bn1.calls[1]", "KD316", "it runs once in one forward"),
        ("student.layer1[0].reul.calls[0]", "KD310", "did you mean"),
        ("student.layer1[-3]", "KD217", "there is no item -3 among 2"),
    ],
)
def test_a_call_that_is_not_there_is_refused(words: str, code: str, told: str) -> None:
    with pytest.raises(RecipeError, match=code) as refused:
        compiled(words, build("torchvision:resnet18", 10))

    assert told in str(refused.value)


def test_brackets_count_modules_from_the_last_one_too() -> None:
    student = build("torchvision:resnet18", 10).eval()
    step = compiled("student.layer1[-1]", student)
    takes = [step.graph.node(number).op for number in step.graph.find("take")]

    assert [one.knob("tap") for one in takes] == ["layer1.1"]


@pytest.mark.parametrize("name", ["torchvision:resnet18", "torchvision:resnet50"])
def test_preact_of_torchvisions_residual_networks_is_what_the_last_relu_sees(name: str) -> None:
    torch.manual_seed(0)
    student = build(name, 10).train()
    recipe = """
loss: same + below
where:
  same: Σ((p, m) in zip(student.preact, student.maps)) mse(max(p, 0), m)
  below: mean(min(student.preact[0], 0))
"""
    step = kdgraph.compile(recipe, models={"student": student}, sample=torch.randn(2, 3, 32, 32))
    out = step(torch.randn(2, 3, 32, 32))

    assert out.terms["same"].item() == 0
    assert out.terms["below"].item() < 0
