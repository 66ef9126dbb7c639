"""Batch normalisation, in training and in evaluation."""

from __future__ import annotations

import pytest
import torch

from kdgraph.modules.bn import bn


def test_bn_worked_by_hand():
    # a channel of 1 and 3: mean 2, variance 1, so −1 and 1 (up to the 10⁻⁵ under the root)
    made = bn((2, 1))(torch.tensor([[1.0], [3.0]]))

    assert made.flatten().tolist() == pytest.approx([-1, 1], abs=1e-5)


@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 5), (4, 3, 5, 6)])
def test_it_takes_vectors_sequences_and_maps(shape: tuple):
    v = torch.randn(shape)

    made = bn(shape)(v)

    assert made.shape == v.shape
    torch.testing.assert_close(made.transpose(0, 1).flatten(1).mean(1), torch.zeros(3))


def test_in_evaluation_it_uses_what_it_has_seen():
    made = bn((2, 1)).eval()

    assert made(torch.tensor([[3.0]])).item() == pytest.approx(3, abs=1e-4)
