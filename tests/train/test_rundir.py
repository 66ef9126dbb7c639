from __future__ import annotations

import multiprocessing
import subprocess
import sys
from contextlib import ExitStack

import pytest

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.resume import NothingToResume, RunExists, RunInUse
from kdgraph.train import rundir

LOCKS = pytest.mark.skipif(sys.platform == "win32", reason="folders can't be locked there")


def begun(tmp_path, **told):
    """A folder as a run leaves it that was killed in mid-training."""
    with rundir.begin("kd", root=tmp_path, **told) as run:
        run.config.write_text("a: 1\n")
    return run


def refused(take):
    with pytest.raises(RecipeError) as caught, take:
        pass
    (mistake,) = caught.value.diagnostics
    return mistake


def test_a_second_run_of_a_name_gets_a_folder_of_its_own(tmp_path):
    with ExitStack() as several:
        runs = [several.enter_context(rundir.begin("kd", root=tmp_path)) for _ in range(3)]

    assert [run.path.name for run in runs] == ["kd", "kd-2", "kd-3"]


@LOCKS
def test_an_empty_folder_that_a_killed_process_has_left_is_used(tmp_path):
    (tmp_path / "kd").touch()
    (tmp_path / "kd-2").mkdir()

    with rundir.begin("kd", root=tmp_path) as run, rundir.begin("kd", root=tmp_path) as other:
        assert (run.path.name, other.path.name) == ("kd-2", "kd-3")


def test_a_folder_that_nothing_was_written_to_goes(tmp_path):
    with rundir.begin("kd", root=tmp_path), rundir.begin("kd", out=tmp_path / "mine"):
        assert len(list(tmp_path.iterdir())) == 2

    assert list(tmp_path.iterdir()) == []


def test_a_folder_named_by_hand_is_never_written_over(tmp_path):
    out = tmp_path / "mine"
    begun(tmp_path, out=out)

    mistake = refused(rundir.begin("kd", out=out))

    assert isinstance(mistake, RunExists)
    assert "--resume" in str(mistake)


def test_of_a_folder_that_is_no_run_nobody_says_that_it_can_be_resumed(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")

    new, old = refused(rundir.begin("kd", out=tmp_path)), refused(rundir.again("kd", out=tmp_path))

    assert isinstance(new, RunExists)
    assert "--resume" not in str(new)
    assert isinstance(old, NothingToResume)
    assert "leave out" not in str(old)
    assert [one.name for one in tmp_path.iterdir()] == ["letter.txt"]


def test_a_folder_beside_a_run_that_is_no_run_is_not_resumed(tmp_path):
    first = begun(tmp_path)
    (tmp_path / "kd-2").mkdir()
    (tmp_path / "kd-2" / "letter.txt").write_text("dear")

    with rundir.again("kd", root=tmp_path) as run:
        assert run == first


def test_an_empty_folder_may_be_named(tmp_path):
    with rundir.begin("kd", out=tmp_path) as run:
        assert run.path == tmp_path


def test_the_newest_run_that_is_not_finished_is_resumed(tmp_path):
    first, second, third = (begun(tmp_path) for _ in range(3))
    third.result.write_text("{}")

    with rundir.again("kd", root=tmp_path) as run:
        assert run == second
    second.result.write_text("{}")
    first.result.write_text("{}")
    with rundir.again("kd", root=tmp_path) as run:
        assert run == third
    with rundir.again("kd", out=first.path) as run:
        assert run == first


def test_there_must_be_something_to_resume(tmp_path):
    assert isinstance(refused(rundir.again("kd", root=tmp_path)), NothingToResume)
    assert isinstance(refused(rundir.again("kd", out=tmp_path / "nowhere")), NothingToResume)


@LOCKS
def test_who_is_refused_leaves_the_folder_of_a_run_that_just_begins(tmp_path):
    out = tmp_path / "mine"
    with rundir.begin("kd", out=out) as run:
        assert isinstance(refused(rundir.again("kd", out=out)), RunInUse)
        assert isinstance(refused(rundir.begin("kd", out=out)), RunExists)
        with pytest.raises(RecipeError), rundir.held(run):
            pass

        assert out.is_dir()
        run.config.write_text("a: 1\n")

    assert run.config.exists()


@LOCKS
def test_a_folder_without_a_name_that_just_begins_is_not_resumed(tmp_path):
    with rundir.begin("kd", root=tmp_path) as run:
        assert isinstance(refused(rundir.again("kd", root=tmp_path)), NothingToResume)
        assert isinstance(refused(rundir.again("kd", out=run.path)), NothingToResume)
        assert isinstance(refused(rundir.begin("kd", out=run.path)), RunExists)

        assert run.path.is_dir()


@LOCKS
@pytest.mark.parametrize("resume", [False, True])
def test_what_a_process_that_was_killed_at_once_has_left_can_be_used(tmp_path, resume):
    words = (
        "import os, pathlib; from kdgraph.train import rundir\n"
        f"with rundir.begin('kd', out=pathlib.Path({str(tmp_path / 'mine')!r})): os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", words], check=False)
    assert [one.name for one in (tmp_path / "mine").iterdir()] == [rundir.BEGUN]

    with (rundir.again if resume else rundir.begin)("kd", out=tmp_path / "mine") as run:
        assert run.path.is_dir()


def racing(out, start, results):
    """Take a folder as soon as all are there; write to it for a while, as a run does."""
    start.wait()
    for number in range(30):
        try:
            with (rundir.again if number % 3 == 2 else rundir.begin)("kd", out=out) as run:
                sign = run.path / "mine"
                sign.touch(exist_ok=False)
                assert sorted(one.name for one in run.path.iterdir()) == [rundir.BEGUN, "mine"]
                sign.unlink()
        except RecipeError:
            results.put("refused")
        else:
            results.put("ran")


@LOCKS
def test_of_several_processes_that_race_for_a_folder_one_has_it(tmp_path):
    context = multiprocessing.get_context("fork")
    start, results = context.Barrier(3), context.SimpleQueue()
    several = [
        context.Process(target=racing, args=(tmp_path / "mine", start, results)) for _ in range(3)
    ]
    for one in several:
        one.start()
    for one in several:
        one.join()
    said = [results.get() for _ in range(3 * 30)]

    assert [one.exitcode for one in several] == [0, 0, 0]
    assert said.count("ran") > 0


def test_where_nothing_can_be_locked_the_first_to_mark_a_folder_has_it(tmp_path, monkeypatch):
    monkeypatch.setattr(rundir, "hold", lambda _: None)
    out = tmp_path / "mine"
    with rundir.begin("kd", out=out):
        assert isinstance(refused(rundir.begin("kd", out=out)), RunExists)

        assert [one.name for one in out.iterdir()] == [rundir.BEGUN]


def test_a_run_holds_runs_of_its_parts(tmp_path):
    run = rundir.RunDir(tmp_path)

    part = run.part("seed-1")

    assert part.checkpoints == run.path / "seed-1" / "checkpoints"
    assert part.path.is_dir()
