"""`mode:` in a run: a teacher's batch norm may move, and what it becomes is this run's alone."""

from __future__ import annotations

import json
import shutil

import pytest
from safetensors.torch import load_file

from tests.end_to_end.command import STEPS, tiny

RECIPE = """\
loss: cross_entropy(student.logits, y) + kd(teacher.logits ‖ student.logits, T=4)
stages: [{name: all, trains: [student], mode: MODE}]
"""
EPOCHS = 2
TAUGHT = EPOCHS * STEPS
"""how many steps the teacher has learned for before it teaches"""


@pytest.fixture
def run(here, tmp_path):
    """A run of the recipe in a mode; its folder."""

    def told(mode: str, name: str, *more: object, resume: bool = False):
        path = tmp_path / "mine.kd"
        path.write_text(RECIPE.replace("MODE", mode), encoding="utf-8")
        words = ("--on", tiny(tmp_path), "--quiet", "--no-alone", "--out", name, *more)
        code, _, err = here("run", path, *words, *(("--resume",) if resume else ()))
        assert (code, err) == (0, "")
        return tmp_path / name

    return told


def newest(folder):
    found = max((folder / "checkpoints" / "1").glob("[0-9]*"))
    return load_file(found / "tensors.safetensors")


def seen(tensors, model):
    """How many steps a model's batch norm has followed, as its buffers count them."""
    return {
        int(value)
        for name, value in tensors.items()
        if name.startswith(f"step/program.{model}.") and name.endswith("num_batches_tracked")
    }


def teacher_row(folder):
    table = json.loads((folder / "result.json").read_text())["table"]
    return next(one for one in table if one["name"] == "teacher")


def test_every_seed_begins_with_the_teacher_as_it_was_taught(run, cache):
    moved = run("{teacher: train}", "moved", "--seeds", "2")
    plain = run("{teacher: eval}", "plain")

    for seed in (0, 1):
        tensors = newest(moved / f"seed-{seed}")
        assert seen(tensors, "teacher") == {TAUGHT + TAUGHT}
        assert not any("teacher" in name and "weight" in name for name in tensors)
    assert seen(newest(plain), "teacher") == set()
    assert teacher_row(moved)["last"] == teacher_row(plain)["last"]
    kept = {
        int(value)
        for path in cache.glob("weights/*/weights.safetensors")
        for name, value in load_file(path).items()
        if name.endswith("num_batches_tracked")
    }
    assert TAUGHT in kept
    assert 2 * TAUGHT not in kept


def test_a_run_taken_up_again_has_the_very_buffers_of_one_that_was_not(run):
    # every step leaves a checkpoint and the last two are kept: the run goes on from the first
    folder = run("{teacher: train}", "whole", "--save-every", "0")
    whole, student = newest(folder), load_file(folder / "student.safetensors")
    last = max((folder / "checkpoints" / "1").glob("[0-9]*"))
    shutil.rmtree(last)
    (folder / "result.json").unlink()
    assert seen(newest(folder), "teacher") == {2 * TAUGHT - 1}

    run("{teacher: train}", "whole", "--save-every", "0", resume=True)

    again = newest(folder)
    assert seen(whole, "teacher") == {2 * TAUGHT}
    assert again.keys() == whole.keys()
    assert all(value.equal(again[name]) for name, value in whole.items())
    for name, value in load_file(folder / "student.safetensors").items():
        assert value.equal(student[name]), name


def test_a_student_in_eval_mode_learns_and_its_batch_norm_stays(run):
    still, moved = run("{student: eval}", "still"), run("{student: train}", "moved")

    assert seen(newest(still), "student") == {0}
    assert seen(newest(moved), "student") == {TAUGHT}
    one, other = (load_file(folder / "student.safetensors") for folder in (still, moved))
    assert not one["conv1.weight"].equal(other["conv1.weight"])
