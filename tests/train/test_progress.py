from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from kdgraph.lang.errors.resume import OtherMachine
from kdgraph.train import progress as progress_module
from kdgraph.train import wording
from kdgraph.train.events import (
    Begun,
    Condensed,
    EpochResult,
    Finished,
    Logged,
    Moment,
    Round,
    Stopped,
    Warned,
)
from kdgraph.train.progress import Progress
from kdgraph.train.wording import clock, count, percent, picture, weighted
from tests.train.test_journal import begun, evaluated, finished, logged


def console(*, terminal, width=80):
    return Console(file=io.StringIO(), force_terminal=terminal, width=width, color_system=None)


def shown(to):
    return to.file.getvalue()


def test_without_a_terminal_there_is_one_plain_line_an_epoch():
    to = console(terminal=False)
    progress = Progress(to, "kdgraph run kd.kd --resume")

    for event in (begun(), logged(2), evaluated(4), finished()):
        progress(event)

    assert shown(to).splitlines() == [
        "student 1/2  loss 1  50.0 % (best 50.0 % in epoch 1)  0 img/s",
        "student: 2 epochs in 1.0 s",
    ]


def test_the_live_block_fits_eighty_columns_with_every_term_and_its_weight():
    terms = {f"term{n}": 1.2345678 * n for n in range(8)} | {
        "mean(T²·kl(softmax(teacher.logits/T) ‖ softmax(student.logits/T)))": 12345.678
    }
    event = Logged(
        at=Moment(stage=1, epoch=237, step=185_000),
        within=0.5,
        total=123.456789,
        terms=terms,
        weights=dict.fromkeys(terms, 0.123456),
        gradient=1.0,
        lr=0.05,
        speed=123_456.0,
    )
    to = console(terminal=True)

    to.print(picture(begun(), event, evaluated(4), 12_345.0))

    lines = shown(to).splitlines()
    assert max(cell_len(line) for line in lines) <= 80
    text = " ".join(" ".join(lines).split())
    assert "term7 8.642 ×0.123" in text
    assert "mean(T²·kl(….logits/T))) 1.235e+04 ×0.123" in text
    assert "total 123.5 lr 0.05" in text
    assert "123.5k img/s ETA 3:25:45" in text
    assert "test 50.0 % (best 50.0 % in epoch 1)" in text


def test_on_a_terminal_the_block_is_drawn_and_taken_away_again():
    to = console(terminal=True)
    progress = Progress(to, "")

    progress(begun())
    assert progress.live is not None
    for event in (logged(2), evaluated(4), finished()):
        progress(event)

    assert progress.live is None
    assert "student: 2 epochs" in shown(to)


@pytest.mark.parametrize("terminal", [True, False])
def test_a_stopped_run_says_how_to_go_on_in_one_line_to_paste(terminal):
    to = console(terminal=terminal, width=40)
    command = "kdgraph run recipes/kd.kd --on cifar100 --set β=0.5 --resume"
    progress = Progress(to, command)
    progress(begun())

    progress(Stopped(at=Moment(stage=1, epoch=1, step=7), path=Path("x")))

    assert "stopped after step 7" in shown(to)
    assert f"  {command}\n" in shown(to)


def test_warnings_are_shown_even_where_nothing_else_is():
    to = console(terminal=False)
    progress = Progress(to, "", quiet=True)

    for event in (begun(), evaluated(4), finished()):
        progress(event)
    progress(Warned(diagnostic=OtherMachine(what="threads =", saved="2", found="4")))

    assert shown(to).startswith("warning[KD674]")


def test_the_end_of_a_stage_names_last_and_best():
    result = evaluated(4).result
    event = Finished(
        at=Moment(stage=1, epoch=1, step=4), name="student", last=result, best=result, seconds=75
    )

    assert wording.finished(event) == (
        "student: 1 epochs in 1:15, last 50.0 %, best 50.0 % in epoch 1"
    )


def test_the_end_of_a_stage_tells_the_metrics_of_the_recipe_and_not_every_accuracy():
    measures = {"accuracy": 0.5, "peer.accuracy": 0.25, "reused": 0.953704, "doubt": 2.0}
    result = EpochResult(epoch=1, step=4, total=1.0, measures=measures)
    event = Finished(
        at=Moment(stage=1, epoch=1, step=4), name="student", last=result, best=result, seconds=75
    )

    assert wording.finished(event).endswith("in epoch 1; reused 0.9537; doubt 2")


def test_numbers_are_short():
    assert [count(9), count(1234), count(2_500_000)] == ["9", "1.2k", "2.5M"]
    assert [clock(0.04), clock(59.6), clock(7200)] == ["0.0 s", "1:00", "2:00:00"]
    assert percent(1) == "100.0 %"
    assert weighted("kd", 2.0, {"kd": 1.0}) == "kd 2 ×1"


def condensing(epoch=1):
    return Begun(
        at=Moment(stage=1, epoch=epoch, step=0), name="student", epochs=3, steps=8,
        lengths=(80, 60, 40),
    )  # fmt: skip


def test_a_round_is_a_line_and_the_live_block_has_the_images_of_the_epoch():
    round_ = Round(
        number=1, examples=80, kept=60, left=25, returned=5, mixed=19, low=0.0, high=1.0,
        inside=(60,), outside=(20,),
    )  # fmt: skip
    to = console(terminal=False)
    progress = Progress(to, "")
    for event in (condensing(), Condensed(at=Moment(stage=1, epoch=1, step=8), round=round_)):
        progress(event)
    live = console(terminal=True)
    live.print(picture(condensing(epoch=2), None, None, None))

    assert shown(to).splitlines() == [
        "student: condensed to 60 of 80 images (75.0 %), 19 mixed, 5 are back"
    ]
    assert "trains on 60 of 80 images (75.0 %)" in shown(live)


def test_the_time_left_counts_images_where_epochs_get_shorter(monkeypatch):
    now = iter((100.0, 140.0))
    monkeypatch.setattr(progress_module.time, "perf_counter", lambda: next(now))
    progress = Progress(console(terminal=False), "")
    progress(condensing())
    progress.logged = replace(logged(2), at=Moment(stage=1, epoch=1, step=4), within=0.5)

    # 40 of 180 images in 40 seconds
    assert progress._left() == pytest.approx(140.0)
