"""Uniform numbers: their shape, their spread, and that they depend on nothing but their place."""

from __future__ import annotations

import pytest
import torch

import kdgraph
from kdgraph.draws.draw import Source
from kdgraph.draws.uniform import uniform
from kdgraph.views.draw import Draw
from tests.lower.small import Net

EVERY = torch.arange(10)
RECIPE = """
loss: cross_entropy(student.logits, y) + mse(student.conv·seen, teacher.conv)
where:
  seen: uniform(x, 1, height(teacher.conv), 6) >= 0.25
"""


def drawn(*sizes, examples=EVERY, epoch=1, seed=0, site=7, rows=1):
    view = torch.zeros(len(examples) * rows, 1, 2, 2)
    return uniform(view, *sizes, source=Source(Draw(seed, "student", epoch, site, examples)))


def compiled(text=RECIPE, seed=0, **values):
    torch.manual_seed(0)
    models = {"teacher": Net(4).double(), "student": Net(4).double()}
    sample = torch.rand(4, 3, 6, 6, dtype=torch.float64)
    return kdgraph.compile(text, models=models, sample=sample, seed=seed, set=values)


def test_each_row_has_numbers_of_the_sizes_asked_for():
    found = drawn(2, 3, 4)

    assert found.shape == (10, 2, 3, 4)
    assert found.min() >= 0
    assert found.max() < 1


def test_all_numbers_are_equally_likely():
    # chi-square over 10 bins of 20 000 numbers: at 9 degrees of freedom 27.9 is passed once in 1000
    counts = torch.histc(drawn(2000), bins=10, min=0, max=1)

    assert ((counts - 2000) ** 2 / 2000).sum() < 27.9


def test_neither_order_nor_company_changes_the_draw_of_an_example():
    order = torch.tensor([7, 2, 9])

    assert torch.equal(drawn(5, examples=order), drawn(5)[order])


@pytest.mark.parametrize("other", [{"epoch": 2}, {"seed": 1}, {"site": 8}], ids=str)
def test_another_place_or_time_is_another_draw(other):
    assert not torch.equal(drawn(5, **other), drawn(5))


def test_the_rows_of_one_image_have_draws_of_their_own():
    found = drawn(5, rows=3).reshape(10, 3, 5)

    assert len(found.reshape(30, 5).unique(dim=0)) == 30
    assert torch.equal(found[4:5].flatten(0, 1), drawn(5, examples=EVERY[4:5], rows=3))


def test_a_recipe_masks_a_map_and_draws_anew_in_each_epoch():
    step = compiled()
    x, y, i = torch.rand(4, 3, 6, 6).double(), torch.arange(4), torch.arange(4)
    losses = []
    for epoch in (1, 1, 2):
        step.clock(epoch=epoch, epochs=2, step=0)
        losses.append(step(x, y, i).total.item())

    assert losses[0] == losses[1]
    assert losses[0] != losses[2]


def test_the_mask_of_a_recipe_is_the_draw_of_its_place():
    step = compiled('loss: sum(student.conv·(u >= 0.5))\nwhere: {u: "uniform(x, 1, 6, 6)"}\n')
    step.clock(epoch=3, epochs=9, step=0)
    x, i = torch.rand(4, 3, 6, 6).double(), torch.tensor([3, 1, 4, 15])
    known = {"i": i, "x": x}
    step.draws.fill(known, commits=0)
    (name,) = known.keys() - {"i", "x"}
    mask = known[name] >= 0.5

    found = step(x, None, i).total

    by_hand = (step.models["student"].conv(x) * mask).sum()
    assert mask.shape == (4, 1, 6, 6)
    torch.testing.assert_close(found, by_hand)


def test_without_the_examples_numbers_it_is_told_what_is_missing():
    with pytest.raises(TypeError, match="needs 'i'"):
        compiled()(torch.rand(4, 3, 6, 6).double(), torch.arange(4))


def test_two_spellings_are_two_draws_and_one_name_is_one():
    two = compiled("loss: sum(student.conv·(uniform(x, 1, 6, 6) - uniform(x, 1, 6, 6)))\n")
    one = compiled('loss: sum(student.conv·(u - u))\nwhere: {u: "uniform(x, 1, 6, 6)"}\n')
    x, i = torch.rand(4, 3, 6, 6).double(), torch.arange(4)

    assert two(x, None, i).total.item() != 0
    assert one(x, None, i).total.item() == 0


def test_it_is_drawn_from_a_view_and_not_from_what_is_computed():
    text = "loss: mse(student.conv·uniform(teacher.conv, 1, 6, 6), teacher.conv)\n"

    with pytest.raises(kdgraph.RecipeError, match="KD5"):
        compiled(text)
