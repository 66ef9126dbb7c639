"""Spare models of a setting: there for recipes that name them, for no others."""

from __future__ import annotations

import pytest

from kdgraph.experiment import examine
from kdgraph.lang.errors.weights import RandomTeacher
from tests.end_to_end.command import SETTING

SPARE = SETTING.replace(
    "  student: convnet8\n", "  student: convnet8\n  more: {name: convnet12, spare: true}\n"
)
SUP = "cross_entropy(student.logits, y)"
USES = {
    "a tap": f"loss: {SUP} + kd(more.logits ‖ student.logits)",
    "a chain": "chain: [more, student]\n"
    "stages: [{for: 'm in chain[1:]', trains: [m], loss: 'kd(before(m)[0].logits ‖ m.logits)'}]",
    "a function": f"loss: {SUP} + f(student)\ndefine: {{f(m): kd(more.logits ‖ m.logits)}}",
    "a metric": f"loss: {SUP}\nmetrics: {{m: 'agreement(more.logits, student.logits)'}}",
    "a stage": "stages: [{name: one, trains: [more], loss: 'cross_entropy(more.logits, y)'},"
    f" {{name: two, loss: '{SUP}'}}]",
}


def examined(folder, text, **values):
    recipe, setting = folder / "mine.kd", folder / "mine.yaml"
    recipe.write_text(text + "\n")
    setting.write_text(SPARE)
    return examine(str(recipe), str(setting), values)


@pytest.mark.parametrize("use", USES)
def test_a_recipe_that_names_it_has_it(use, tmp_path):
    found = examined(tmp_path, USES[use])

    assert {one.code for one in found.analysis.mistakes} <= {RandomTeacher.code}  # as it is
    assert "more" in found.setting.models


@pytest.mark.parametrize(
    "text",
    [
        "loss: cross_entropy(student.logits, y)",
        "loss: cross_entropy(student.logits, y) + more·mean(student.logits²)\nwhere: {more: 0.5}",
        "loss: cross_entropy(student.logits, y) + Σ(t in teachers) kd(t.logits ‖ student.logits)",
    ],
    ids=["not at all", "a name of its own", "teachers"],
)
def test_for_all_others_it_is_not_there(text, tmp_path):
    found = examined(tmp_path, text)

    assert found.analysis.mistakes == ()
    assert list(found.setting.models) == list(found.world.networks) == ["teacher", "student"]


def test_teachers_leave_it_out_where_it_is_named(tmp_path):
    found = examined(
        tmp_path,
        "loss: cross_entropy(student.logits, y) + kd(more.logits ‖ student.logits) + rest\n"
        "where: {rest: Σ(t in teachers) kd(t.logits ‖ student.logits)}",
    )

    assert found.world.teachers == ("teacher",)
    assert set(found.world.networks) == {"teacher", "more", "student"}


def test_to_set_one_that_the_recipe_does_not_name_is_a_mistake(tmp_path):
    found = examined(tmp_path, USES["a tap"].split(" + ")[0], **{"models.more": "convnet16"})

    (mistake,) = found.errors
    assert "models.more" in str(mistake)
