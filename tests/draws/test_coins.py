"""Coins and choices of a step: how often, how many, and that they depend on nothing else."""

from __future__ import annotations

import math

import pytest
import torch

import kdgraph
from kdgraph.draws.coins import choose, gate
from kdgraph.draws.draw import Source
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.models.build import build
from kdgraph.views.draw import Draw

COINS = """
loss: sup + Σ(g in gates) g·mean(student.logits²)
where:
  sup: cross_entropy(student.logits, y)
  gates: {draw}
"""


def source(step, seed=0, stage="student"):
    return Source(Draw(seed, stage, 0, 7, torch.tensor([step])))


def tossed(steps=4000, n=3, p=0.75):
    return torch.stack([gate(p, n, source=source(step)) for step in range(steps)])


def test_coins_are_ones_as_often_as_asked_and_apart_from_one_another():
    coins = tossed()
    # 4000 tosses at 3/4: a standard deviation of 0.0068 for the share, of 0.0030 for the covariance
    assert set(coins.unique().tolist()) == {0.0, 1.0}
    assert (coins.mean(0) - 0.75).abs().max() < 4 * math.sqrt(0.75 * 0.25 / 4000)
    together = torch.cov(coins.T)
    assert (together - together.diag().diag()).abs().max() < 4 * 0.75 * 0.25 / math.sqrt(4000)
    # nor does a step tell of the one after it
    after = torch.cov(torch.stack([coins[:-1, 0], coins[1:, 0]]))[0, 1]
    assert after.abs() < 4 * 0.75 * 0.25 / math.sqrt(4000)


@pytest.mark.parametrize(("p", "all_of_them"), [(0.0, 0.0), (1.0, 1.0)])
def test_coins_that_are_certain_are(p, all_of_them):
    assert (tossed(500, p=p) == all_of_them).all()


def test_a_choice_leaves_out_exactly_so_many_and_each_set_equally_often():
    counts: dict[tuple[float, ...], int] = {}
    for step in range(3000):
        found = tuple(choose(4, drop=2, source=source(step)).tolist())
        assert sorted(found) == [0, 0, 1, 1]
        counts[found] = counts.get(found, 0) + 1
    # six sets, chi-square at 5 degrees of freedom: 20.5 is passed once in a thousand
    assert len(counts) == 6
    assert sum((one - 500) ** 2 / 500 for one in counts.values()) < 20.5


def test_no_thing_and_nothing_left_out():
    assert gate(0.5, 0, source=source(1)).shape == (0,)
    assert choose(0, drop=0, source=source(1)).shape == (0,)
    assert choose(3, drop=0, source=source(1)).tolist() == [1, 1, 1]


def test_seed_stage_and_step_decide_the_coins():
    def series(**place):
        return [gate(0.5, 8, source=source(step, **place)).tolist() for step in range(8)]

    assert series() == series()
    assert series() != series(seed=1)
    assert series() != series(stage="a1")


@pytest.fixture
def step_of():
    torch.manual_seed(0)
    student = build("convnet8", 10, channels=1)

    def made(draw, **more):
        recipe = COINS.replace("{draw}", draw)
        models = {"student": student}
        return kdgraph.compile(recipe, models=models, sample=torch.zeros(2, 1, 8, 8), **more)

    return made


def told(step, number, rows=4):
    """How many of the gates were open."""
    step.eval()
    step.clock(epoch=1, epochs=2, step=number)
    generator = torch.Generator().manual_seed(5)
    x = torch.randn(rows, 1, 8, 8, generator=generator)
    out = step(x, torch.zeros(rows, dtype=torch.int64))
    (name,) = (one for one in out.terms if one != "sup")
    value = out.terms[name] / step.models["student"].eval()(x).square().mean()
    return round(value.item())


def test_a_step_draws_without_the_numbers_of_examples_and_whatever_the_batch(step_of):
    step = step_of("gate(0.5, 6)")
    series = [told(step, number) for number in range(12)]

    assert len(set(series)) > 2
    assert series == [told(step, number, rows=7) for number in range(12)]
    assert series == [told(step_of("gate(0.5, 6)"), number) for number in range(12)]
    assert series != [told(step_of("gate(0.5, 6)", seed=3), number) for number in range(12)]


def test_without_a_clock_every_commit_draws_anew(step_of):
    step = step_of("gate(0.5, 8)")
    x, y = torch.zeros(2, 1, 8, 8), torch.zeros(2, dtype=torch.int64)
    seen = set()
    for _ in range(12):
        known = {"x": x, "y": y}
        step.draws.fill(known, step.recollection.commits)
        seen.add(tuple(known["gates"].tolist()))
        step(x, y)
        step.commit()

    assert len(seen) > 6


def test_to_leave_out_as_many_as_there_are_is_refused(step_of):
    with pytest.raises(RecipeError) as caught:
        step_of("choose(2, drop=2)")

    assert "less than the 2 things" in str(caught.value)
