"""The same law for methods that have no teacher, only memory: killed, resumed, bit for bit."""

from __future__ import annotations

import signal

import pytest

from tests.end_to_end.command import STEPS, kdgraph
from tests.laws.test_resume import assert_the_same, kill_after, words


@pytest.mark.parametrize("recipe", ["dlb", "ema"])
def test_killed_in_the_middle_of_an_epoch_and_resumed_in_a_new_process(recipe, tmp_path):
    # dlb remembers the images of the step before, ema the averages of the student's weights
    cut, whole = tmp_path / "cut", tmp_path / "whole"
    for folder in (cut, whole):
        folder.mkdir()
    command = words(recipe, whole, "--no-alone")
    assert kdgraph(*command, folder=whole, cache=tmp_path)[::2] == (0, "")

    command = words(recipe, cut, "--no-alone")
    checkpoints = cut / recipe / "checkpoints" / "1"
    code, _, _ = kill_after(STEPS + 3, checkpoints, *command, folder=cut, cache=tmp_path)
    assert code == -signal.SIGKILL
    code, out, err = kdgraph(*command, "--resume", folder=cut, cache=tmp_path)
    assert (code, err) == (0, "")
    assert "goes on after step" in out
    assert_the_same(cut / recipe, whole / recipe)
