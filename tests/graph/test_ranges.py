"""Numbers outside what a function requires: constants, sizes, schedules at their ends, --set."""

from __future__ import annotations

import pytest

from kdgraph.compiler import analyse, load
from kdgraph.graph.vocabulary import library
from tests.golden.networks import world

SIDES = "teacher.logits ‖ student.logits"
OWN = """
define:
  own(t, s, T=4):
    value: T²·kl(softmax(t/T) ‖ softmax(s/T))
    require: [T > 0, 100 > T]
"""


def codes(loss: str, more: str = "", values: dict[str, object] | None = None) -> list[str]:
    recipe = load(f"loss: {loss}\n{more}", values)
    return [one.code for one in analyse(recipe, world()).mistakes]


@pytest.mark.parametrize(
    "call",
    ["kd({}, T={})", "soft_ce({}, T={})", "dist({}, T={})", "dkd({}, y, T={})", "nckd({}, y, T={})",
     "tckd({}, y, T={})"],
)  # fmt: skip
@pytest.mark.parametrize("temperature", ["-4", "0", "2 - 2", "min(1, -1)"])
def test_a_temperature_is_above_zero(call: str, temperature: str):
    assert set(codes(call.format(SIDES, temperature))) == {"KD231"}
    assert codes(call.format(SIDES, "4")) == []


@pytest.mark.parametrize(
    "schedule", ["ramp(4, -4)", "ramp(-1, 4)", "anneal(4, 0)", "steps(4, 0, at=10)", "learn(-4)",
                 "ramp(0, 0)", "where(epoch > 3, -1, 4)", "5 - epoch"],
)  # fmt: skip
def test_a_schedule_is_compared_at_its_ends(schedule: str):
    assert codes(f"kd({SIDES}, T={schedule})") == ["KD231"]
    assert set(codes("kl(softmax(teacher.logits/T) ‖ softmax(student.logits/T))",
                     f"where: {{T: '{schedule}'}}")) == {"KD232"}  # fmt: skip


@pytest.mark.parametrize(
    "temperature",
    ["ramp(1, 4)", "anneal(0.5, 4)", "1 + 20·sigmoid(reverse(learn(0), ramp(0, 1)))", "learn(4)",
     "ramp(0, 4)", "norm(student.logits)", "step + 1", "epochs"],
)  # fmt: skip
def test_what_is_in_range_or_not_known_is_taken(temperature: str):
    assert codes(f"kd({SIDES}, T={temperature})") == []


@pytest.mark.parametrize(
    ("loss", "wrong"),
    [
        ("own(teacher.logits, student.logits)", []),
        ("own(teacher.logits, student.logits, T=-1)", ["KD231"]),
        ("own(teacher.logits, student.logits, T=100)", ["KD231"]),
        ("own(teacher.logits, student.logits, T=columns(student.logits))", []),
        ("own(teacher.logits, student.logits, T=columns(student.logits) - classes)", ["KD231"]),
    ],
)
def test_a_function_of_ones_own_says_what_it_requires(loss: str, wrong: list[str]):
    assert codes(loss, OWN) == wrong


def test_values_of_the_command_line_are_compared():
    more = f"where: {{T: 4, soft: 'kd({SIDES}, T=T)'}}"

    assert codes("soft", more) == []
    assert codes("soft", more, {"T": -4}) == ["KD231"]


@pytest.mark.parametrize(
    "loss",
    [
        "kl(virtual(y, a=1.5) ‖ softmax(student.logits))",
        "kl(virtual(y, a=-0.1) ‖ softmax(student.logits))",
        "mean(leaky(student.logits, slope=2))",
        "mse(standardise(student.logits, ε=-1), teacher.logits)",
        "mean(standardise(linear(student.features, 1)))",
        "pkt(teacher.features, student.features, ε=-1)",
        "mean(pearson(teacher.logits, student.logits, ε=-1))",
        "vid(teacher.maps[0], student.maps[0], v=0)",
        "info_nce(student.logits, T=0)",
        "nce(student.logits, T=-0.1)",
        "warm(0)·mean(student.logits)",
        "mean(clamp(student.logits, low=1, high=0))",
        "mean(reverse(student.logits, -1))",
        "mean(reverse(student.logits, ramp(0, -1)))",
        "ramp(0, 1, over=0)·mean(student.logits)",
        "anneal(0, 1, over=-3)·mean(student.logits)",
    ],
)
def test_every_number_of_the_library_and_of_words_has_its_range(loss: str):
    assert codes(loss) == ["KD231"]


@pytest.mark.parametrize(
    "loss",
    ["clamp(student.logits, low=1)", "clamp(student.logits, low=1, high=1)",
     "reverse(student.logits, 0.5)", "reverse(student.logits, ramp(0, 1))",
     "reverse(student.logits, norm(teacher.logits)[0])"],
)  # fmt: skip
def test_numbers_of_words_that_are_in_range_are_taken(loss: str):
    assert codes(f"mean({loss})") == []


def test_a_minus_before_logits_is_meant():
    assert codes("mean(softmax(-student.logits/4)) + mean(softmax(-2·student.logits))") == []


def test_every_temperature_of_the_library_is_required_to_be_above_zero():
    warm = [one for one in library().values() if any(slot.name == "T" for slot in one.slots)]
    passed_on = {"nckd", "dkd", "dist", "crd"}

    assert {one.name for one in warm if not one.require} == passed_on
