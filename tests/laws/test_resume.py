"""A run that is killed and taken up again ends with the very bits of one that was not.

The real command in processes of its own, killed in the middle of an epoch, on the same number
of threads; `tests/train/test_resume.py` has the same law for the engine alone.
"""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.torch import load_file
from torch import Tensor

from tests.end_to_end.command import STEPS, finish, kdgraph, start, tiny

METHODS = ("kd", "icd", "fitnet", "sskd", "kcd", "crd", "bingo")
TIMES = {"seconds", "images_per_second"}
PATIENCE = 90.0


def words(recipe: str, folder: Path, *more: str) -> tuple[str, ...]:
    """The command: a checkpoint after every step, so that a kill falls between two of them."""
    setting = tiny(folder)
    fewer = ("--set", "K=16") if recipe.startswith("crd") else ()
    told = ("--on", str(setting), "--save-every", "0", "--out", recipe)
    return ("run", recipe, *told, *fewer, *more)


def stands(checkpoints: Path) -> dict[str, object]:
    """Where the newest checkpoint of a stage stands; nothing where there is none."""
    folders = sorted(checkpoints.glob("[0-9]*/manifest.json"))
    try:
        return json.loads(folders[-1].read_text())["place"] if folders else {}
    except (FileNotFoundError, json.JSONDecodeError):  # removed, or not there, this very moment
        return {}


def wait_for(process: subprocess.Popen[str], ready: Callable[[], bool]) -> None:
    began = time.monotonic()
    while not ready():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() - began < PATIENCE
        time.sleep(0.001)


def kill_after(
    steps: int, checkpoints: Path, *command: str, folder: Path, cache: Path,
    how: signal.Signals = signal.SIGKILL,
) -> tuple[int, str, str]:  # fmt: skip
    """Start the command and kill it when a stage has done so many steps."""
    process = start(*command, folder=folder, cache=cache)
    wait_for(process, lambda: int(str(stands(checkpoints).get("step", 0))) >= steps)
    process.send_signal(how)
    return finish(process)


def tensors(run: Path) -> dict[str, Tensor]:
    """Weights, modules and optimiser as the last checkpoints of a run have them."""
    found = {
        f"{path.parent.parent.relative_to(run)}/{name}": tensor
        for path in sorted(run.rglob("tensors.safetensors"))
        if path.parent == max(path.parent.parent.glob("[0-9]*"))
        for name, tensor in load_file(path).items()
    }
    student = load_file(run / "student.safetensors")
    return found | {f"student/{name}": tensor for name, tensor in student.items()}


def told(run: Path) -> list[dict[str, object]]:
    """The journal without what a clock decides."""
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(one).items() if k not in TIMES} for one in lines]


def accuracies(run: Path) -> list[object]:
    table = json.loads((run / "result.json").read_text())["table"]
    return [(one["name"], one["last"], one["best"]) for one in table]


def assert_the_same(one: Path, other: Path) -> None:
    left, right = tensors(one), tensors(other)
    assert left.keys() == right.keys()
    assert {name.split("/")[-1].split(".")[0] for name in left} > {"conv1"}
    for name, tensor in left.items():
        assert tensor.equal(right[name]), name
    assert told(one) == told(other)
    assert accuracies(one) == accuracies(other)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Runs that nothing stopped, at the same time, and the cache with their one teacher."""
    folder, cache = tmp_path_factory.mktemp("whole"), tmp_path_factory.mktemp("cache")
    runs = []
    for recipe in METHODS:
        alone = () if recipe == "kd" else ("--no-alone",)
        runs.append(start(*words(recipe, folder, *alone), folder=folder, cache=cache))
    said = [finish(run) for run in runs]
    assert [(code, err) for code, _, err in said] == [(0, "")] * len(METHODS)
    assert sum("teacher: convnet16, trained" in out for _, out, _ in said) == 1
    return folder, cache


@pytest.mark.parametrize("recipe", ["icd", "fitnet", "kcd", "crd", "bingo"])
def test_killed_in_the_middle_of_an_epoch_and_resumed_in_a_new_process(recipe, tmp_path, whole):
    # fitnet has batch norm in a module of the recipe, icd learned scalars; kcd has condensed
    # its training set before the kill, and does so again after it; crd has memory and draws,
    # bingo a table and images that are asked for by number
    folder, cache = whole
    command = words(recipe, tmp_path, "--no-alone")
    checkpoints = tmp_path / recipe / "checkpoints" / ("2" if recipe == "bingo" else "1")

    code, _, _ = kill_after(STEPS + 3, checkpoints, *command, folder=tmp_path, cache=cache)
    assert code == -signal.SIGKILL
    place = stands(checkpoints)
    assert place["epoch"] == 2
    assert 0 < int(str(place["batch"])) < STEPS
    assert not (tmp_path / recipe / "student.safetensors").exists()
    assert [one["kept"] for one in told(tmp_path / recipe) if one["event"] == "condense"] == (
        [84] if recipe == "kcd" else []
    )

    code, out, err = kdgraph(*command, "--resume", folder=tmp_path, cache=cache)
    assert (code, err) == (0, "")
    assert f"goes on after step {place['step']}" in out
    assert_the_same(tmp_path / recipe, folder / recipe)


def test_killed_while_the_student_is_alone_and_again_while_it_is_taught(tmp_path, whole):
    folder, cache = whole
    command = words("kd", tmp_path)
    run = tmp_path / "kd"

    first = kill_after(
        4, run / "alone" / "checkpoints" / "1", *command, folder=tmp_path, cache=cache
    )
    again = (*command, "--resume")
    second = kill_after(6, run / "checkpoints" / "1", *again, folder=tmp_path, cache=cache)
    assert first[0] == second[0] == -signal.SIGKILL
    assert not (run / "result.json").exists()

    code, _, err = kdgraph(*again, folder=tmp_path, cache=cache)
    assert (code, err) == (0, "")
    assert_the_same(run, folder / "kd")
    assert told(run / "alone") == told(folder / "kd" / "alone")


def test_killed_while_the_teacher_is_trained_it_goes_on_from_there(tmp_path, whole):
    folder, _ = whole
    cache = tmp_path / "cache"
    command = words("icd", tmp_path, "--no-alone")
    process = start(*command, folder=tmp_path, cache=cache)

    def trains() -> bool:
        found = list(cache.glob("weights/*.training/checkpoints/1"))
        return bool(found) and int(str(stands(found[0]).get("step", 0))) >= STEPS + 4

    wait_for(process, trains)
    process.kill()
    assert finish(process)[0] == -signal.SIGKILL
    assert not list(cache.glob("weights/*/weights.safetensors"))

    code, out, err = kdgraph(*command, "--resume", folder=tmp_path, cache=cache)
    assert (code, err) == (0, "")
    assert "teacher: goes on after step" in out
    assert_the_same(tmp_path / "icd", folder / "icd")


def test_killed_in_each_stage_of_sskd(tmp_path, whole):
    # the head of the teacher is trained where a teacher would be, and kept there
    folder, _ = whole
    cache = tmp_path / "cache"
    command = words("sskd", tmp_path, "--no-alone")
    again = (*command, "--resume")
    process = start(*command, folder=tmp_path, cache=cache)

    def trains_head() -> bool:
        names = {one.name for one in cache.glob("weights/*")}
        for one in names:  # what is trained while the teacher is there
            name, _, ending = one.partition(".")
            if ending == "training" and name not in names and any(n.isalnum() for n in names):
                place = stands(cache / "weights" / one / "checkpoints" / "1")
                return int(str(place.get("step", 0))) >= 3
        return False

    wait_for(process, trains_head)
    process.kill()
    assert finish(process)[0] == -signal.SIGKILL
    assert not (tmp_path / "sskd" / "checkpoints").exists()

    checkpoints = tmp_path / "sskd" / "checkpoints" / "2"
    code, out, _ = kill_after(5, checkpoints, *again, folder=tmp_path, cache=cache)
    assert code == -signal.SIGKILL
    assert "teacher head: goes on after step" in out

    code, out, err = kdgraph(*again, folder=tmp_path, cache=cache)
    assert (code, err) == (0, "")
    assert "teacher head: from the cache" in out
    assert_the_same(tmp_path / "sskd", folder / "sskd")


def test_ctrl_c_leaves_a_checkpoint_says_how_to_go_on_and_exits_with_130(tmp_path, whole):
    folder, cache = whole
    command = words("icd", tmp_path, "--no-alone")
    checkpoints = tmp_path / "icd" / "checkpoints" / "1"

    code, out, err = kill_after(
        3, checkpoints, *command, folder=tmp_path, cache=cache, how=signal.SIGINT
    )

    assert (code, err) == (130, "")
    said = out.splitlines()
    at = next(place for place, line in enumerate(said) if line.startswith("stopped after step"))
    assert stands(checkpoints)["step"] == int(said[at].split()[3].rstrip(";"))
    hint = said[at + 1].split()
    assert hint[0] == "kdgraph"
    code, _, err = kdgraph(*hint[1:], folder=tmp_path, cache=cache)
    assert (code, err) == (0, "")
    assert_the_same(tmp_path / "icd", folder / "icd")
