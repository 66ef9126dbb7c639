"""Words and views of a plugin are part of what checkpoints, runs and kept teachers are known by."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from kdgraph.cli.plugins import load_plugins
from kdgraph.compare.identity import identity
from kdgraph.compiler import load
from kdgraph.experiment import examine
from kdgraph.registry import REGISTRY
from kdgraph.train import code
from kdgraph.train.cast import Cast, cast
from kdgraph.train.identity import facts_of
from kdgraph.train.lesson import teachers_lesson

CPU = torch.device("cpu")
PLUGIN = '''
from torch import Tensor
from kdgraph.primitive import primitive
from kdgraph.sorts import Image, Scalar, Values
from kdgraph.views.view import view


@primitive
def warp(v: Values[Tensor, "b d"]) -> Scalar:
    """A word."""
    return {value}*v.mean()


@view
def shade(image: Image[Tensor, "b c h w"]) -> Image[Tensor, "b c h w"]:
    """A view."""
    return image//2
'''
RECIPE = """
loss: kd(teacher.logits ‖ student.logits) + warp(student.features)
"""
SMALL = {
    "data.name": "synthetic", "data.size": "8", "data.channels": "1", "data.limit": "40",
    "data.test_limit": "8", "data.augment": "shade(image)", "models.teacher": "convnet16",
}  # fmt: skip


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[Path]:
    """A file with a word and a view, which the vocabulary has while the test runs."""
    file = tmp_path / "warped.py"
    file.write_text(PLUGIN.replace("{value}", "1"))
    load_plugins([file])
    code._text.cache_clear()
    yield file
    code._text.cache_clear()
    for name in ("warp", "shade"):
        REGISTRY._added.pop(name)


def made(recipe: str = RECIPE, **values: str) -> Cast:
    return cast(examine(load(recipe), "digits", SMALL | values), seed=0)


def facts(one: Cast) -> dict[str, str]:
    experiment = one.experiment
    stage, built = experiment.analysis.stages[0]
    training = experiment.training(stage)
    return facts_of(
        experiment, one.networks, one.normalisations, one.split, training, CPU, built.graph
    )


def taught(one: Cast) -> dict[str, object]:
    network, spec = one.networks["teacher"], one.experiment.setting.models["teacher"]
    lesson = teachers_lesson(one.experiment, SMALL, "teacher", network, one.split)
    return lesson.facts("teacher", spec, 0, CPU)


def test_an_edited_plugin_is_another_word_and_another_view(plugin: Path) -> None:
    run = made()
    before, key = facts(run), identity(run, SMALL, 0, CPU).key
    lesson = taught(run)
    plugin.write_text(PLUGIN.replace("{value}", "2"))
    code._text.cache_clear()
    after = facts(run)

    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"code of the word `warp`", "code of the word `shade`"}
    assert identity(run, SMALL, 0, CPU).key != key
    assert {name for name, one in taught(run).items() if lesson[name] != one} == {
        "code of the word `shade`"  # a teacher knows the views, and not the loss
    }


def test_only_words_that_are_used_count_and_none_of_kdgraphs_own(plugin: Path) -> None:
    del plugin
    words = {
        name
        for name in facts(made("kd", **{"data.augment": "image"}))
        if name.startswith("code of the word")
    }

    assert not words
