"""The laws of drawing: even, independent between places, and a function of the place alone."""

from __future__ import annotations

from hashlib import blake2b

import pytest
import torch
from torch import Tensor

from kdgraph.views.draw import Draw, mixed
from kdgraph.views.site import site

FLIP, CROP = site("flip(image)"), site("crop(flipped, pad=4)")
MANY = torch.arange(20_000)
DEVICES = [
    "cpu",
    pytest.param(
        "cuda",
        marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU"),
    ),
]


def draw(examples: Tensor, rows: int = 1, **place: int) -> Draw:
    return Draw(
        **{"seed": 0, "stage": 0, "epoch": 1, "site": FLIP, **place},
        examples=examples,
        rows=rows,
    )


def splitmix(z: int) -> int:
    """The finaliser in whole numbers of any length, as its authors print it."""
    word = (1 << 64) - 1
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & word
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & word
    return z ^ (z >> 31)


def correlation(a: Tensor, b: Tensor) -> float:
    return torch.corrcoef(torch.stack((a.flatten(), b.flatten())))[0, 1].item()


def test_the_first_numbers_of_splitmix64_from_seed_0_are_the_published_ones():
    golden = 0x9E3779B97F4A7C15
    states = torch.tensor([golden - (1 << 64), 2 * golden - (1 << 64)])

    words = [z % (1 << 64) for z in mixed(states).tolist()]

    assert words == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4]


def test_every_number_is_the_hash_that_the_module_describes():
    golden, silver, word = 0x9E3779B97F4A7C15, 0xD1342543DE82EF95, (1 << 64) - 1
    place = repr((7, 2, 5, CROP)).encode()
    key = int.from_bytes(blake2b(place, digest_size=8).digest(), "little")

    found = Draw(7, 2, 5, CROP, torch.tensor([3, 49_999]), 4).bits(3)

    by_hand = [
        [
            splitmix(splitmix((key + example * golden + row * silver) & word) + k * golden & word)
            for k in (1, 2, 3)
        ]
        for example in (3, 49_999)
        for row in range(4)
    ]
    assert [[z % (1 << 64) for z in row] for row in found.tolist()] == by_hand


@pytest.mark.parametrize("device", DEVICES)
def test_draws_are_the_same_on_every_device(device):
    here, there = draw(torch.arange(100), 3), draw(torch.arange(100, device=device), 3)

    assert torch.equal(here.uniform(4), there.uniform(4).cpu())
    assert torch.equal(here.integers(9, 4), there.integers(9, 4).cpu())


def test_uniform_numbers_fill_the_unit_interval_evenly():
    numbers = draw(MANY).uniform(4)

    counts = torch.histc(numbers, bins=100, min=0, max=1)
    expected = numbers.numel() / 100
    chi_square = ((counts - expected) ** 2 / expected).sum().item()
    assert numbers.dtype == torch.float32
    assert numbers.min() >= 0
    assert numbers.max() < 1
    assert chi_square < 148.2  # 99 degrees of freedom, one in a thousand


@pytest.mark.parametrize("high", [1, 2, 9, 1000])
def test_whole_numbers_are_all_below_high_and_even(high):
    numbers = draw(MANY).integers(high, 4)

    counts = torch.bincount(numbers.flatten(), minlength=high)
    expected = numbers.numel() / high
    chi_square = ((counts - expected) ** 2 / expected).sum().item()
    freedom = high - 1
    assert len(counts) == high
    assert chi_square <= freedom + 4 * (2 * freedom) ** 0.5 + 4


def test_pairs_of_neighbours_fill_the_square_evenly():
    numbers = draw(MANY).integers(8, 2)

    counts = torch.bincount(numbers[:-1, 0] * 8 + numbers[1:, 0], minlength=64)
    expected = (len(MANY) - 1) / 64
    assert ((counts - expected) ** 2 / expected).sum().item() < 103.5  # 63 degrees, 1 in 1000


@pytest.mark.parametrize(
    "other",
    [{"seed": 1}, {"stage": 1}, {"epoch": 2}, {"site": CROP}, {"site": FLIP + 1}],
)
def test_another_place_draws_independently(other):
    here, there = draw(MANY).uniform(2), draw(MANY, **other).uniform(2)

    assert not torch.equal(here, there)
    assert abs(correlation(here, there)) < 0.02  # four deviations of 40 000 pairs


def test_the_rows_and_numbers_of_an_image_are_independent():
    numbers = draw(MANY, rows=3).uniform(2).view(-1, 3, 2)

    assert abs(correlation(numbers[:, 0], numbers[:, 1])) < 0.02
    assert abs(correlation(numbers[:, 1], numbers[:, 2])) < 0.02
    assert abs(correlation(numbers[..., 0], numbers[..., 1])) < 0.02


def test_the_first_numbers_do_not_depend_on_how_many_are_drawn():
    assert torch.equal(draw(MANY).uniform(2), draw(MANY).uniform(5)[:, :2])


def test_neither_order_nor_batch_size_nor_ranks_move_a_draw():
    examples = torch.randperm(64, generator=torch.Generator().manual_seed(0))
    whole = draw(examples, rows=2).uniform(3).view(64, 2, 3)

    parts = [draw(part, rows=2).uniform(3) for part in examples.split(10)]
    in_order = draw(examples.sort().values, rows=2).uniform(3).view(64, 2, 3)

    assert torch.equal(torch.cat(parts).view(64, 2, 3), whole)
    assert torch.equal(in_order[examples], whole)


def test_no_two_of_a_million_rows_draw_the_same_bits():
    bits = draw(torch.arange(250_000), rows=4).bits(1)

    assert len(bits.unique()) == 1_000_000


def test_an_empty_batch_draws_nothing():
    assert draw(torch.arange(0), rows=3).uniform(2).shape == (0, 2)


def test_a_site_is_a_number_of_63_bits_that_its_text_fixes():
    assert site("flip(image)") == 2878065473415256169
    assert 0 <= site("") < 1 << 63
    assert site("a") != site("b")
