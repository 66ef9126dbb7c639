"""Labels in a recipe: what is masked is never looked up, and whole numbers stay whole."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import kdgraph

X = torch.linspace(-1, 1, 15, dtype=torch.float64).reshape(5, 3)
Y = torch.tensor([0, -100, 3, 2, -100])
KEPT = [0, 2, 3]


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Linear(3, 4).double()


def trained(loss: str) -> tuple[torch.Tensor, torch.Tensor]:
    """The total, and the gradient of the student's weight."""
    student = network()
    step = kdgraph.compile(f"loss: {loss}", models={"student": student}, sample=X)
    total = step(X, Y).total
    total.backward()
    return total.detach(), student.weight.grad


@pytest.mark.parametrize(
    "truth",
    [
        "y",
        "max(y, 0)",
        "max(0, y)",
        "max(y, 1 - 1)",
        "where(y >= 0, y, 0)",
        "where(y < 0, 2 - 1, y)",
        "clamp(y, low=0)",
        "min(max(y, 0), classes - 1)",
        "y + (2 - 2)",
    ],
)
def test_masked_labels_are_left_out(truth: str):
    alone = network()
    by_hand = F.cross_entropy(alone(X)[KEPT], Y[KEPT])
    by_hand.backward()

    total, gradient = trained(f"cross_entropy(student.logits, {truth}, rows=y >= 0)")

    torch.testing.assert_close(total, by_hand.detach(), rtol=1e-9, atol=0)
    torch.testing.assert_close(gradient, alone.weight.grad, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "lookup",
    [
        "mean(student.logits[max(y, 0)])",
        "mean(student.logits[min(max(y, 0), 2)])",
        "mse(onehot(max(y, 0), 4) ‖ softmax(student.logits))",
        "mean(others(student.logits, max(y, 0)))",
        "mean(versus(student.logits, where(y >= 0, y, 0)))",
        "mse(student.logits, 2·student.logits, rows=keep(student.logits, max(y, 0), 0.5))",
    ],
)
def test_labels_that_are_bounded_name_rows_and_columns(lookup: str):
    total, gradient = trained(lookup)

    assert total.isfinite()
    assert gradient.isfinite().all()
    assert gradient.any()


def test_where_no_label_counts_the_term_is_zero():
    total, gradient = trained("cross_entropy(student.logits, y, rows=y > 50)")

    assert total.item() == 0
    assert not gradient.any()
