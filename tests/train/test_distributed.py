from __future__ import annotations

import os

import pytest
import torch
from safetensors.torch import load_file

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.batch import UnevenBatch
from kdgraph.lang.errors.run import WorldMismatch
from kdgraph.lower.gather import gather_rows
from kdgraph.train.distributed import ALONE, World, join, launch
from kdgraph.train.feed import Feed
from tests.train.ranks import everything
from tests.train.small import images, protocol


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """One process with the whole batch, and two with half of it each."""
    out = tmp_path_factory.mktemp("ranks")
    before = dict(os.environ)
    os.environ["PYTHONPATH"] = os.pathsep.join(["", *filter(None, [before.get("PYTHONPATH")])])
    code = launch(2, ["-m", "tests.train.ranks", str(out)])
    os.environ.clear()
    os.environ.update(before)
    assert code == 0
    (out / "one").mkdir()
    ranks = [load_file(out / f"rank{rank}.safetensors") for rank in (0, 1)]
    return everything(ALONE, out / "one"), *ranks, out


def test_two_processes_compute_what_one_computes(found):
    one, first, second, _ = found

    assert one.keys() == first.keys() == second.keys()
    for name, value in one.items():
        for rank in (first, second):
            torch.testing.assert_close(
                rank[name],
                value,
                rtol=1e-9,
                atol=1e-9,
                msg=lambda text, name=name: f"{name}: {text}",
            )


def test_the_gradient_through_gathered_rows_is_not_silently_zero(found):
    _, first, _, _ = found

    for kind in ("eager", "compiled"):
        assert first[f"{kind}/gradient"].abs().min() > 1e-4


def test_all_ranks_have_the_same_memory_and_the_same_result(found):
    _, first, second, _ = found

    for name in ("stage/memory.rows", "stage/history"):
        assert torch.equal(first[name], second[name])


def test_memory_is_given_the_rows_of_all_ranks_in_the_order_of_the_batch(found):
    _, first, second, _ = found

    for rank in (first, second):
        assert rank["rows/evenly"].tolist() == [0, 1, 2, 3, 4, 5]
        assert rank["rows/5"].tolist() == [10, 11, 12, 13, 14]  # three rows and two
        assert rank["rows/1"].tolist() == [10]  # one and none
        assert rank["rows/5 wide"].tolist() == [[float(row)] * 3 for row in range(10, 15)]
        assert not rank["rows/5 wide"].requires_grad


def test_a_mean_over_ranks_weighs_each_by_its_rows(found):
    # (10 + 11 + 12 + 13 + 14) / 5, not the mean of 11 and 13.5
    assert found[1]["rows/5 mean"] == 12
    assert found[1]["rows/1 mean"] == 10


def test_ranks_stop_together_though_only_one_was_asked_to(found):
    # asked in step 7, agreed at the fetch of step 8
    *_, out = found

    assert [(out / "stopped" / f"stopped{rank}").read_text() for rank in (0, 1)] == ["8", "8"]


def test_ranks_go_on_from_a_checkpoint_as_if_they_had_not_stopped(found):
    _, first, second, _ = found

    for rank in (first, second):
        for name in ("memory.rows", "student.fc.weight", "history"):
            assert torch.equal(rank[f"stopped/{name}"], rank[f"stage/{name}"])


def test_a_number_of_devices_that_the_launcher_did_not_start_is_refused(found):
    assert (found[-1] / "refused").read_text() == "KD677"


def test_without_a_launcher_several_devices_are_refused_rather_than_run_as_one():
    with pytest.raises(RecipeError) as caught, join("cpu", 2):
        pass

    assert isinstance(caught.value.diagnostics[0], WorldMismatch)


def test_alone_there_is_one_process_and_nothing_to_gather():
    with join("cpu") as (world, device):
        assert world == ALONE
        assert device.type == "cpu"
        rows = torch.randn(3, 2)
        assert gather_rows(rows) is rows


def test_a_program_that_fails_gives_its_exit_code():
    assert launch(1, ["-c", "raise SystemExit(3)"]) == 3


def test_a_batch_that_ranks_cannot_share_evenly_is_refused():
    with pytest.raises(RecipeError) as caught:
        Feed(images().train, protocol(batch=9), World(size=2), torch.device("cpu"), 1)

    assert isinstance(caught.value.diagnostics[0], UnevenBatch)


def test_ranks_have_equal_shares_of_every_batch_and_what_is_over_sits_out():
    numbers = torch.arange(15)
    shares = []
    for rank in range(2):
        feed = Feed(images(15).train, protocol(batch=4), World(rank, 2), torch.device("cpu"), 1)
        shares.append([one.examples.tolist() for one in feed.read(numbers)])

    assert shares == [[[0, 1], [4, 5], [8, 9], [12]], [[2, 3], [6, 7], [10, 11], [13]]]
