"""Calibration through the compiled path and the library, against known numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from kdgraph.losses.calibration import ece
from tests.references.fills import wave
from tests.references.interpreter import reading

Y = torch.tensor([0, 1, 2, 0, 2, 1])
Z = torch.as_tensor(wave((6, 3), 0.7, 0.1, 3))
MEMBERS = [torch.as_tensor(wave((6, 3), *one, 3)) for one in ((0.5, 0.3), (0.8, 0.6))]


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("ece(s, y)", 0.538102640995),
        ("nll(s, y)", 2.36914544176),
        ("accuracy(s, y)", 1 / 6),
        ("agreement(log((softmax(a) + softmax(b))/2), s)", 4 / 6),
        ("predictive_kl(log((softmax(a) + softmax(b))/2), s)", 0.429637083786),
    ],
)
def test_the_library_has_the_known_numbers(text, known):
    value = reading(text, s=Z, a=MEMBERS[0], b=MEMBERS[1], y=Y)

    assert value.item() == pytest.approx(known, abs=1e-7 if known in {1 / 6, 4 / 6} else 1e-9)


@pytest.mark.parametrize("bins", [1, 2, 5, 10, 15])
def test_it_is_the_sum_over_bins_read_plainly(bins):
    p = np.exp(Z.numpy()) / np.exp(Z.numpy()).sum(1, keepdims=True)
    sure, right = p.max(1), p.argmax(1) == Y.numpy()
    total = 0.0
    for j in range(bins):
        here = (sure > j / bins) & (sure <= (j + 1) / bins)
        if here.any():
            total += here.mean() * abs(right[here].mean() - sure[here].mean())

    assert ece(Z, Y, bins=bins).item() == pytest.approx(total, abs=1e-12)
