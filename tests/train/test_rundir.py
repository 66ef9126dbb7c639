from __future__ import annotations

import pytest

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.resume import NothingToResume, RunExists
from kdgraph.train import rundir


def test_a_second_run_of_a_name_gets_a_folder_of_its_own(tmp_path):
    names = [rundir.begin("kd", root=tmp_path).path.name for _ in range(3)]

    assert names == ["kd", "kd-2", "kd-3"]


def test_a_folder_named_by_hand_is_never_written_over(tmp_path):
    out = tmp_path / "mine"
    run = rundir.begin("kd", out=out)
    run.metrics.write_text("{}\n")

    with pytest.raises(RecipeError) as caught:
        rundir.begin("kd", out=out)

    (mistake,) = caught.value.diagnostics
    assert isinstance(mistake, RunExists)
    assert "--resume" in str(mistake)


def test_an_empty_folder_may_be_named(tmp_path):
    assert rundir.begin("kd", out=tmp_path).path == tmp_path


def test_the_newest_run_that_is_not_finished_is_resumed(tmp_path):
    first, second, third = (rundir.begin("kd", root=tmp_path) for _ in range(3))
    for run in (first, second, third):
        run.config.write_text("a: 1\n")
    third.result.write_text("{}")

    assert rundir.again("kd", root=tmp_path) == second
    second.result.write_text("{}")
    first.result.write_text("{}")
    assert rundir.again("kd", root=tmp_path) == third
    assert rundir.again("kd", out=first.path) == first


def test_there_must_be_something_to_resume(tmp_path):
    with pytest.raises(RecipeError) as caught:
        rundir.again("kd", root=tmp_path)
    assert isinstance(caught.value.diagnostics[0], NothingToResume)

    with pytest.raises(RecipeError):
        rundir.again("kd", out=tmp_path / "nowhere")


def test_a_run_holds_runs_of_its_parts(tmp_path):
    run = rundir.begin("kd", root=tmp_path)

    part = run.part("seed-1")

    assert part.checkpoints == run.path / "seed-1" / "checkpoints"
    assert part.path.is_dir()
