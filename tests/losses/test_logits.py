"""What the library says of logits, beside plain torch: the value, and each gradient."""

from __future__ import annotations

import pytest
import torch

from tests.references import logits
from tests.references.fills import wave
from tests.references.interpreter import reading

Y = torch.tensor([1, 0, 3])
T, S = (torch.from_numpy(wave((3, 4), *one, 2)) for one in ((0.5, 0.3), (0.7, 0.1)))
PAIRS = {
    "soft_ce(t ‖ s)": logits.soft_ce,
    "soft_ce(t ‖ s, T=1)": lambda t, s: logits.soft_ce(t, s, 1),
    "brier(t, s)": logits.brier,
    "symmetric_kl(t, s)": logits.symmetric_kl,
    "tckd(t, s, y)": lambda t, s: logits.tckd(t, s, Y),
    "nckd(t, s, y, T=2)": lambda t, s: logits.nckd(t, s, Y, 2),
    "dkd(t, s, y)": lambda t, s: logits.dkd(t, s, Y),
    "dist(t ‖ s)": logits.dist,
    "dist(t ‖ s, T=1)": lambda t, s: logits.dist(t, s, 1),
    "kd(standardise(t) ‖ standardise(s), T=2)":
        lambda t, s: logits.kd(logits.standardise(t), logits.standardise(s), 2),
    "dkd(standardise(t), standardise(s), y)":
        lambda t, s: logits.dkd(logits.standardise(t), logits.standardise(s), Y),
}  # fmt: skip


@pytest.mark.parametrize("text", PAIRS)
def test_value_and_gradients_are_those_of_the_plain_formula(text):
    ours, plain = ({name: one.clone().requires_grad_() for name, one in (("t", T), ("s", S))}
                   for _ in range(2))  # fmt: skip

    found, wanted = reading(text, y=Y, **ours), PAIRS[text](**plain)
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


def test_kd_is_its_two_parts_the_second_weighed_by_how_unsure_the_teacher_is():
    # KL(p ‖ q) = KL of (p_y, 1 − p_y), and (1 − p_y) times that among the other classes
    unsure = 1 - logits.softmax(T / 4).gather(1, Y[:, None]).squeeze(1)
    each = [reading("nckd(t, s, y)", t=T[n : n + 1], s=S[n : n + 1], y=Y[n : n + 1])
            for n in range(3)]  # fmt: skip

    whole = reading("tckd(t, s, y)", t=T, s=S, y=Y) + (unsure * torch.stack(each)).mean()

    torch.testing.assert_close(reading("kd(t ‖ s)", t=T, s=S), whole, rtol=1e-9, atol=0)


def test_a_temperature_for_each_row_goes_through_both_parts():
    alone = [reading("dkd(t, s, y, T=h)", t=T[n : n + 1], s=S[n : n + 1], y=Y[n : n + 1], h=h)
             for n, h in enumerate((2, 5, 3))]  # fmt: skip

    whole = reading("dkd(t, s, y, T=h)", t=T, s=S, y=Y, h=torch.tensor([2.0, 5.0, 3.0]).double())

    torch.testing.assert_close(whole, torch.stack(alone).mean())


def test_standardised_logits_do_not_see_a_shift_or_a_scale():
    one, other = (reading("standardise(z)", z=z) for z in (T, 3 * T + 7))

    torch.testing.assert_close(one, other, rtol=1e-6, atol=0)
    torch.testing.assert_close(one.std(-1), torch.ones(3).double(), rtol=1e-6, atol=0)


def test_the_virtual_teacher_worked_by_hand():
    # three classes, 0.9 sure: the other two share 0.1
    found = reading("virtual(y, a=0.9, K=3)", y=torch.tensor([2]))

    torch.testing.assert_close(found, torch.tensor([[0.05, 0.05, 0.9]]))


def test_warming_up_is_a_line_to_one():
    found = [reading("warm(20)", epoch=epoch, epochs=240) for epoch in (1, 10, 20, 240)]

    assert found == [0.05, 0.5, 1, 1]
