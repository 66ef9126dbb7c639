"""The command line as people run it, on a setting so small that a run takes a second."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

CHECKOUT = Path(__file__).parents[2]
SETTING = """\
title: made-up digits for tests
data: {name: synthetic, classes: 4, channels: 1, size: 8, limit: 88, test_limit: 40, augment: "crop(image, pad=1)"}
models:
  teacher: {name: convnet16, weights: train, train: {epochs: 2}}
  student: convnet8
train: {epochs: 2, batch: 8, lr: 0.1, schedule: onecycle}
"""  # noqa: E501 - as a setting is written
STEPS = 11
"""of an epoch"""


def tiny(folder: Path, text: str = SETTING) -> Path:
    """The setting as a file."""
    path = folder / "tiny.yaml"
    path.write_text(text)
    return path


def environment(cache: Path) -> dict[str, str]:
    """One thread for each process, no terminal, a cache of the test's own."""
    told = {"KDGRAPH_CACHE": str(cache), "OMP_NUM_THREADS": "1", "COLUMNS": "80"}
    return {**os.environ, **told, "PYTHONPATH": str(CHECKOUT), "PYTHONIOENCODING": "utf-8"}


def start(*words: str, folder: Path, cache: Path) -> subprocess.Popen[str]:
    """`kdgraph …` in a folder, as a process that goes on by itself."""
    return subprocess.Popen(
        [sys.executable, "-m", "kdgraph", *map(str, words)],
        cwd=folder,
        env=environment(cache),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def finish(process: subprocess.Popen[str], seconds: float = 120) -> tuple[int, str, str]:
    """Its exit code, and what it said."""
    out, err = process.communicate(timeout=seconds)
    return process.returncode, out, err


def kdgraph(*words: str, folder: Path, cache: Path) -> tuple[int, str, str]:
    """`kdgraph …` in a process of its own: exit code, output, errors."""
    return finish(start(*words, folder=folder, cache=cache))


class Here:
    """`kdgraph …` in this process, which has loaded torch already."""

    def __init__(self, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self.patch, self.capture = patch, capture

    def __call__(self, *words: object) -> tuple[int, str, str]:
        from kdgraph.cli import main

        self.patch.setattr(sys, "argv", ["kdgraph", *map(str, words)])
        self.capture.readouterr()
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            main()
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 1
        else:
            code = 0
        finally:
            torch.set_num_threads(threads)
        return code, *self.capture.readouterr()
