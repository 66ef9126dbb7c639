"""What the library says of logits, beside plain torch: the value, and each gradient."""

from __future__ import annotations

import pytest
import torch

from tests.references import logits
from tests.references.fills import wave
from tests.references.interpreter import reading

T, S = (torch.from_numpy(wave((3, 4), *one, 2)) for one in ((0.5, 0.3), (0.7, 0.1)))
PAIRS = {
    "soft_ce(t ‖ s)": logits.soft_ce,
    "soft_ce(t ‖ s, T=1)": lambda t, s: logits.soft_ce(t, s, 1),
    "brier(t, s)": logits.brier,
    "symmetric_kl(t, s)": logits.symmetric_kl,
}


@pytest.mark.parametrize("text", PAIRS)
def test_value_and_gradients_are_those_of_the_plain_formula(text):
    ours, plain = ({name: one.clone().requires_grad_() for name, one in (("t", T), ("s", S))}
                   for _ in range(2))  # fmt: skip

    found, wanted = reading(text, **ours), PAIRS[text](**plain)
    found.backward()
    wanted.backward()

    torch.testing.assert_close(found, wanted, rtol=1e-9, atol=1e-12)
    for name in "ts":
        torch.testing.assert_close(ours[name].grad, plain[name].grad, rtol=1e-9, atol=1e-12)


def test_soft_cross_entropy_has_the_gradient_of_kd():
    one, other = S.clone().requires_grad_(), S.clone().requires_grad_()

    reading("soft_ce(t ‖ s, T=3)", t=T, s=one).backward()
    reading("kd(t ‖ s, T=3)", t=T, s=other).backward()

    torch.testing.assert_close(one.grad, other.grad, rtol=1e-9, atol=1e-12)


def test_the_symmetric_divergence_does_not_mind_its_order():
    pair = reading("symmetric_kl(t, s)", t=T, s=S), reading("symmetric_kl(s, t)", t=T, s=S)

    torch.testing.assert_close(*pair, rtol=1e-12, atol=0)
