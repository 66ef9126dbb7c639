"""Tables are computed once, kept whole, and taken up behind the rows that were written down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from kdgraph.train.shelf import Shelf, _written
from tests.train.flips import flips

ROWS = torch.arange(12.0).reshape(6, 2)
FACTS = {"model": "convnet16"}


class Work:
    """Gives the rows two at a time, and notes from where on it was asked."""

    def __init__(self, folder: Path, save_every: float = 300.0) -> None:
        self.asked: list[int] = []
        self.said: list[str] = []
        self.shelf = Shelf(
            folder, lambda: self.said.append("begun"), lambda one: self.said.append(one.code),
            lambda: None, save_every,
        )  # fmt: skip

    def table(self, facts: dict[str, object] | None = None, dies_at: int = 99) -> Tensor:
        def rows(first: int) -> Iterator[Tensor]:
            self.asked.append(first)
            for start in range(first, len(ROWS), 2):
                if start >= dies_at:
                    raise InterruptedError
                yield ROWS[start : start + 2]

        return self.shelf.table(facts or FACTS, rows, lambda every: every * 10)


def test_what_is_on_the_shelf_is_not_computed_again(tmp_path):
    first, second = Work(tmp_path), Work(tmp_path)

    assert first.table().equal(ROWS * 10)
    assert second.table().equal(ROWS * 10)
    assert (first.asked, second.asked) == ([0], [])
    assert (first.said, second.said) == (["begun"], [])


def test_another_fact_is_another_table(tmp_path):
    work = Work(tmp_path)
    work.table()
    work.table({"model": "convnet128"})

    assert work.asked == [0, 0]


def test_a_killed_process_is_followed_by_one_that_goes_on_behind_its_rows(tmp_path):
    first, second = Work(tmp_path, save_every=0.0), Work(tmp_path)
    with pytest.raises(InterruptedError):
        first.table(dies_at=4)

    assert second.table().equal(ROWS * 10)
    assert second.asked == [4]
    assert not list(tmp_path.glob("*.computing"))


def test_rows_that_were_cut_short_are_computed_again(tmp_path):
    with pytest.raises(InterruptedError):
        Work(tmp_path, save_every=0.0).table(dies_at=4)
    (second,) = tmp_path.glob("*.computing/rows-000000000002.safetensors")
    second.write_bytes(second.read_bytes()[:40])
    work = Work(tmp_path)

    assert work.table().equal(ROWS * 10)
    assert work.asked == [2]


@pytest.mark.parametrize("file", ["table.safetensors", "card.json"])
def test_a_table_that_was_changed_is_told_of_and_computed_again(file, tmp_path):
    Work(tmp_path).table()
    (kept,) = tmp_path.glob(f"*/{file}")
    kept.write_bytes(kept.read_bytes()[:-3])
    work = Work(tmp_path)

    assert work.table().equal(ROWS * 10)
    assert work.said == ["KD688", "begun"]


@pytest.mark.parametrize("file", ["table.safetensors", "card.json"])
def test_no_bit_of_a_kept_table_can_turn_over_unseen(file, tmp_path):
    Work(tmp_path).table()
    (kept,) = tmp_path.glob(f"*/{file}")

    for _ in flips(kept, 60):
        work = Work(tmp_path)
        assert work.table().equal(ROWS * 10)
        assert work.said == ["KD688", "begun"]


@pytest.mark.parametrize("ending", ["safetensors", "sha256"])
def test_no_bit_of_rows_that_were_written_down_can_turn_over_unseen(ending, tmp_path):
    with pytest.raises(InterruptedError):
        Work(tmp_path, save_every=0.0).table(dies_at=4)
    (second,) = tmp_path.glob(f"*.computing/rows-000000000002.{ending}")

    for _ in flips(second, 200):
        assert _written(second.parent)[1] == 2
    assert _written(second.parent)[1] == 4
