"""Several recipes side by side: used again, gone on with, and told together, even if one fails."""

from __future__ import annotations

import json
import os
import re
import signal
import statistics
import time
from pathlib import Path

import pytest

from kdgraph.train.lock import hold
from tests.end_to_end.command import SETTING, Here, finish, kdgraph, start, tiny

BAD = """\
loss: sup + late
where:
  sup: cross_entropy(student.logits, y)
  late: mean(student.logits²)/(10 - step)
"""
WORDS = ("compare", "kd", "bad.kd", "--on", "tiny.yaml", "--seeds", "2", "--jobs", "2")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A folder with a comparison in which one recipe comes to grief, and what was said."""
    folder, cache = tmp_path_factory.mktemp("lab"), tmp_path_factory.mktemp("cache")
    tiny(folder)
    (folder / "bad.kd").write_text(BAD)
    return folder, cache, kdgraph(*WORDS, folder=folder, cache=cache)


@pytest.fixture
def again(lab, monkeypatch, capsys):
    """The command once more, in this process where nothing is left to train."""
    folder, cache, _ = lab
    monkeypatch.chdir(folder)
    monkeypatch.setenv("KDGRAPH_CACHE", str(cache))
    monkeypatch.setenv("COLUMNS", "80")
    return Here(monkeypatch, capsys)


def results(folder: Path, name: str) -> list[dict]:
    """`result.json` of each seed of a recipe."""
    found = sorted((folder / "runs" / "compare-tiny").glob(f"{name}-*/seed-*/result.json"))
    return [json.loads(path.read_text()) for path in found]


def percent(values: list[float]) -> str:
    error = statistics.stdev(values) / len(values) ** 0.5
    return f"{100 * statistics.mean(values):.2f} ± {100 * error:.2f}"


def test_table_markdown_and_json_have_the_numbers_of_the_runs(lab):
    folder, _, (_, out, _) = lab
    kept = folder / "runs" / "compare-tiny"
    told = {row["name"]: row for row in json.loads((kept / "compare.json").read_text())["rows"]}
    text = (kept / "compare.md").read_text()

    assert list(told) == ["teacher", "student alone", "kd", "bad"]
    for row, name in (("student alone", "ce"), ("kd", "kd")):
        found = results(folder, name)
        entry = [one["table"][-1] for one in found]
        for which in ("last", "best"):
            values = [value for one in entry for value in one[which]]
            assert told[row][which]["values"] == values
            assert len(values) == 2
            assert percent(values) in next(one for one in out.splitlines() if f" {row} " in one)
            assert percent(values) in next(one for one in text.splitlines() if f"| {row} " in one)
        memory = max(value for one in entry for value in one["peak_memory"])
        assert f"{memory / 2**20:.0f} MB" in text
    alike = [
        like["agreement"]
        for one in results(folder, "kd")
        for like in one["fidelity"]
        if (like["name"], like["data"]) == ("student distilled", "test")
    ]
    assert told["kd"]["agreement"]["values"] == [value for one in alike for value in one]
    assert told["student alone"]["agreement"]["values"] == []


def test_the_caption_says_networks_seeds_and_epochs_and_the_text_has_the_command(lab):
    folder, _, (_, out, _) = lab
    text = (folder / "runs" / "compare-tiny" / "compare.md").read_text()

    assert f"kdgraph {' '.join(WORDS)}\n" in text
    for words in ("student convnet8, teacher convnet16", "seeds 0 to 1, 2 epochs", "± standard"):
        assert words in out
        assert words in text
    end = out[out.index("compared on tiny") :]
    assert max(map(len, end.splitlines())) <= 80


def test_a_recipe_that_fails_is_told_and_loses_nobody(lab):
    folder, _, (code, out, err) = lab
    picture = (folder / "runs" / "compare-tiny" / "compare.svg").read_text()

    assert code == 1
    assert err.count("error[KD670]: `late` is not finite in epoch 1, step 10") == 2
    assert re.search(r"^ bad +failed", out, re.MULTILINE)
    assert "failed</text>" in picture
    kd = json.loads((folder / "runs" / "compare-tiny" / "compare.json").read_text())["rows"][2]
    assert f"{100 * kd['last']['mean']:.2f}</text>" in picture


def test_teacher_and_student_alone_are_trained_once_for_all(lab):
    _, _, (_, out, _) = lab

    assert out.count("trained with cross-entropy, kept for the next time") == 1
    teachers = {tuple(one["table"][0]["last"]) for one in results(lab[0], "kd")}
    assert len(teachers) == 1
    assert len(results(lab[0], "ce")) == 2


def test_finished_runs_are_used_again(lab, again):
    began = {path: path.stat().st_mtime_ns for path in lab[0].glob("runs/*/*/*/result.json")}
    code, out, err = again("compare", "kd", "--on", "tiny.yaml", "--seeds", "2")

    assert (code, err) == (0, "")
    assert "4 of 4 runs are there already" in out
    assert {path: path.stat().st_mtime_ns for path in began} == began


@pytest.mark.parametrize(
    "words", [("--set", "T=2"), ("--set", "train.lr=0.2"), ("--set", "data.limit=80")]
)
def test_what_is_another_run_is_trained_anew_beside_the_old_one(lab, again, words):
    before = len(results(lab[0], "kd"))
    code, out, _ = again("compare", "kd", "--on", "tiny.yaml", "--no-alone", "--jobs", "1", *words)

    assert code == 0
    assert "1 to do" in out
    assert len(results(lab[0], "kd")) == before + 1


def test_mistakes_of_all_recipes_are_told_before_anything_is_trained(here, tmp_path):
    tiny(tmp_path)
    (tmp_path / "wrong.kd").write_text("loss: cross_entropy(student.logits, z)\n")
    code, out, err = here("compare", "kd", "wrong.kd", "icdd", "--on", "tiny.yaml")

    assert (code, out) == (1, "")
    assert "nothing is called `z`" in err
    assert "no recipe is called `icdd`" in err
    assert not (tmp_path / "runs").exists()


def test_views_that_cannot_be_made_of_these_images_are_told_before_a_teacher_learns(here, tmp_path):
    tiny(tmp_path)
    (tmp_path / "odd.kd").write_text(
        "loss: cross_entropy(student(two).logits, y[origin(two)])\n"
        "views: {small: 'resize(image, 4)', two: 'stack(image, small)'}\n"
    )
    for words in (("compare", "kd", "odd.kd"), ("run", "odd.kd")):
        code, out, err = here(*words, "--on", "tiny.yaml")

        assert code == 1
        assert "error[KD620]: `stack` cannot be made: images are 1x4x4 and 1x8x8" in err
        assert "student" not in out


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_comparison_that_was_stopped_goes_on(tmp_path, cache, how):
    tiny(tmp_path, SETTING.replace("train: {epochs: 2, batch", "train: {epochs: 200, batch"))
    words = ("compare", "ce", "--on", "tiny.yaml")
    process = start(*words, folder=tmp_path, cache=cache)
    for line in process.stdout:
        if " 40/200" in line:
            break
    process.send_signal(how)
    code, out, _ = finish(process)
    assert code == (130 if how == signal.SIGINT else -signal.SIGKILL)
    if how == signal.SIGINT:
        assert out.splitlines()[-2:] == ["stopped; go on with", f"  kdgraph {' '.join(words)}"]
    free(next(tmp_path.glob("runs/compare-tiny/ce-*/seed-0")))

    code, out, err = kdgraph(*words, folder=tmp_path, cache=cache)

    assert (code, err) == (0, "")
    assert re.search(r"student alone, seed 0: student: goes on after step \d+", out)
    (journal,) = tmp_path.glob("runs/compare-tiny/ce-*/seed-0/metrics.jsonl")
    said = [json.loads(line) for line in journal.read_text().splitlines()]
    assert [one["epoch"] for one in said if one["event"] == "epoch"] == list(range(1, 201))


def free(folder: Path) -> None:
    """Wait until no process has the folder: a run whose comparison was killed ends by itself."""
    for _ in range(100):
        try:
            handle = hold(folder)
        except BlockingIOError:
            time.sleep(0.1)
            continue
        if handle is not None:
            os.close(handle)
        return
    msg = f"somebody still has {folder}"
    raise AssertionError(msg)
