"""The reverse of a divergence may be meant: a warning for `kl`, a mistake for `kd`."""

from __future__ import annotations

import pytest

from kdgraph.compiler import analyse, load
from tests.golden.networks import world

STUDENT, TEACHER = "softmax(student.logits)", "softmax(teacher.logits)"
OWN = """
define:
  plain(s, t): kl(softmax(s) ‖ softmax(t))
  derived(s, t): 2·kd(s ‖ t)
  kd2(s, t, T=4): T²·kl(softmax(s/T) ‖ softmax(t/T))
"""


def severities(loss: str) -> list[str]:
    found = analyse(load(f"loss: {loss}{OWN}"), world()).mistakes
    return [one.severity for one in found if one.code == "KD204"]


@pytest.mark.parametrize(
    "loss",
    [
        f"kl({STUDENT} ‖ {TEACHER})",
        f"kl(guess={TEACHER}, target={STUDENT})",
        f"reverse_kl({STUDENT} ‖ {TEACHER})",
        f"skew_kl({STUDENT} ‖ {TEACHER})",
        f"skew_reverse_kl({STUDENT} ‖ {TEACHER}, 0.3)",
        f"kl({STUDENT} ‖ softmax(detach(student.logits)))",
        "plain(student.logits, teacher.logits)",
        "kd2(student.logits, teacher.logits)",
    ],
)
def test_a_plain_divergence_is_warned_of(loss: str):
    assert severities(loss) == ["warning"]


@pytest.mark.parametrize(
    "loss",
    [
        "kd(student.logits ‖ teacher.logits)",
        "dkd(student.logits ‖ teacher.logits, y)",
        "derived(student.logits, teacher.logits)",
        "predictive_kl(student.logits, teacher.logits)",
    ],
)
def test_a_function_of_the_library_knows_its_sides(loss: str):
    assert set(severities(loss)) == {"error"}


@pytest.mark.parametrize(
    "loss",
    [
        f"kl({TEACHER} ‖ {STUDENT})",
        f"reverse_kl({TEACHER} ‖ {STUDENT})",
        f"jsd({STUDENT} ‖ {TEACHER})",
        f"jsd({TEACHER} ‖ {STUDENT}, β=0.1)",
        f"skew_kl({TEACHER} ‖ {STUDENT}, skew=0.1)",
    ],
)
def test_the_teachers_side_first_is_right(loss: str):
    assert not severities(loss)


def test_a_warning_hides_no_mistake_of_the_whole_graph():
    found = analyse(
        load(f"loss: kl({STUDENT} ‖ {TEACHER}) + mean(teacher.logits)"), world()
    ).mistakes

    assert {one.code for one in found} == {"KD204", "KD403"}
