"""One entry of each row: each as likely as the others, and a function of its place alone."""

from __future__ import annotations

import torch

from kdgraph.draws.draw import Source
from kdgraph.draws.pick import pick
from kdgraph.views.draw import Draw

ROWS = torch.arange(40).reshape(8, 5)


def drawn(examples: torch.Tensor, epoch: int = 1, seed: int = 0) -> torch.Tensor:
    return pick(ROWS[examples], source=Source(Draw(seed, "student", epoch, 7, examples)))


def test_each_row_gives_one_of_its_own():
    found = drawn(torch.arange(8))

    assert found.shape == (8,)
    assert torch.equal(found // 5, torch.arange(8))


def test_every_entry_is_as_likely():
    # 4000 draws of 5: each 800 times, give or take 4·√(4000·0.2·0.8) = 101
    found = torch.cat([drawn(torch.arange(8), epoch) for epoch in range(500)])
    counts = torch.bincount(found % 5, minlength=5)

    assert ((counts - 800).abs() < 101).all()


def test_order_and_company_do_not_matter_but_the_epoch_and_the_seed_do():
    every = torch.arange(8)
    some = torch.tensor([6, 1, 3])

    assert torch.equal(drawn(some), drawn(every)[some])
    assert not torch.equal(drawn(every), drawn(every, epoch=2))
    assert not torch.equal(drawn(every), drawn(every, seed=1))
