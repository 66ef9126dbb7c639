"""What ends a run on two ranks, and what is said of it."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.command import finish, kdgraph, start, tiny

pytestmark = pytest.mark.skipif(
    not Path("/proc").is_dir(), reason="finds the ranks in /proc, as Linux has them"
)
SECONDS = 120


def words(folder: Path, *more: str) -> tuple[str, ...]:
    two = ("run", "crd", "--devices", "2", "--device", "cpu", "--on", str(tiny(folder)))
    return (*two, "--set", "K=8", "--no-alone", "--out", "it", *more)


def until(found, process):
    """Wait for something in a process's work."""
    for _ in range(10 * SECONDS):
        if found():
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    raise AssertionError


def ranks(launcher: int) -> list[int]:
    """The processes of a launcher, by rank."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            told = (path.parent / "environ").read_text().split("\0")
        except OSError:
            continue
        rank = [one for one in told if one.startswith("RANK=")]
        if parent == launcher and rank:
            found[int(rank[0].removeprefix("RANK="))] = int(path.parent.name)
    return [found[rank] for rank in sorted(found)]


def lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@dataclass(frozen=True)
class Story:
    """What became of a run on two ranks: exit code, output and errors of each command."""

    beside: tuple[int, str, str]
    killed: tuple[int, str, str]
    out: str
    err: str
    orphans: list[int]


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """It trains, its second rank is killed, it goes on, and its launcher is killed."""
    folder = tmp_path_factory.mktemp("story")
    place = {"folder": folder, "cache": folder / "cache"}
    kept = folder / "it" / "checkpoints" / "1"
    long = words(folder, "--set", "train.epochs=5000")
    first = start(*long, **place)
    until(lambda: kept.is_dir() and any(kept.iterdir()), first)
    beside = kdgraph(*long, "--resume", **place)
    os.kill(ranks(first.pid)[1], signal.SIGKILL)
    killed = finish(first, SECONDS)
    last = max(kept.iterdir()).name
    again = start(*long, "--resume", **place)
    until(lambda: max(kept.iterdir()).name > last, again)
    found = ranks(again.pid)
    again.kill()
    out, err = again.communicate(timeout=SECONDS)  # which the ranks have as well
    time.sleep(1)
    yield Story(beside, killed, out, err, [one for one in found if lives(one)])
    for one in filter(lives, found):
        os.kill(one, signal.SIGKILL)


def test_a_folder_in_use_is_said_once(story):
    code, out, err = story.beside

    assert (code, out) == (1, "")
    assert err.startswith("error[KD687]")
    assert len(err.splitlines()) == 2


def test_a_rank_that_is_killed_is_named_and_nothing_else_is_said(story):
    code, _, err = story.killed

    assert code == 1
    assert err.startswith("error[KD697]: rank 1 of 2 was ended by SIGKILL")
    assert len(err.splitlines()) == 2


def test_a_run_goes_on_where_a_rank_was_killed_and_ends_with_its_launcher(story):
    assert story.err == ""
    assert "go on with" in story.out
    assert not story.orphans


def test_what_rank_0_alone_sees_is_said_once_and_without_a_traceback(tmp_path):
    place = {"folder": tmp_path, "cache": tmp_path / "cache"}
    nothing = kdgraph(*words(tmp_path, "--resume"), **place)
    (tmp_path / "it").mkdir()
    (tmp_path / "it" / "config.yaml").write_text("title: a run\n")
    exists = kdgraph(*words(tmp_path), **place)

    for (code, out, err), said in ((nothing, "KD676"), (exists, "KD675")):
        assert (code, out) == (1, "")
        assert err.count("error[") == err.count(f"error[{said}]") == 1
        assert len(err.splitlines()) == 2


def test_devices_that_are_not_there_are_refused_before_any_process_starts(tmp_path):
    command = [*words(tmp_path)]
    command[command.index("cpu")] = "cuda:99"
    code, out, err = kdgraph(*command, folder=tmp_path, cache=tmp_path / "cache")

    assert (code, out) == (1, "")
    assert err.count("error[KD678]") == 1


LEAVING = """
import sys, time
sys.path.insert(0, {checkout!r})
import torch.distributed as dist
from kdgraph.train.distributed import join
with join("cpu", 2) as (world, _):
    if world.rank == {late}:
        time.sleep(2)
"""


@pytest.mark.parametrize("late", [0, 1])
def test_a_rank_that_leaves_at_once_is_no_fault_in_the_other(late, tmp_path, capfd):
    from kdgraph.train.distributed import launch

    script = tmp_path / "leaving.py"
    script.write_text(LEAVING.format(checkout=str(Path(__file__).parents[2]), late=late))

    assert launch(2, [str(script)]) == 0
    assert capfd.readouterr().err == ""


def test_a_rank_with_a_fault_of_its_own_gives_its_exit_code_and_its_own_words(tmp_path, capfd):
    from kdgraph.train.distributed import launch

    script = tmp_path / "failing.py"
    words = "    if world.rank:\n        sys.exit('gone wrong')\n    dist.barrier()\n"
    script.write_text(LEAVING.format(checkout=str(Path(__file__).parents[2]), late=3) + words)

    assert launch(2, [str(script)]) == 1
    err = capfd.readouterr().err
    assert "gone wrong" in err
    assert "Traceback" not in err
