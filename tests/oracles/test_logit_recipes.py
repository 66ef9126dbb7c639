"""Recipes on logits equal plain torch, the student's gradient included, through the compiler."""

from __future__ import annotations

import pytest
import torch

import kdgraph
from tests.oracles.answers import Network, wave
from tests.references import logits

X, Y = torch.zeros(3, 1, 2, 2, dtype=torch.float64), torch.tensor([1, 0, 3])
T, S = (wave((3, 4), *one, 2) for one in ((0.5, 0.3), (0.7, 0.1)))


@pytest.fixture(autouse=True)
def double():
    """What a recipe makes of no network, as a virtual teacher, has the default precision."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def sup(s):
    return logits.cross_entropy(s, Y)


def virtual(s, sharpness):
    target = sharpness(logits.virtual(s, Y))
    return target / target.sum(-1, keepdim=True)


def kl(p, q):
    return (p * (p / q).log()).sum() / len(p)


PLAIN = {
    "dkd": lambda t, s: sup(s) + 0.25 * logits.dkd(t, s, Y),  # the fifth of twenty epochs
    "dist": lambda t, s: sup(s) + 2 * logits.dist(t, s, 4),
    "dist-imagenet": lambda t, s: sup(s) + 2 * logits.dist(t, s, 1),
    "label-smoothing": lambda _, s: logits.cross_entropy(s, Y, 0.1),
    "kd-standardised": lambda t, s: (
        0.1 * sup(s) + 9 * logits.kd(logits.standardise(t), logits.standardise(s), 2)
    ),
    "tf-kd": lambda _, s: (
        0.9 * sup(s) + 0.1 * kl(virtual(s, lambda u: (u / 20).exp()), logits.softmax(s))
    ),
    "tf-kd-paper": lambda _, s: (
        0.9 * sup(s) + 0.1 * kl(virtual(s, lambda u: u ** (1 / 20)), logits.softmax(s / 20))
    ),
    "tf-kd-self": lambda t, s: 0.05 * sup(s) + 0.95 * 0.5 * logits.kd(t, s, 6),
    "ctkd": lambda t, s: 0.1 * sup(s) + 0.9 * logits.kd(t, s, 1 + 20 / (1 + 2.718281828459045**-1)),
}


@pytest.mark.parametrize("recipe", PLAIN)
def test_value_and_gradient_are_those_of_the_plain_formula(recipe):
    models = {"teacher": Network(logits=T), "student": Network(logits=S)}
    step = kdgraph.compile(recipe, models=models, sample=X)
    step.clock(epoch=5, epochs=240)
    s = S.clone().requires_grad_()

    found, wanted = step(X, Y).total, PLAIN[recipe](T, s)
    found.backward()
    wanted.backward()

    torch.testing.assert_close(found, wanted, rtol=1e-9, atol=0)
    torch.testing.assert_close(models["student"].out.value.grad, s.grad, rtol=1e-9, atol=1e-12)


def test_a_sure_teacher_costs_no_infinity_in_single_precision():
    # p = (1, 0), the student's log p_y is −400; among the others KL((1, 0) ‖ (1, e^−200)) is 0
    t, s = (torch.tensor([row]).float() for row in ([200.0, 0, -200], [-200.0, 200, 0]))
    models = {"teacher": Network(logits=t), "student": Network(logits=s)}
    recipe = "loss: dkd(teacher.logits ‖ student.logits, y, T=1)"
    step = kdgraph.compile(recipe, models=models, sample=X[:1].float())

    loss = step(X[:1].float(), torch.tensor([0])).total
    loss.backward()

    assert loss.item() == pytest.approx(400, abs=1e-3)
    assert models["student"].out.value.grad.isfinite().all()


def test_the_temperature_of_each_image_climbs_while_the_student_descends():
    models = {"teacher": Network(logits=T), "student": Network(logits=S)}
    plain = kdgraph.compile(
        "ctkd-instance", models=models, sample=X, set={"T": "1 + 20·sigmoid(θ[:, 0])"}
    )
    step = kdgraph.compile("ctkd-instance", models=models, sample=X)
    step.parts.load_state_dict(plain.parts.state_dict())
    slopes = []
    for one in (plain, step):
        one.clock(epoch=10, epochs=240)
        one(X, Y).terms["kd"].backward()
        slopes.append([p.grad for p in one.parts.parameters()])

    for down, up in zip(*slopes, strict=True):
        torch.testing.assert_close(up, -down, rtol=1e-9, atol=1e-15)
