"""Networks of a plugin in `kdgraph run`; they write down what they are fed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from kdgraph.data.load import load
from kdgraph.data.spec import DataSpec
from kdgraph.models.added import ADDED
from kdgraph.train.code import _text
from tests.end_to_end.command import kdgraph, tiny

PLUGIN = '''\
"""Networks that write down what they are fed."""

import json
from pathlib import Path

from torch import nn

import kdgraph


class Watched(nn.Module):
    def __init__(self, called, classes, channels, width):
        super().__init__()
        self.called = called
        self.body = nn.Sequential(nn.Conv2d(channels, width, 3, stride=2), nn.ReLU())
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(width, classes)

    def forward(self, x):
        if not x.is_meta:
            told = {"called": self.called, "fed": x.flatten().tolist()}
            with Path("fed.jsonl").open("a") as file:
                print(json.dumps(told), file=file)
        return self.fc(self.pool(self.body(x)).flatten(1))


@kdgraph.network(aliases={"maps": ("body",)})
def watched_large(classes, *, channels=3):
    """A large one that is watched.

    It has one stage.
    """
    return Watched("large", classes, channels, 16)


@kdgraph.network
def watched_small(classes, *, channels=3):
    return Watched("small", classes, channels, 8)
'''
DATA = {"classes": 4, "channels": 1, "size": 8, "limit": 88, "test_limit": 40}
SETTING = f"""\
title: watched networks
data: {json.dumps({"name": "synthetic", **DATA})}
models:
  teacher: {{name: watched_large, weights: train, train: {{epochs: 1}}}}
  student: watched_small
train: {{epochs: 1, batch: 8, lr: 0.05}}
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    tiny(tmp_path, SETTING)
    (tmp_path / "watched.py").write_text(PLUGIN)
    return tmp_path


WORDS = ("run", "kd", "--on", "tiny.yaml", "--plugin", "watched.py", "--no-alone")


@pytest.fixture
def run(here, folder):
    """A run in this process, which knows nothing of this plugin before and after."""
    before = dict(ADDED)

    def run(*words: object) -> str:
        (folder / "fed.jsonl").unlink(missing_ok=True)
        code, out, err = here(*WORDS, *words)
        assert (code, err) == (0, ""), err
        return out

    yield run
    ADDED.clear()
    ADDED.update(before)


def fed(folder: Path) -> list[tuple[str, torch.Tensor]]:
    lines = map(json.loads, (folder / "fed.jsonl").read_text().splitlines())
    return [(one["called"], torch.tensor(one["fed"], dtype=torch.float64)) for one in lines]


def statistics(fraction: float) -> tuple[float, float]:
    pixels = load(DataSpec("synthetic", fraction=fraction, **DATA)).train.pixels.double() / 255
    return pixels.mean().item(), pixels.std(correction=0).item()


def pairs(folder: Path) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """What both networks were fed for the same training images, in the step of the student."""
    told = [one for one in fed(folder) if len(one[1]) == 8 * 64][-4:]
    by_step = [dict(told[:2]), dict(told[2:])]
    return [(one["large"], one["small"]) for one in by_step]


def levels(x: torch.Tensor, mean: float, std: float) -> torch.Tensor:
    return (x * std + mean) * 255


def test_teacher_and_student_see_the_same_images_with_the_statistics_of_their_own_data(
    folder, cache
):
    words = (*WORDS, "--set", "data.fraction=0.25")
    code, _, err = kdgraph(*words, folder=folder, cache=cache)
    assert (code, err) == (0, "")
    whole, quarter = statistics(1.0), statistics(0.25)
    assert abs(whole[0] - quarter[0]) > 1e-3

    for large, small in pairs(folder):
        pixels = levels(large, *whole)
        torch.testing.assert_close(pixels, levels(small, *quarter), rtol=0, atol=1e-3)
        torch.testing.assert_close(pixels, pixels.round(), rtol=0, atol=1e-3)


def test_a_kept_teacher_is_fed_as_it_was_when_it_learnt(folder, run):
    run("--set", "data.fraction=0.25")
    told = run("--set", "data.fraction=0.5")

    assert "watched_large from the cache" in told
    whole, half = statistics(1.0), statistics(0.5)
    for large, small in pairs(folder):
        pixels = levels(large, *whole)
        torch.testing.assert_close(pixels, levels(small, *half), rtol=0, atol=1e-3)


def test_a_student_becomes_another_runs_teacher_and_measures_the_same(folder, run):
    run("--set", "data.fraction=0.25")
    with safe_open(folder / "runs/kd/student.safetensors", "pt") as file:
        about = json.loads(file.metadata()["kdgraph"])
    mean, std = statistics(0.25)
    assert about["mean"] == pytest.approx([mean])
    assert about["std"] == pytest.approx([std])

    models = ("teacher.name=watched_small", "teacher.weights=runs/kd/student.safetensors")
    words = [word for one in models for word in ("--set", f"models.{one}")]
    told = run(*words, "--set", "models.student=watched_large")

    assert "student.safetensors, with a mean and std of its own" in told
    first, second = (
        {one["name"]: one["last"][0] for one in json.loads((folder / at).read_text())["table"]}
        for at in ("runs/kd/result.json", "runs/kd-2/result.json")
    )
    assert second["teacher"] == first["student distilled"]


def test_a_run_with_other_code_does_not_go_on(folder, run, here):
    run()
    (folder / "runs/kd/result.json").unlink()
    (folder / "watched.py").write_text(PLUGIN.replace("stride=2", "stride=1"))

    _text.cache_clear()
    code, _, err = here(*WORDS, "--resume")

    assert code == 1
    assert "belongs to another code of `teacher`" in " ".join(err.split())


@pytest.mark.usefixtures("run")
def test_a_network_of_a_plugin_is_listed_explained_and_found(here):
    def told(*words: str) -> tuple[str, str]:
        _, out, err = here(*words)
        return out, err

    plugin = ("--plugin", "watched.py")
    listed = told("list", "models", *plugin)[0].splitlines()
    (row,) = (line for line in listed if "watched_large" in line)
    assert row.endswith("A large one that is watched")
    assert any("watched_small" in line and "of watched.py" in line for line in listed)
    assert "It has one stage." in told("explain", "watched_large", *plugin)[0]
    assert "kd on tiny: ok" in told("check", "kd", "--on", "tiny.yaml", *plugin)[0]
    maps = ("show", "kd", "--on", "tiny.yaml", "--as", "taps", *plugin)
    assert "maps[0]" in told(*maps)[0]
    err = told("check", "kd", "--on", "tiny.yaml", "--set", "models.student=watched_smal",
               *plugin)[1]  # fmt: skip
    assert "error[KD640]: no network is called `watched_smal`" in err
    assert "did you mean `watched_small`?" in err
