from __future__ import annotations

import io
import sys
from pathlib import Path

from rich.console import Console

from kdgraph.cli.job import Wire
from kdgraph.compare.board import Board
from kdgraph.compare.job import Failed, Job, Said, Tick, read
from kdgraph.compare.pool import came_to_grief
from kdgraph.train.events import Begun, EpochResult, Evaluated, Logged, Moment

LONG = Job("a-recipe-of-a-very-long-name, seed 12", "r", "s", {}, 12, 0, "long/12")
KD = Job("kd, seed 0", "kd", "digits", {}, 0, 0, "kd/0")


def board(**more):
    console = Console(file=io.StringIO(), width=80, **more)
    return Board(console, 3), console.file


def test_every_run_has_one_line_of_eighty_columns():
    made, out = board()
    for job in (LONG, KD):
        made.begin(job)
    made.hear(LONG, Tick("teacher of all", False, 1, 240, 0.004, None, 12_300.0))
    made.console.print(made.picture())

    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) == 80
    assert lines[0].startswith("a-recipe-of-a-very-long-")
    assert lines[0].endswith("12.3k img/s")
    assert "teacher   1/240" in lines[0]
    assert lines[1].startswith("kd, seed 0")
    assert lines[1].endswith("gets ready")
    assert lines[2] == "0 of 3 runs"


def test_without_a_terminal_ten_lines_tell_of_the_epochs_and_one_of_the_end():
    made, out = board()
    made.begin(KD)
    for epoch in range(1, 241):
        made.hear(KD, Tick("student", True, epoch, 240, epoch / 240, 0.5, 10.0, ended=True))
    made.hear(KD, Said("teacher: from the cache"))
    made.end(KD, None)

    lines = out.getvalue().splitlines()
    assert [one.split()[4] for one in lines[:10]] == [f"{24 * k}/240" for k in range(1, 11)]
    assert lines[10] == "kd, seed 0: teacher: from the cache"
    assert lines[11].startswith("kd, seed 0: 50.0 % in ")
    assert lines[11].endswith("1 of 3 runs")


def test_what_all_runs_say_is_told_once_and_a_failure_by_its_headline():
    made, out = board()
    for job in (KD, LONG):
        made.begin(job)
        made.hear(job, Said("data: digits"))
    made.end(LONG, Failed("error[KD670]: …"))

    assert out.getvalue().splitlines() == [
        "kd, seed 0: data: digits",
        "a-recipe-of-a-very-long-name, seed 12: error[KD670]: …",
    ]


def test_a_job_tells_of_what_it_shares_and_of_its_own():
    said = io.StringIO()
    at = Moment(stage=1, epoch=3, step=40)
    first = EpochResult(epoch=3, step=44, total=1.0, measures={"accuracy": 0.25}, speed=9.0)
    for own in (False, True):
        wire = Wire(said, own)
        wire(Begun(at=at, name="head", epochs=4, steps=11, within=0.5))
        wire(Logged(at=at, within=0.75, total=1, terms={}, weights={}, gradient=1, lr=1, speed=8.0))
        wire(Evaluated(at=at, result=first, best=first))
    told = [read(line) for line in said.getvalue().splitlines()]

    assert told[:3] == [
        Tick("head", False, 3, 4, 0.625),
        Tick("head", False, 3, 4, 0.6875, None, 8.0),
        Tick("head", False, 3, 4, 0.75, 0.25, 9.0, ended=True),
    ]
    assert all(one.own for one in told[3:])


def test_a_process_that_dies_without_a_word_is_told_by_its_last_one(tmp_path: Path):
    errors = tmp_path / "errors.txt"

    assert came_to_grief(-9, errors).headline == "it ended (signal 9)"
    errors.write_text("Traceback\n  …\nOutOfMemoryError: too large\n")
    assert came_to_grief(1, errors).headline == "OutOfMemoryError: too large (exit code 1)"
    assert str(errors) in came_to_grief(1, errors).text


def test_the_help_needs_no_torch():
    import subprocess

    words = (
        "import sys; sys.argv = ['kdgraph', 'compare', '--help']\n"
        "from kdgraph.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", words], check=True, capture_output=True)
