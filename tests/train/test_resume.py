from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from kdgraph.train.interrupt import Interrupted, interruptible
from tests.train.worker import fresh, train

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    out = tmp_path_factory.mktemp("whole")
    step = fresh()
    result = train(out, step)
    return step.state_dict(), result, entries(out)


def killed(out: Path, steps: int, flushes: int) -> int:
    command = [sys.executable, "-m", "tests.train.worker", str(out), str(steps), str(flushes)]
    return subprocess.run(command, cwd=CHECKOUT, check=False).returncode


def entries(out: Path) -> list[dict[str, object]]:
    """The journal without what a clock decides."""
    lines = (out / "metrics.jsonl").read_text().splitlines()
    measured = {"seconds", "images_per_second"}
    return [{k: v for k, v in json.loads(one).items() if k not in measured} for one in lines]


def assert_the_same(step, result, out, uninterrupted):
    state, whole, journal = uninterrupted
    assert step.state_dict().keys() == state.keys()
    for name, tensor in step.state_dict().items():
        assert torch.equal(tensor, state[name]), name
    told = [(one.epoch, one.step, one.total, one.terms, one.measures) for one in result.history]
    assert told == [
        (one.epoch, one.step, one.total, one.terms, one.measures) for one in whole.history
    ]
    assert entries(out) == journal


def test_a_run_killed_twice_ends_with_the_very_bits_of_one_that_was_not(tmp_path, uninterrupted):
    # the first kill falls on a random step, the second on a random moment of writing to disk
    draw = random.Random(os.getpid())
    steps, flushes = draw.randint(1, 10), draw.randint(1, 25)
    print(f"killed after {steps} steps, then at flush {flushes}")

    assert killed(tmp_path, steps, 0) == -signal.SIGKILL
    assert killed(tmp_path, 0, flushes) == -signal.SIGKILL
    step = fresh()
    result = train(tmp_path, step)

    assert_the_same(step, result, tmp_path, uninterrupted)


def test_the_state_of_the_global_generators_does_not_matter(tmp_path, uninterrupted):
    torch.manual_seed(99)
    step = fresh()
    torch.rand(17)

    result = train(tmp_path, step)

    assert_the_same(step, result, tmp_path, uninterrupted)


@pytest.mark.parametrize("at", [4, 6, 9, 18])
def test_ctrl_c_finishes_the_step_writes_a_checkpoint_and_exits_with_130(
    tmp_path, uninterrupted, at
):
    # steps 6 and 18 end an epoch, and the last of them the stage
    step = fresh()
    commit, done = step.commit, []

    def pressing(finite=None):
        commit(finite)
        done.append(1)
        if len(done) == at:
            signal.raise_signal(signal.SIGINT)

    step.commit = pressing
    with pytest.raises(Interrupted) as stopped:
        train(tmp_path, step)
    assert stopped.value.code == 130
    assert len(done) == at

    again = fresh()
    result = train(tmp_path, again)

    assert_the_same(again, result, tmp_path, uninterrupted)


def test_the_signal_handlers_are_those_from_before_again(tmp_path):
    before = signal.getsignal(signal.SIGINT)

    train(tmp_path, fresh())

    assert signal.getsignal(signal.SIGINT) is before


def test_a_finished_stage_is_not_trained_again_but_gives_its_weights(tmp_path, uninterrupted):
    train(tmp_path, fresh())
    step = fresh()
    step.commit = None  # nobody may call it

    result = train(tmp_path, step)

    assert_the_same(step, result, tmp_path, uninterrupted)


def test_without_resume_a_stage_begins_anew(tmp_path, uninterrupted):
    killed_step = fresh()
    train(tmp_path, killed_step)
    step = fresh()

    result = train(tmp_path, step, resume=False)

    assert_the_same(step, result, tmp_path, uninterrupted)


def test_a_second_ctrl_c_still_gives_the_folder_back():
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        with interruptible() as wish:
            signal.raise_signal(signal.SIGINT)
            assert wish.stop
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGINT, before)
