"""The recipes on features and relations: value and gradient are those of their references."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor, nn

import kdgraph
from kdgraph.lower.step import Step
from tests.oracles.answers import Says
from tests.references import transfer

ROWS = 5
X = torch.zeros(ROWS, 1, 2, 2, dtype=torch.float64)
Y = torch.arange(ROWS) % 3


class Told(nn.Module):
    """A network of three stages that says what it is told."""

    def __init__(self, seed: int, maps: Sequence[tuple[int, int]], width: int, rows: int):
        super().__init__()
        dice = torch.Generator().manual_seed(seed)
        shapes = [*((rows, c, h, h) for c, h in maps), (rows, width), (rows, 3)]
        said = [Says(torch.randn(one, generator=dice, dtype=torch.float64)) for one in shapes]
        self.stages, self.pooled, self.out = nn.ModuleList(said[:3]), said[3], said[4]
        self.aliases = {
            "logits": "", "features": "pooled", "maps": ("stages.0", "stages.1", "stages.2"),
        }  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        for module in (*self.stages, self.pooled, self.out):
            x = module(x)
        return x


def compiled(
    recipe: str, channels: Sequence[int] = (3, 6, 7), rows: int = ROWS
) -> tuple[Step, Told, Told]:
    teacher = Told(1, [(4, 4), (6, 4), (5, 2)], 6, rows)
    student = Told(2, list(zip(channels, (4, 2, 2), strict=True)), 4, rows)
    models = {"teacher": teacher, "student": student}
    return kdgraph.compile(recipe, models=models, sample=X[:rows]), teacher, student


def said(network: Told) -> list[Tensor]:
    return [stage.value for stage in network.stages]


def heads(step: Step, *words: str) -> list[Tensor]:
    """The parameters of a recipe's parts whose names hold these words, in their order."""
    return [one for name, one in step.parts.named_parameters() if all(w in name for w in words)]


def each(loss: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Step, Told, Told], Tensor]:
    """A loss of two maps, summed over the stages."""
    return lambda _, t, s: sum(map(loss, said(t), said(s)), torch.zeros(()))


def vectors(loss: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Step, Told, Told], Tensor]:
    return lambda _, t, s: loss(t.pooled.value, s.pooled.value)


def vid(step: Step, t: Told, s: Told) -> Tensor:
    found = [
        transfer.vid(p, q, heads(step, f"vid.{n}.", "conv"), heads(step, f"vid.{n}.", "θ")[0])
        for n, (p, q) in enumerate(zip(said(t), said(s), strict=True))
    ]
    return torch.stack(found).sum()


def cc(step: Step, t: Told, s: Told) -> Tensor:
    return transfer.cc(t.pooled.value, s.pooled.value, [*heads(step, ".u."), *heads(step, ".v.")])


CASES: dict[tuple[str, str], Callable[[Step, Told, Told], Tensor]] = {
    ("fitnet", "hint"): lambda step, t, s: transfer.hint(said(t)[1], said(s)[1], *heads(step)),
    ("at", "at"): each(transfer.at),
    ("nst", "nst"): each(transfer.nst),
    ("vid", "vid"): vid,
    ("sp", "sp"): lambda _, t, s: transfer.sp(said(t)[-1], said(s)[-1]),
    ("rkd", "distance"): vectors(transfer.rkd_distance),
    ("rkd", "angle"): vectors(transfer.rkd_angle),
    ("pkt", "pkt"): vectors(transfer.pkt),
    ("cc", "cc"): cc,
    ("kdsvd", "kdsvd"): lambda _, t, s: transfer.kdsvd(said(t), said(s)),
}  # fmt: skip
WEIGHTS = {
    "fitnet": (100,), "at": (1000,), "nst": (50,), "vid": (1,), "sp": (3000,), "rkd": (25, 50),
    "pkt": (30000,), "cc": (0.02,), "kdsvd": (1,),
}  # fmt: skip


@pytest.mark.parametrize(("recipe", "term"), CASES)
def test_value_and_every_gradient_are_those_of_the_reference(recipe: str, term: str):
    channels = (4, 6, 5) if recipe == "kdsvd" else (3, 6, 7)
    step, teacher, student = compiled(recipe, channels)
    step.train()
    learners = [*student.parameters(), *step.parts.parameters()]

    ours = step(X, Y).terms[term]
    known = CASES[recipe, term](step, teacher, student)

    torch.testing.assert_close(ours, known.to(ours), rtol=1e-11, atol=1e-12)
    found, wanted = (torch.autograd.grad(v, learners, allow_unused=True) for v in (ours, known))
    assert any(one is not None for one in wanted)
    none = torch.zeros(())  # a value of a network that no term looks at
    for mine, right in zip(found, wanted, strict=True):
        mine_or_0, right_or_0 = (none if one is None else one.double() for one in (mine, right))
        torch.testing.assert_close(mine_or_0, right_or_0, rtol=1e-9, atol=1e-11, check_dtype=False)


@pytest.mark.parametrize("recipe", WEIGHTS)
def test_the_weights_are_the_official_ones(recipe: str):
    out = compiled(recipe, (4, 6, 5))[0](X, Y)

    assert tuple(float(one) for one in out.weights.values()) == (1, *WEIGHTS[recipe])


@pytest.mark.parametrize("recipe", ["sp", "rkd", "pkt", "cc", "nst", "kdsvd"])
def test_a_batch_of_one_is_finite_and_so_is_its_gradient(recipe: str):
    step, _, student = compiled(recipe, (4, 6, 5), rows=1)

    out = step(X[:1], Y[:1])
    out.total.backward()

    assert out.total.isfinite()
    assert all(one.grad is None or one.grad.isfinite().all() for one in student.parameters())


@pytest.mark.parametrize("recipe", ["sp", "rkd", "pkt", "nst", "kdsvd"])
def test_features_that_are_all_alike_are_finite_and_so_is_their_gradient(recipe: str):
    step, _, student = compiled(recipe, (4, 6, 5))
    with torch.no_grad():
        for one in (*said(student), student.pooled.value):
            one.zero_()

    out = step(X, Y)
    out.total.backward()

    assert out.total.isfinite()
    assert all(one.grad is None or one.grad.isfinite().all() for one in student.parameters())
