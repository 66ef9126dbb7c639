"""`--set name=value`: other values for names of a recipe."""

from __future__ import annotations

import pytest

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.override import overridden
from kdgraph.lang.read import read_recipe
from kdgraph.lang.source import Source
from kdgraph.lang.write import write

RECIPE = read_recipe(
    Source(
        "mine.kd",
        "loss: sup + λ·kd\n"
        "views: {x: flip(image)}\n"
        "modules: {head: mlp(10)}\n"
        "condense: {keep: 0.7}\n"
        "metrics: {top: accuracy(student.logits‖y)}\n"
        "where: {sup: 1, kd: 2, λ: 0.5}\n".replace("student.logits‖y", "student.logits ‖ y"),
    )
)


@pytest.mark.parametrize(
    ("name", "value", "section"),
    [
        ("λ", "0.9", "where"),
        ("lambda", "0.9", "where"),
        ("x", "crop(image)", "views"),
        ("head", "mlp(20)", "modules"),
        ("condense.keep", "0.5", "condense"),
        ("metrics.new", "1", "metrics"),
    ],
)
def test_a_name_takes_another_value(name, value, section):
    made = overridden(RECIPE, {name: value})
    key = {"lambda": "λ"}.get(name, name.rpartition(".")[2])

    assert write(getattr(made, section)[key].tree) == value
    assert made != RECIPE


def test_the_loss_may_be_set_and_numbers_need_no_quotes():
    made = overridden(RECIPE, {"loss": "kd", "λ": 2})

    assert made.loss is not None
    assert write(made.loss) == "kd"
    assert write(made.where["λ"].tree) == "2"


def test_every_mistake_of_the_command_line_is_said_and_pointed_at():
    with pytest.raises(RecipeError) as caught:
        overridden(RECIPE, {"lamda": "1", "kd": "2 +", "sup": "(1"})
    text = str(caught.value)

    assert [one.code for one in caught.value.diagnostics] == ["KD324", "KD102", "KD104"]
    assert "did you mean `λ`" in text
    assert "1 | --set kd=2 +" in text
    assert "  |            ^" in text
