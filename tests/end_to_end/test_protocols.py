"""What a protocol says of single parts, stages and precision, through whole runs."""

from __future__ import annotations

import json
import shutil

import pytest
from safetensors.torch import load_file

from tests.end_to_end.command import STEPS, tiny

STAGES = """\
modules:
  head: mlp(width, 16)
where:
  sup:  cross_entropy(student.logits, y)
  rel:  mse(linear(student.features, 16), detach(head(teacher.features)))
  warm: cross_entropy(linear(head(teacher.features), classes), y)
  near: cross_entropy(linear(student.features, classes), y)
metrics:
  agree: agreement(teacher.logits, student.logits)
  error: 1 - accuracy(student.logits, y)
stages:
  - {name: head, trains: [head, warm, near], loss: warm + near, epochs: epochs/2}
  - {name: student, trains: [student, rel], loss: sup + rel}
"""


@pytest.fixture
def run(here, tmp_path):
    """A run on the tiny setting; the journal of what it trained last, or its message."""

    def told(recipe: str, *values: str, more: tuple[object, ...] = ()) -> list[dict[str, object]]:
        path = tmp_path / "mine.kd"
        path.write_text(recipe)
        sets = [word for value in values for word in ("--set", value)]
        code, _, err = here("run", path, "--on", tiny(tmp_path), "--quiet", *sets, *more)
        assert (code, err) == (0, "")
        folder = max((tmp_path / "runs").iterdir(), key=lambda one: one.stat().st_mtime)
        lines = (folder / "metrics.jsonl").read_text().splitlines()
        return [one for one in map(json.loads, lines) if one["event"] == "epoch"]

    return told


def test_stages_follow_one_another_and_metrics_are_measured_in_each(run, tmp_path):
    epochs = run(STAGES)

    assert [(one["stage"], one["epoch"]) for one in epochs] == [(1, 1), (2, 1), (2, 2)]
    assert [set(one["terms"]) for one in epochs] == [{"warm", "near"}] + 2 * [{"sup", "rel"}]
    assert "accuracy" not in epochs[0]["measures"]
    for one in epochs[1:]:
        measures = one["measures"]
        assert measures["error"] == pytest.approx(1 - measures["accuracy"], abs=1e-6)
        assert 0 <= measures["agree"] <= 1
    assert {one.name for one in (tmp_path / "runs/mine/checkpoints").iterdir()} == {"1", "2"}


def test_what_a_stage_does_not_train_is_as_the_stage_before_left_it(run, tmp_path):
    run(STAGES)
    checkpoints = tmp_path / "runs/mine/checkpoints"
    first, second = (
        load_file(max((checkpoints / stage).iterdir()) / "tensors.safetensors")
        for stage in ("1", "2")
    )
    heads = [key for key in first if ".head." in key and key.endswith("weight")]

    assert heads, sorted(first)
    for name in heads:
        assert first[name].equal(second[name]), name


def test_parts_of_a_recipe_may_have_rates_of_their_own_though_the_baseline_lacks_them(run):
    # θ and s are trained by the recipe, neither by the teacher's nor by the student's own lesson
    protocol = "train: {groups: {θ: {lr: 0}, s: {weight_decay: 0}, student.fc: {lr: 0.2}}}\n"
    epochs = run("extends: icd\n" + protocol)

    assert len(epochs) == 2


def test_each_stage_takes_the_rates_of_its_own_parts(run):
    assert len(run(STAGES, "train.groups.head.lr=0.1", "train.groups.student.lr=0.1")) == 3


def test_a_part_with_rate_zero_stays_where_it_began(run, tmp_path):
    run("extends: icd\n", "train.groups.θ.lr=0", "train.groups.student.lr=0")
    saved = load_file(max((tmp_path / "runs/mine/checkpoints/1").iterdir()) / "tensors.safetensors")
    scalar = next(
        value for name, value in saved.items() if name.startswith("step/") and "θ" in name
    )

    assert scalar.item() == 1.0


def test_the_best_epoch_may_be_kept_in_place_of_the_last(run, tmp_path):
    epochs = run("extends: kd\n", "train.select=best", "train.epochs=4", "train.lr=0.5")
    best = max(epochs, key=lambda one: (one["measures"]["accuracy"], -one["epoch"]))
    kept = load_file(tmp_path / "runs/mine/student.safetensors")
    run("extends: kd\n", "train.epochs=4", "train.lr=0.5", more=("--out", "runs/last"))
    last = load_file(tmp_path / "runs/last/student.safetensors")

    same = all(kept[name].equal(last[name]) for name in kept)
    assert same == (best["epoch"] == 4)


def test_an_epoch_may_be_in_parts_without_another_loss(run):
    # no batch norm sees the difference in the first step; it is the mean of two halves
    whole = run("extends: kd\n", "train.batch=88", "train.lr=0")
    parts = run("extends: kd\n", "train.batch=88", "train.lr=0", "train.accumulate=2")

    assert parts[0]["total"] == pytest.approx(whole[0]["total"], rel=0.05)
    assert [one["step"] for one in parts] == [1, 2]


@pytest.mark.parametrize(
    ("value", "steps"),
    [
        ("train.precision=bf16", STEPS),
        ("train.optimizer=adamw", STEPS),
        ("train.schedule=cosine", STEPS),
        ("train.schedule=steps", STEPS),
        ("train.batch=7", 13),
        ("train.clip=0.1", STEPS),
        ("train.eval_batch=3", STEPS),
        ("data.fraction=0.5", 6),
        ("data.label_noise=0.25", STEPS),
    ],
)
def test_it_runs_with(run, value, steps):
    epochs = run("extends: icd\n", value, more=("--no-alone",))

    assert [one["step"] for one in epochs] == [steps, 2 * steps]


def test_a_run_of_stages_goes_on_in_the_stage_it_had_come_to(run, here, tmp_path):
    # what a kill in the second stage leaves: its first epoch, and neither student nor result
    run(STAGES)
    folder = tmp_path / "runs/mine"
    journal = (folder / "metrics.jsonl").read_text()
    whole = load_file(folder / "student.safetensors")
    for name in ("result.json", "student.safetensors"):
        (folder / name).unlink()
    shutil.rmtree(max((folder / "checkpoints/2").iterdir()))

    words = ("run", tmp_path / "mine.kd", "--on", tmp_path / "tiny.yaml", "--resume")
    code, out, err = here(*words)

    assert (code, err) == (0, "")
    assert "head 1/1" not in out
    assert "alone 2/2" not in out
    assert f"student: goes on after step {STEPS}" in out
    assert "student 1/2" not in out
    again = load_file(folder / "student.safetensors")
    assert all(again[name].equal(whole[name]) for name in whole)
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    assert [timeless(line) for line in lines] == [timeless(line) for line in journal.splitlines()]


def timeless(line: str) -> dict[str, object]:
    measured = {"seconds", "images_per_second"}
    return {key: value for key, value in json.loads(line).items() if key not in measured}
