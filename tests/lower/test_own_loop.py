"""A loop of one's own on two ranks under DistributedDataParallel is one process with all rows."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file

from tests.docs.pages import blocks
from tests.end_to_end.command import CHECKOUT, environment
from tests.lower.own_loop import WAYS, Way, batch, everything, step_of

TWO = ["-m", "torch.distributed.run", "--nproc-per-node", "2"]
TWO += ["--rdzv-backend", "c10d", "--rdzv-endpoint", "localhost:0"]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """One process with whole batches; two with half of each; what those two said of mistakes."""
    out = tmp_path_factory.mktemp("ranks")
    done = subprocess.run(
        [sys.executable, *TWO, "-m", "tests.lower.own_loop", str(out)],
        cwd=CHECKOUT, env=environment(out / "cache"), timeout=300, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    one = everything(0, 1)
    torch.set_num_threads(threads)
    ranks = [load_file(out / f"rank{rank}.safetensors") for rank in (0, 1)]
    faults = [
        dict(line.split(": ", 1) for line in (out / f"faults{rank}").read_text().splitlines())
        for rank in (0, 1)
    ]
    return one, ranks, faults


@pytest.mark.parametrize("way", WAYS)
def test_losses_weights_and_memory_are_those_of_one_process(way, found):
    one, ranks, _ = found
    names = [name for name in one if name.startswith(f"{way}/")]

    assert f"{way}/2/total" in names
    for rank in ranks:
        assert {name for name in rank if name.startswith(f"{way}/")} == {*names}
        for name in names:
            torch.testing.assert_close(
                rank[name], one[name], rtol=1e-9, atol=1e-12,
                msg=lambda text, name=name: f"{name}: {text}",
            )  # fmt: skip


def test_memory_has_the_rows_of_both_ranks_and_moves(found):
    _, ranks, _ = found
    start = step_of(Way("crd", "by hand"), 0).memory["crd.M_s"].rows
    seen = torch.cat([batch(10 * number)[2] for number in range(3)]).unique()

    for rank in ranks:
        moved = (rank["crd/memory/crd.M_s/rows"] != start).any(dim=1).nonzero().flatten()
        assert moved.tolist() == seen.tolist()


def test_both_ranks_are_equal_to_the_bit_in_what_they_remember(found):
    _, (first, second), _ = found

    for name, value in first.items():
        if "/memory/" in name and not name.startswith("ema"):
            assert torch.equal(value, second[name]), name


SAID = {
    "early": "RuntimeError: torch.distributed was initialised after this step was compiled",
    "alone": "nothing",
    "rows that meet": "ValueError: the ranks have 6, 5 rows, but rows of all ranks meet",
    "rows that are remembered": "ValueError: the ranks have 6, 5 rows, but rows of all ranks are",
    "batches": "RuntimeError: the ranks have called the step 2, 1 times since the last commit",
    "places": "RuntimeError: rank 0 is in its forward, rank 1 is in `commit()`",
    "forgotten": "RuntimeError: rank 0 is in its forward, rank 1 is in `commit()`",
    "recipes": "RuntimeError: the ranks have compiled different recipes",
    "group": 'TypeError: group takes a torch.distributed process group or "alone"',
}


@pytest.mark.parametrize("what", SAID)
def test_what_ranks_do_differently_is_said_on_each_of_them(what, found):
    *_, faults = found

    for rank in faults:
        assert rank[what].startswith(SAID[what])


def test_the_loop_of_the_docs_runs_on_two_ranks(tmp_path):
    (script,) = [one for one in blocks("own-loop") if one.file == "train.py"]
    (tmp_path / "train.py").write_text(script.text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, *TWO, "train.py"], cwd=tmp_path, env=environment(tmp_path / "cache"),
        timeout=120, check=False, capture_output=True, text=True,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (0, "64 rows are remembered\n"), done.stderr
