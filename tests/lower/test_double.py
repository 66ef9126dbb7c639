"""A step in double precision computes labels, masks and plain numbers in double as well."""

from __future__ import annotations

import torch
from torch import nn

import kdgraph

X, Y = (
    torch.linspace(-1, 1, 18, dtype=torch.float64).reshape(6, 3),
    torch.tensor([0, 1, 1, 3, 2, 1]),
)


def loss(text: str) -> torch.Tensor:
    torch.manual_seed(0)
    student = nn.Linear(3, 4).double()
    return kdgraph.compile(f"loss: {text}", models={"student": student}, sample=X)(X, Y).total


def logits() -> torch.Tensor:
    torch.manual_seed(0)
    return nn.Linear(3, 4).double()(X)


def test_a_choice_between_two_numbers_is_not_rounded():
    p = torch.full((6, 4), 0.1 / 3, dtype=torch.float64)
    p[torch.arange(6), Y] = 0.9
    by_hand = (p * (p.log() - logits().log_softmax(1))).sum(1).mean()

    found = loss("kl(virtual(y, 0.9) ‖ softmax(student.logits))")
    torch.testing.assert_close(found, by_hand, rtol=1e-14, atol=0)


def test_certain_labels_and_shares_of_a_mask_are_doubles():
    sure = torch.zeros(6, 4, dtype=torch.float64)
    sure[torch.arange(6), Y] = 1
    by_hand = ((0.1 * sure - logits()) ** 2).mean() * 3 / 6

    found = loss("mean(y == 1)·mse(0.1·onehot(y, 4) ‖ student.logits)")
    assert found.dtype == torch.float64
    torch.testing.assert_close(found, by_hand, rtol=1e-14, atol=0)
