"""SSKD equals the numbers of the released code, gradients included, through the compiled recipe.

Four images, four rows each (upright and three turns), in the order of the code: row 4·i + v.
The networks give the rows back in the order of the recipe's one forward: all upright ones, then
the turned ones. The heads are made the identity, so that features are what a head would give.
"""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

import kdgraph
from tests.oracles.sskd_rows import (
    STUDENT_LOGITS,
    STUDENT_Z,
    TEACHER_LOGITS,
    TEACHER_Z,
)
from tests.oracles.stub import Stub, close

Y = torch.tensor([0, 3, 1, 4])
UPRIGHT = torch.arange(16) % 4 == 0
VIEWS = {
    "x": torch.zeros(4, 1, 2, 2, dtype=torch.float64),
    "rot": torch.zeros(12, 1, 2, 2, dtype=torch.float64),
}
TF = (
    "kd(teacher(rot).logits ‖ student(rot).logits, T=4,"
    " rows=keep(teacher(rot).logits, y[origin(rot)], {}))"
)
SS = "kd(A_t ‖ A_s, T=0.5, rows=keep(A_t, origin(rot), {}))"


def joint(rows: list[list[float]]) -> Tensor:
    """Rows of the oracle in the order of the forward."""
    made = torch.tensor(rows, dtype=torch.float64)
    return torch.cat((made[UPRIGHT], made[~UPRIGHT]))


def told(found: Tensor) -> Tensor:
    """Rows of the forward in the order of the oracle."""
    made = torch.empty_like(found)
    made[UPRIGHT], made[~UPRIGHT] = found[:4], found[4:]
    return made


def compiled(stage="student", recipe="sskd", **values):
    student = Stub(joint(STUDENT_Z), joint(STUDENT_LOGITS))
    teacher = Stub(joint(TEACHER_Z), joint(TEACHER_LOGITS))
    step = kdgraph.compile(
        recipe,
        models={"teacher": teacher, "student": student},
        sample=VIEWS["x"],
        set={"head_t": "linear(width)", "head_s": "linear(width)", **values},
        stage=stage,
    )
    with torch.no_grad():
        for head in step.parts.children():
            head.weight.copy_(torch.eye(4))
            head.bias.zero_()
    return step, student, teacher


def with_ratios(tf: float, ss: float, **values):
    return compiled(tf=TF.format(tf), ss=SS.format(ss), **values)


def test_the_head_of_the_teacher():
    step, student, teacher = compiled("teacher head")
    out = step(VIEWS, Y)

    assert close(out.total, 1.1209627895452463)
    assert {name for _, name, _ in step.trained()} == {"head_t.weight", "head_t.bias"}
    out.total.backward()
    assert all(one.grad is None for one in (*teacher.parameters(), *student.parameters()))
    assert step.parts.head_t.weight.grad.norm() > 0


def test_the_gradient_that_the_head_of_the_teacher_is_trained_with():
    # what arrives at the head's output, read off a student of the same numbers
    student = Stub(joint(TEACHER_Z), joint(TEACHER_LOGITS))
    step = kdgraph.compile(
        "loss: cross_entropy(cosine(student(rot).features, student.features), origin(rot))\n"
        "views: {x: image, rot: 'rotate(image, 90, 180, 270)'}\n",
        models={"student": student},
        sample=VIEWS["x"],
    )
    out = step(VIEWS, Y)
    out.total.backward()

    assert close(out.total, 1.1209627895452463)
    assert close(student.features.grad.norm(), 0.7591546021715975)


def test_the_head_with_a_temperature_of_one_half():
    step, _, _ = compiled("student", ss="cross_entropy(A_t/0.5, origin(rot)) + 0·sum(A_s)")

    assert close(step(VIEWS, Y).terms["ss"], 1.0232203069432582)


ROWS = {
    (1.0, 0.75): (1.0159911075385732, 0.11282245032137994, 5.7071204297353155),
    (0.5, 0.75): (1.1949413655196357, 0.11282245032137994, 6.1902861262841835),
    (1.0, 1.0): (1.0159911075385732, 0.097235286424684, 5.551248790768357),
    (0.0, 0.0): (1.7525482020634628, 0.14594429432757275, 8.027043025014445),
}
GRADIENTS = {
    (1.0, 0.75): (0.7031182415080576, 1.0785758944820687),
    (0.5, 0.75): (0.8411328704942734, 1.0785758944820687),
    (1.0, 1.0): (0.7031182415080576, 0.9045957899042651),
    (0.0, 0.0): (1.2782484115034094, 1.4425394956440754),
}
UPRIGHT_ROW = {
    (1.0, 0.75): [
        0.00025822891152622244, -0.015381141881389518, 0.0426672266741133, 0.10017474594907978,
    ],
    (1.0, 1.0): [
        0.028340825922833903, -0.027695404805183774, 0.032470871506278136, 0.1011208472742966,
    ],
    (0.0, 0.0): [
        0.05891493351383616, -0.014743898315158054, -0.006276462554871017, 0.013880927988708774,
    ],
}  # fmt: skip
KEPT = {
    (1.0, 0.75): (range(12), (1, 2, *range(4, 12))),
    (0.5, 0.75): ((1, 2, 4, 5, 7, 8, 9, 11), (1, 2, *range(4, 12))),
    (1.0, 1.0): (range(12), range(12)),
    (0.0, 0.0): ((2, 4, 9, 11), (1, 2, 4, 5, 8, 10, 11)),
}


def test_the_recipe_as_it_is_has_the_ratios_of_the_code():
    step, _, _ = compiled()

    assert close(step(VIEWS, Y).total, 5.7071204297353155)


@pytest.mark.parametrize("ratios", ROWS)
def test_selective_transfer_gives_terms_and_total(ratios):
    out = with_ratios(*ratios)[0](VIEWS, Y)
    tf, ss, total = ROWS[ratios]

    assert close(out.terms["sup"], 0.42717755817003733)
    assert close(out.terms["kd"], 1.9922246448337382)
    assert close(out.terms["tf"], tf)
    assert close(out.terms["ss"], ss)
    assert close(out.total, total)


@pytest.mark.parametrize("ratios", ROWS)
def test_selective_transfer_gives_gradients_to_the_student_alone(ratios):
    step, student, teacher = with_ratios(*ratios)
    step(VIEWS, Y).total.backward()
    logits, features = GRADIENTS[ratios]

    assert close(student.bias.grad.norm(), logits)
    assert close(student.features.grad.norm(), features)
    if ratios in UPRIGHT_ROW:
        assert close(told(student.features.grad)[0], UPRIGHT_ROW[ratios])
    assert teacher.bias.grad is None
    assert teacher.features.grad is None
    assert all(one.grad is None for one in step.parts.head_t.parameters())


@pytest.mark.parametrize("ratios", ROWS)
def test_a_dropped_row_has_a_gradient_of_exactly_zero_and_a_kept_one_has_not(ratios):
    step, student, _ = with_ratios(*ratios, sup="0·cross_entropy(student.logits, y)")
    out = step(VIEWS, Y)
    (by_ss,) = torch.autograd.grad(out.terms["ss"], student.features, retain_graph=True)
    (by_tf,) = torch.autograd.grad(out.terms["tf"], student.bias)
    kept = [
        tuple(told(by).any(dim=1)[~UPRIGHT].nonzero().flatten().tolist()) for by in (by_tf, by_ss)
    ]

    assert kept == [tuple(rows) for rows in KEPT[ratios]]


def test_the_gradient_of_the_first_turned_row():
    step, student, _ = with_ratios(1.0, 1.0)
    step(VIEWS, Y).total.backward()

    expected = [
        0.0012925761892179262, -0.002170379071039806, -0.005636362295306075, 0.001492574463039157,
    ]  # fmt: skip
    assert close(told(student.features.grad)[1], expected)


THREE_COPIES = {"rot": "rotate(flipped, 90, 180, 270)"}


def test_the_equations_as_they_read():
    step, _, _ = compiled("student", "sskd-notes", **THREE_COPIES)
    out = step(VIEWS, Y)

    assert close(out.terms["ss"], 4.4064747665358635)
    assert close(out.terms["tf"], 291.3178031984348)
    assert {name: round(weight.item(), 9) for name, weight in out.weights.items()} == {
        "sup": 0.1, "kd": 0.9, "tf": 10.0, "ss": 2.7,
    }  # fmt: skip


def test_the_head_of_the_equations_is_a_sum_at_a_temperature():
    step, _, _ = compiled("teacher head", "sskd-notes", **THREE_COPIES)

    assert close(step(VIEWS, Y).total, 12 * 1.0232203069432582)


def test_less_the_teachers_own_entropy_a_row_is_the_divergence_of_the_code():
    summed = compiled("student", "sskd-notes", **THREE_COPIES)[0](VIEWS, Y).terms["ss"]
    mean = with_ratios(1.0, 1.0)[0](VIEWS, Y).terms["ss"]

    assert close((summed - 3.239651329439656) / 12, mean.item())


def test_the_paper_swaps_the_weights_of_the_code():
    step, _, _ = compiled("student", "sskd-paper", **THREE_COPIES)
    out = step(VIEWS, Y)

    assert close(out.terms["tf"], 1.0159911075385732)
    assert close(out.terms["ss"], 0.11282245032137994)
    expected = 0.1 * 0.42717755817003733 + 0.9 * 1.9922246448337382
    assert close(out.total, expected + 10 * 1.0159911075385732 + 2.7 * 0.11282245032137994)
