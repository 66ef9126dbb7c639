from __future__ import annotations

import json
import time

import pytest

from kdgraph.train import tensorboard
from kdgraph.train.events import Begun, EpochResult, Evaluated, Finished, Logged, Moment
from kdgraph.train.journal import Journal, read


def begun(stage=1, epoch=1, step=0, *, resumed=False):
    return Begun(
        at=Moment(stage=stage, epoch=epoch, step=step), name="student", epochs=2, steps=4,
        resumed=resumed,
    )  # fmt: skip


def logged(step, stage=1):
    return Logged(
        at=Moment(stage=stage, epoch=1, step=step),
        within=0.5,
        total=2.0,
        terms={"λ·kd": 1.5},
        weights={"λ·kd": 0.9},
        gradient=3.0,
        lr=0.1,
        speed=100.0,
    )


def evaluated(step, stage=1):
    result = EpochResult(epoch=1, step=step, total=1.0, measures={"accuracy": 0.5})
    return Evaluated(at=Moment(stage=stage, epoch=1, step=step), result=result, best=result)


def finished(stage=1):
    result = EpochResult(epoch=2, step=8, total=1.0)
    return Finished(
        at=Moment(stage=stage, epoch=2, step=8), name="student", last=result, best=result,
        seconds=1.0,
    )  # fmt: skip


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "metrics.jsonl")


def told(journal):
    return [(one["event"], one["stage"], one["step"]) for one in read(journal.path)]


def test_every_event_is_a_line_of_json_that_keeps_the_names_as_written(journal):
    for event in (begun(), logged(2), evaluated(4), finished()):
        journal(event)

    assert told(journal) == [("begin", 1, 0), ("steps", 1, 2), ("epoch", 1, 4), ("end", 1, 8)]
    lines = journal.path.read_text(encoding="utf-8").splitlines()
    assert '"λ·kd": 1.5' in lines[1]
    assert json.loads(lines[2])["measures"] == {"accuracy": 0.5}


def test_lines_after_the_checkpoint_are_cut_when_the_run_goes_on(journal):
    for event in (begun(), logged(2), evaluated(4), logged(6)):
        journal(event)
    with journal.path.open("a") as file:
        file.write('{"event": "steps", "sta')  # the kill came while this was written

    journal(begun(epoch=2, step=4, resumed=True))
    journal(logged(6))

    assert told(journal) == [("begin", 1, 0), ("steps", 1, 2), ("epoch", 1, 4), ("steps", 1, 6)]


def test_a_stage_without_a_checkpoint_begins_its_lines_anew_and_leaves_those_before(journal):
    for event in (begun(), evaluated(4), finished(), begun(stage=2), logged(2, stage=2)):
        journal(event)

    journal(begun(stage=2))

    assert told(journal) == [("begin", 1, 0), ("epoch", 1, 4), ("end", 1, 8), ("begin", 2, 0)]


def test_the_end_of_a_stage_is_told_once_however_often_a_run_comes_by(journal):
    for event in (begun(), finished(), finished(), begun(stage=2), finished(), finished(stage=2)):
        journal(event)

    assert told(journal) == [("begin", 1, 0), ("end", 1, 8), ("begin", 2, 0), ("end", 2, 8)]


@pytest.mark.skipif(not tensorboard.is_installed(), reason="tensorboard is an optional extra")
def test_tensorboard_has_a_curve_for_every_term_and_forgets_what_is_done_again(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    curves = tensorboard.Curves(tmp_path)
    for event in (begun(), logged(2), logged(4), logged(6)):
        curves(event)
    time.sleep(1.1)  # event files are told apart by the second they were begun in
    again = tensorboard.Curves(tmp_path)
    for event in (begun(step=4, resumed=True), logged(6), evaluated(8), finished()):
        again(event)

    found = EventAccumulator(str(tmp_path / "1"))
    found.Reload()
    assert [one.step for one in found.Scalars("term/λ·kd")] == [2, 4, 6]
    assert found.Scalars("test/accuracy")[0].value == 0.5
