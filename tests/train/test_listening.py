from __future__ import annotations

import io

import torch
from rich.console import Console

from kdgraph.train import rundir
from kdgraph.train.engine import train_stage
from kdgraph.train.journal import Journal, read
from kdgraph.train.progress import Progress
from kdgraph.train.tensorboard import Curves
from tests.train.small import VIEWS, SmallStep, images, protocol


def train(run):
    console = Console(file=io.StringIO(), width=80)
    told = (Journal(run.metrics), Curves(run.tensorboard), Progress(console, "kdgraph run kd.kd"))
    train_stage(
        SmallStep(44), images(), VIEWS, protocol(epochs=2), seed=0, out=run.path,
        device=torch.device("cpu"), listeners=told, log_every=4,
    )  # fmt: skip
    return console.file.getvalue()


def test_a_run_leaves_a_journal_curves_and_a_line_an_epoch(tmp_path):
    with rundir.begin("kd", root=tmp_path) as run:
        shown = train(run)

    assert [one["event"] for one in read(run.metrics)] == [
        "begin", "steps", "epoch", "steps", "steps", "epoch", "end",
    ]  # fmt: skip
    assert list((run.tensorboard / "1").glob("events*"))
    assert [line[:11] for line in shown.splitlines()] == [
        "student 1/2",
        "student 2/2",
        "student: 2 ",
    ]
