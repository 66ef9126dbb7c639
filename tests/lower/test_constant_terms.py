"""Numbers beside the terms of a loss, and truth values in sums, come to what they read as."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import kdgraph
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lower.step import Out, Step


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body, self.fc = nn.Linear(6, 5), nn.Linear(5, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(torch.relu(self.body(x.flatten(1))))


torch.manual_seed(0)
TEACHER, STUDENT = Small().double(), Small().double()
X, Y = torch.randn(8, 6, 1, 1, dtype=torch.float64), torch.tensor([0, 1, 2, 3, 4, 3, 6, 9])
WHERE = "where: {sup: 'cross_entropy(student.logits, y)', β: 3, c: 2}"


def step(loss: str) -> Step:
    models = {"teacher": TEACHER, "student": STUDENT}
    return kdgraph.compile(f"loss: {loss}\n{WHERE}", models=models, sample=X)


def out(loss: str) -> Out:
    made = step(loss)
    if "epoch" in loss:
        made.clock(epoch=1, epochs=4)
    return made(X, Y)


def sup() -> float:
    return F.cross_entropy(STUDENT(X), Y).item()


def like() -> float:
    unit = [F.normalize(one.body(X.flatten(1)), dim=-1) for one in (STUDENT, TEACHER)]
    return (unit[0] @ unit[1].T).mean().item()


@pytest.mark.parametrize(
    ("loss", "total", "terms"),
    [
        ("1 - mean(cosine(student.body, teacher.body))", lambda: 1 - like(), ["1"]),
        ("sup + β·(1 - mean(cosine(student.body, teacher.body)))",
         lambda: sup() + 3 - 3 * like(), ["sup", "1"]),
        ("sup + 1 - 0.5 + epoch/epochs", lambda: sup() + 0.75, ["sup", "1", "0.5", "epoch"]),
        ("sup - c + 2·(c - sup/4)", lambda: 0.5 * sup() + 2, ["sup", "c"]),
        ("sup + (-1)", lambda: sup() - 1, ["sup", "1"]),
    ],
)  # fmt: skip
def test_a_number_beside_a_term_counts_in_the_total(loss, total, terms):
    found = out(loss)
    summed = sum(float(found.weights[one]) * found.terms[one].item() for one in found.terms)
    found.total.backward()

    assert found.total.item() == pytest.approx(total(), abs=1e-9)
    assert summed == pytest.approx(found.total.item(), abs=1e-9)
    assert [one for one in found.terms if "mean" not in one] == terms
    assert all(isinstance(one, Tensor) and one.shape == () for one in found.terms.values())


@pytest.mark.parametrize("loss", ["1 + 2", "c", "1 - c", "0.5·(c + 1)"])
def test_numbers_alone_are_no_loss(loss):
    with pytest.raises(RecipeError, match="KD403"):
        step(loss)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("cross_entropy(student.logits, 4·(y == 3) + y·(y != 3))",
         lambda z: F.cross_entropy(z, torch.where(Y == 3, 4, Y))),
        ("cross_entropy(student.logits, y, rows=1 - (y == 3))",
         lambda z: F.cross_entropy(z[Y != 3], Y[Y != 3])),
        ("mean(((student.logits > 0) + (student.logits > -1))·student.logits)",
         lambda z: (((z > 0).double() + (z > -1).double()) * z).mean()),
        ("mean(-(student.logits > 0)·student.logits)", lambda z: (-(z > 0).double() * z).mean()),
        ("mean((student.logits > 0) @ student.logitsᵀ)",
         lambda z: ((z > 0).double() @ z.T).mean()),
        ("mean((student.logits > 0)·(student.logits < 1)·student.logits)",
         lambda z: (((z > 0) & (z < 1)).double() * z).mean()),
        ("mean((student.logits[1:] - student.logits[:-1])²)",
         lambda z: ((z[1:] - z[:-1]) ** 2).mean()),
        ("cross_entropy(student.logits[:4], y[:4])", lambda z: F.cross_entropy(z[:4], Y[:4])),
    ],
)  # fmt: skip
def test_truth_values_and_slices_compute_as_they_read(loss, expected):
    found = out(f"sup·0 + {loss}").total

    assert found.item() == pytest.approx(expected(STUDENT(X)).item(), abs=1e-9)
