"""On a terminal a live display comes and goes, and the terminal is left as it was."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time

import pytest

from tests.end_to_end.command import environment, tiny

pty = pytest.importorskip("pty", reason="a terminal is made of Unix's own")
HIDDEN, SHOWN = "\x1b[?25l", "\x1b[?25h"
LATE = """\
loss: sup + late
where:
  sup: cross_entropy(student.logits, y)
  late: mean(student.logits²)/(300 - step)
"""


def typed(*words: str, folder, cache, until: str = "") -> tuple[int, str]:
    """The command on a terminal, with Ctrl-C when it has said `until`: code, and what it drew."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "kdgraph", *words],
        cwd=folder,
        env=environment(cache) | {"TERM": "xterm-256color", "LINES": "24"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    drawn, began = "", time.monotonic()
    while time.monotonic() - began < 90:
        try:
            drawn += os.read(ours, 4096).decode(errors="replace")
        except OSError:  # the other end is closed
            break
        if until and until in drawn:
            process.send_signal(signal.SIGINT)
            until = ""
    os.close(ours)
    return process.wait(timeout=10), drawn


def test_a_mistake_gives_the_cursor_back(tmp_path, cache):
    (tmp_path / "late.kd").write_text(LATE)
    many = ("--set", "train.epochs=40", "--no-alone", "--on", str(tiny(tmp_path)))
    code, drawn = typed("run", "late.kd", *many, folder=tmp_path, cache=cache)

    assert code == 1
    assert drawn.count(HIDDEN) == drawn.count(SHOWN) == 1
    assert "late 0.0" in drawn
    message = drawn[drawn.rindex(SHOWN) :]
    assert "error[KD670]: `late` is not finite in epoch 28, step 300" in message


def test_ctrl_c_gives_the_cursor_back_and_says_how_to_go_on(tmp_path, cache):
    long = ("--set", "train.epochs=4000", "--set", "train.drops=[epochs/2, 3/4]", "--no-alone")
    more = (*long, "--on", str(tiny(tmp_path)))
    code, drawn = typed("run", "ce", *more, folder=tmp_path, cache=cache, until="img/s")

    assert code == 130
    assert drawn.count(HIDDEN) == drawn.count(SHOWN) == 1
    after = drawn[drawn.rindex(SHOWN) :]
    hint = shlex.split(after.splitlines()[-1])
    assert hint == ["kdgraph", "run", "ce", *more, "--out", "runs/ce", "--resume"]
