"""ICD equals the numbers of the released code, gradients included, through the compiled recipe."""

from __future__ import annotations

import pytest
import torch

import kdgraph
from tests.oracles.stub import Stub, close, fill

F_S, F_T = fill((3, 4), 5, 3, 4.0), fill((3, 5), 3, 1, 4.0)
W_S, B_S = fill((4, 4), 7, 2, 8.0), fill((4,), 3, 5, 8.0)
W_T, B_T = fill((4, 5), 11, 4, 8.0), fill((4,), 5, 1, 8.0)
X = torch.zeros(3, 1, 2, 2, dtype=torch.float64)
Y = torch.tensor([2, 0, 3])
NARROW = {
    "s": "normalize(linear(student.features, 4))",
    "t": "normalize(linear(teacher.features, 4))",
}


def compiled(theta=1.0, **values):
    logits = torch.zeros(3, 4, dtype=torch.float64)
    student, teacher = Stub(F_S.clone(), logits.clone()), Stub(F_T.clone(), logits)
    step = kdgraph.compile(
        "icd-alone",
        models={"teacher": teacher, "student": student},
        sample=X,
        set={**NARROW, **values},
    )
    with torch.no_grad():
        parts = step.parts
        parts.s.linear.weight.copy_(W_S)
        parts.s.linear.bias.copy_(B_S)
        parts.t.linear.weight.copy_(W_T)
        parts.t.linear.bias.copy_(B_T)
        parts.θ.value.fill_(theta)
        parts.b.value.fill_(0.25)
    return step, student


def icd(out):
    return sum(out.weights[name] * out.terms[name] for name in ("contrast", "kl_inv"))


def test_contrast_and_invariance():
    out = compiled()[0](X, Y)

    assert close(out.terms["contrast"], 1.287274547292)
    assert close(out.terms["kl_inv"], 0.331762551795)
    assert close(icd(out), 1.453155823189)


def test_gradients_reach_both_heads_the_scale_and_the_student():
    step, student = compiled()
    icd(step(X, Y)).backward()
    parts = step.parts

    assert close(parts.θ.value.grad, 0.603777641448)
    assert close(parts.b.value.grad, 0.0)
    assert close(parts.s.linear.weight.grad[0, 0], 0.133231436607)
    assert close(parts.t.linear.weight.grad[0, 0], 0.947557905767)
    assert close(student.features.grad.norm(), 0.191451287655)
    assert close(parts.s.linear.weight.grad.norm(), 0.687222186230)
    assert close(parts.t.linear.weight.grad.norm(), 2.507448258832)


def test_the_scale_is_capped_at_ten_and_then_has_no_gradient():
    step, _ = compiled(theta=3.0)
    loss = icd(step(X, Y))
    loss.backward()

    assert close(loss, 3.267862320450)
    assert step.parts.θ.value.grad.item() == 0.0


def test_contrast_alone():
    step, _ = compiled(α=0)
    out = step(X, Y)
    out.terms["contrast"].backward()

    assert "kl_inv" not in out.terms
    assert close(step.parts.θ.value.grad, 0.346151392085)
    assert close(step.parts.s.linear.weight.grad[0, 0], 0.145262386712)
    assert close(step.parts.t.linear.weight.grad[0, 0], 0.706947832383)


def test_a_detached_target_is_another_method_with_the_same_value():
    step, _ = compiled(kl_inv="kl(detach(softmax(Sᵀ)) ‖ softmax(S))")
    loss = icd(step(X, Y))
    loss.backward()

    assert close(loss, 1.453155823189)
    assert close(step.parts.θ.value.grad, 0.412164363349)


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("kl(softmax(S) ‖ softmax(Sᵀ))", 0.422247221703),
        ("kl(softmax(Sᵀ) ‖ softmax(S), reduce=elements)", 0.110587517265),
    ],
)
def test_variants_give_the_known_other_numbers(term, expected):
    assert close(compiled(kl_inv=term)[0](X, Y).terms["kl_inv"], expected)


def test_kd_joins_with_weight_one():
    out = compiled(λ=1)[0](X, Y)

    assert set(out.terms) == {"sup", "kd", "contrast", "kl_inv"}
    assert out.weights["kd"].item() == 1.0


def test_read_word_for_word_the_invariance_compares_what_each_network_says_by_itself():
    # the numbers of softened KL at T = 1 on the same logits
    student = Stub(F_S.clone(), fill((3, 4), 5, 3, 2.0))
    teacher = Stub(F_T.clone(), fill((3, 4), 7, 1, 2.0))
    models = {"teacher": teacher, "student": student}
    out = kdgraph.compile("icd-literal", models=models, sample=X, set=NARROW)(X, Y)

    assert close(out.terms["kl_inv"], 1.856689346592)
    assert close(out.terms["kd"], 3.309688758813)
    assert out.weights["kl_inv"].item() == 0.5
