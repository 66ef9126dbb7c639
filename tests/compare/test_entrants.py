from __future__ import annotations

import pytest

from kdgraph.compare.entrants import ALONE, entrants
from kdgraph.lang.diagnostics import RecipeError


def names(found):
    return [one.name for one in found]


def test_the_student_alone_comes_first_and_once():
    assert names(entrants(["kd", "icd"], None, {}, alone=True)) == [ALONE, "kd", "icd"]
    assert names(entrants(["kd", "ce"], None, {}, alone=True)) == ["kd", ALONE]
    assert names(entrants(["kd", "kd"], None, {}, alone=False)) == ["kd"]


def test_a_value_goes_to_the_recipes_that_know_its_name():
    alone, kd, icd = entrants(["kd", "icd"], None, {"T": "2", "train.epochs": "3"}, alone=True)

    assert alone.values == {"train.epochs": "3"}
    assert kd.values == {"T": "2", "train.epochs": "3"}
    assert (icd.values, icd.strange) == ({"train.epochs": "3"}, {"T"})


def test_a_name_that_nobody_knows_is_a_mistake():
    with pytest.raises(RecipeError) as caught:
        entrants(["kd", "icd"], None, {"T": "2", "Q": "3", "trian.lr": "1"}, alone=True)

    said = [one.headline for one in caught.value.diagnostics]
    assert [one.split("`")[1] for one in said] == ["--set Q=3", "--set trian.lr=1"]


def test_a_mistake_of_the_setting_is_told_once():
    with pytest.raises(RecipeError) as caught:
        entrants(["kd", "icd"], None, {"train.epochs": "many"}, alone=True)

    assert len(caught.value.diagnostics) == 1


def test_two_recipes_of_one_name_are_called_by_their_places(tmp_path):
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "mine.kd").write_text("loss: cross_entropy(student.logits, y)\n")
    paths = [str(tmp_path / place / "mine.kd") for place in ("a", "b")]

    assert names(entrants(paths, None, {}, alone=False)) == paths
