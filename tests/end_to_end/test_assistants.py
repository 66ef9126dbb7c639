"""The assistants of a chain are trained once, kept like a teacher, and met by every student."""

from __future__ import annotations

import json
import signal

import pytest
from safetensors.torch import load_file

from tests.end_to_end.command import STEPS, Here, finish, kdgraph, start, tiny
from tests.laws.test_resume import assert_the_same, stands, wait_for

TRAINED = "trained once for all students, kept for the next time"
CHAIN = ("--set", "models.a1=convnet12", "--set", "models.a2=convnet12")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A folder and a cache, for all runs."""
    return tmp_path_factory.mktemp("lab"), tmp_path_factory.mktemp("cache")


@pytest.fixture
def run(lab, monkeypatch, capsys):
    folder, cache = lab
    monkeypatch.setenv("KDGRAPH_CACHE", str(cache))
    here = Here(monkeypatch, capsys)

    def one(name: str, *words: str) -> str:
        out = folder / name
        if not (out / "result.json").exists():
            told = ("run", "dgkd", "--on", tiny(folder), "--no-alone", "--out", out)
            code, said, err = here(*told, *CHAIN, *words)
            assert (code, err) == (0, "")
            (out / "said.txt").write_text(said)
        return (out / "said.txt").read_text()

    return one


def table(lab, name):
    told = json.loads((lab[0] / name / "result.json").read_text())
    return {one["name"]: one for one in told["table"]}


def test_the_next_student_meets_the_same_assistants(run, lab):
    first = run("first")
    assert [f"{name}: {TRAINED}" in first for name in ("a1", "a2")] == [True, True]
    second = run("second", "--set", "models.student=convnet16")
    assert TRAINED not in second
    assert [f"{name}: from the cache" in second for name in ("a1", "a2")] == [True, True]

    one, other = table(lab, "first"), table(lab, "second")
    assert list(one) == ["teacher", "a1", "a2", "student distilled"]
    assert (one["a1"], one["a2"]) == (other["a1"], other["a2"])
    for name in ("a1", "a2"):
        mine, its = (load_file(lab[0] / it / f"{name}.safetensors") for it in ("first", "second"))
        assert all(mine[key].equal(value) for key, value in its.items())


def test_another_first_assistant_makes_another_second_one(run):
    run("first")
    said = run("other", "--set", "models.a1=convnet16")

    assert [f"{name}: {TRAINED}" in said for name in ("a1", "a2")] == [True, True]


def test_two_seeds_share_the_assistants_of_the_first(run, lab):
    run("first")
    said = run("seeds", "--seeds", "2")

    assert TRAINED not in said
    rows = table(lab, "seeds")
    assert [len(rows[name]["last"]) for name in ("a1", "a2", "student distilled")] == [1, 1, 2]
    assert rows["a1"]["last"] == table(lab, "first")["a1"]["last"]


def test_killed_while_an_assistant_learns_it_goes_on_to_the_same_bits(tmp_path, lab, run):
    run("first")
    cache = tmp_path / "cache"
    on = ("--on", str(tiny(tmp_path)), "--no-alone", "--save-every", "0", *CHAIN)
    process = start("run", "dgkd", *on, "--out", "cut", folder=tmp_path, cache=cache)

    def teaches() -> bool:
        """Whether the first assistant has learned for some steps."""
        shelf = {one.name for one in cache.glob("weights/*")}
        there = {name for name in shelf if name.isalnum()}
        places = [
            stands(cache / "weights" / one / "checkpoints" / "1")
            for one in shelf
            if one.endswith(".training") and there and one.removesuffix(".training") not in there
        ]
        return any(int(str(place.get("step", 0))) >= STEPS + 2 for place in places)

    wait_for(process, teaches)
    process.kill()
    assert finish(process)[0] == -signal.SIGKILL
    assert not (tmp_path / "cut" / "checkpoints").exists()

    again = ("run", "dgkd", *on, "--out", "cut", "--resume")
    code, said, err = kdgraph(*again, folder=tmp_path, cache=cache)
    assert (code, err) == (0, "")
    assert "a1: goes on after step" in said
    assert_the_same(tmp_path / "cut", lab[0] / "first")
    for name in ("a1", "a2"):
        cut, whole = (
            load_file(run_ / f"{name}.safetensors") for run_ in (tmp_path / "cut", lab[0] / "first")
        )
        assert all(cut[key].equal(value) for key, value in whole.items())
