"""A training process of its own, for tests that kill it.

    python -m tests.train.worker OUT STEPS FSYNCS

kills itself with SIGKILL after so many steps, or at so many-th flush to disk; 0 is never.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import torch

from kdgraph.train.engine import train_stage
from kdgraph.train.journal import Journal
from tests.train.small import VIEWS, SmallStep, images, protocol

TRAINING = {"epochs": 3, "batch": 8, "schedule": "cosine", "select": "best"}


def train(out: Path, step: SmallStep, **told: object):
    """The run that all the tests of resuming do; 6 steps an epoch, 18 in all."""
    torch.set_num_threads(1)
    return train_stage(
        step,
        images(),
        VIEWS,
        protocol(**TRAINING),
        seed=7,
        out=out,
        device=torch.device("cpu"),
        graph="abc",
        log_every=4,
        save_every=0.0,
        listeners=(Journal(out / "metrics.jsonl"),),
        **{"resume": True, **told},
    )


def fresh() -> SmallStep:
    return SmallStep(len(images().train))


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(out: Path, steps: int, flushes: int) -> None:
    step = fresh()
    commit, fsync = step.commit, os.fsync
    left = [steps, flushes]

    def counting_commit(finite: torch.Tensor | None = None) -> None:
        commit(finite)
        left[0] -= 1
        if left[0] == 0:
            die()

    def counting_fsync(handle: int) -> None:
        fsync(handle)
        left[1] -= 1
        if left[1] == 0:
            die()

    step.commit = counting_commit
    os.fsync = counting_fsync
    train(out, step)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
