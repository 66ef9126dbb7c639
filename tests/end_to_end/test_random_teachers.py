"""A frozen model with random weights whose values reach a loss: a warning, and a word in tables."""

from __future__ import annotations

import json

import pytest

import kdgraph
from tests.end_to_end.command import SETTING, tiny

RANDOM = {"models.teacher.weights": "random"}
KD = "cross_entropy(student.logits, y) + kd(teacher.logits ‖ student.logits)"
STAGES = """\
stages:
  - {{name: first, {first}}}
  - {{name: student, trains: [student], loss: "{loss}"}}
"""


def warned(recipe, values=RANDOM, setting="digits"):
    found = kdgraph.check(recipe, setting, values)
    assert [one for one in found if one.severity == "error"] == []
    return [one.headline for one in found if one.code == "KD665"]


@pytest.mark.parametrize(
    "loss",
    [
        KD,
        "cross_entropy(student.logits, y) + mse(teacher.maps[1] ‖ conv(student.maps[1], 64))",
        "cross_entropy(student.logits, y) + mse(detach(teacher.features) ‖ linear(student.features, 128))",  # noqa: E501 - a recipe
        "cross_entropy(teacher.fc(linear(student.features, 128)), y)",
    ],
    ids=["logits", "maps", "features", "a module of its"],
)
def test_whatever_of_it_a_loss_looks_at(loss):
    assert warned(f"loss: {loss}\n") == [
        "warning[KD665]: the weights of `teacher` are random, and the loss learns from it"
    ]


@pytest.mark.parametrize("network", ["convnet16", "torchvision:resnet18", "timm:resnet18"])
def test_whichever_network_it_is_and_whether_said_or_not(network, tmp_path):
    told = SETTING.replace("{name: convnet16, weights: train, train: {epochs: 2}}", f'"{network}"')
    setting = str(tiny(tmp_path, told))

    assert len(warned(f"loss: {KD}\n", {}, setting)) == 1
    assert len(warned(f"loss: {KD}\n", RANDOM, setting)) == 1
    assert warned(f"loss: {KD}\n", {"models.teacher.weights": "train"}, setting) == []


def test_whatever_it_is_called():
    values = {"models.guru": "convnet16"}
    loss = "cross_entropy(student.logits, y) + kd(guru.logits ‖ student.logits)"

    assert warned(f"loss: {loss}\n", values) == [
        "warning[KD665]: the weights of `guru` are random, and the loss learns from it"
    ]


@pytest.mark.parametrize(
    "recipe",
    [
        "loss: cross_entropy(student.logits, y)\n",
        f"loss: {KD.replace('kd(', '0·kd(')}\n",
        (
            "loss: cross_entropy(student.logits, y)\n"
            'metrics: {m: "mean(kl(softmax(teacher.logits) ‖ softmax(student.logits)))"}\n'
        ),
        STAGES.format(first='trains: [teacher], loss: "cross_entropy(teacher.logits, y)"', loss=KD),
        (
            "stages: [{name: both, trains: [student, teacher], loss: "
            '"cross_entropy(student.logits, y) + cross_entropy(teacher.logits, y)"}]\n'
        ),
        "ema",
    ],
    ids=["nobody looks", "weight 0", "a metric", "an earlier stage", "this stage", "an average"],
)
def test_none_where_no_loss_looks_or_a_stage_trains_it(recipe):
    assert warned(recipe) == []


def test_a_stage_that_looks_before_it_is_trained_is_named():
    first = 'trains: [h], loss: "cross_entropy(h(teacher.features), y)"'
    recipe = STAGES.format(first=first, loss=KD) + "modules: {h: linear(classes)}\n"

    assert warned(recipe) == [
        "warning[KD665]: the weights of `teacher` are random, and stage `first` learns from it"
    ]


def test_a_table_of_a_stage_counts():
    recipe = STAGES.format(
        first="compute: teacher.features",
        loss="cross_entropy(student.logits, y) + mse(first[i] ‖ linear(student.features, 128))",
    )

    assert len(warned(recipe)) == 1


def test_a_run_warns_and_its_table_says_so(here, tmp_path):
    words = ("--on", tiny(tmp_path), "--set", "models.teacher.weights=random", "--no-alone")
    code, out, _ = here("run", "kd", *words)

    assert code == 0
    assert "warning[KD665]: the weights of `teacher` are random" in out
    assert "convnet16, random weights" in out
    assert "| teacher | convnet16, random weights |" in (tmp_path / "runs/kd/result.md").read_text()
    rows = json.loads((tmp_path / "runs/kd/result.json").read_text())["table"]
    assert [(one["name"], one["weights"]) for one in rows] == [
        ("teacher", "random"),
        ("student distilled", ""),
    ]


def test_a_comparison_says_so_too(here, tmp_path):
    words = ("--on", tiny(tmp_path), "--set", "models.teacher.weights=random", "--jobs", "1")
    code, out, _ = here("compare", "kd", *words, "--no-alone")

    assert code == 0
    assert "warning[KD665]" in out
    assert "teacher, random weights" in out
