"""The program of views: sharing by name, rows side by side, the deterministic form."""

from __future__ import annotations

import pytest
import torch

from kdgraph.views.program import run
from kdgraph.views.steps import ViewStep

EXAMPLES = torch.arange(200, 232)
PLACE = {"seed": 0, "stage": "student", "epoch": 1}
SSKD = (
    ViewStep("flipped", "flip", site="flip(image)"),
    ViewStep("x", "crop", ("flipped",), (("pad", 4),), site="x"),
    ViewStep("turned", "rotate", ("flipped",), (("angles", (90, 180, 270)),), rows=3),
    ViewStep("rot", "crop", ("turned",), (("pad", 4),), site="rot", rows=3),
)


def pixels(count: int = 32) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, 3, 8, 8), dtype=torch.uint8, generator=generator)


def test_sskds_views_have_their_rows_and_stay_uint8():
    views = run(SSKD, pixels(), EXAMPLES, **PLACE, train=True)

    assert list(views) == ["image", "flipped", "x", "turned", "rot"]
    assert [len(view) for view in views.values()] == [32, 32, 32, 96, 96]
    assert {view.dtype for view in views.values()} == {torch.uint8}


def test_the_turns_of_an_image_share_its_coin():
    views = run(SSKD, pixels(), EXAMPLES, **PLACE, train=True)

    upright = torch.rot90(views["turned"][0::3], -1, (2, 3))
    assert torch.equal(upright, views["flipped"])


def test_in_evaluation_random_views_take_their_deterministic_form():
    views = run(SSKD, pixels(), EXAMPLES, **PLACE, train=False)

    assert torch.equal(views["x"], pixels())
    assert torch.equal(views["rot"][2::3], torch.rot90(pixels(), 3, (2, 3)))


def test_two_sites_are_two_draws_and_one_site_is_one():
    steps = [ViewStep(name, "crop", site=at) for name, at in (("a", "1"), ("b", "2"), ("c", "1"))]

    views = run(steps, pixels(), EXAMPLES, **PLACE, train=True)

    assert torch.equal(views["a"], views["c"])
    assert not torch.equal(views["a"], views["b"])


@pytest.mark.parametrize("other", [{"seed": 1}, {"stage": "teacher"}, {"epoch": 2}])
def test_seed_stage_and_epoch_each_change_the_draws(other):
    here = run(SSKD, pixels(), EXAMPLES, **PLACE, train=True)
    there = run(SSKD, pixels(), EXAMPLES, **{**PLACE, **other}, train=True)

    assert not torch.equal(here["x"], there["x"])
    assert not torch.equal(here["flipped"], there["flipped"])


def test_neither_order_nor_batch_size_changes_an_images_views():
    whole = run(SSKD, pixels(), EXAMPLES, **PLACE, train=True)
    order = torch.randperm(32, generator=torch.Generator().manual_seed(1))

    for part in order.split(5):
        views = run(SSKD, pixels()[part], EXAMPLES[part], **PLACE, train=True)
        assert torch.equal(views["x"], whole["x"][part])
        assert torch.equal(
            views["rot"].view(-1, 3, 3, 8, 8), whole["rot"].view(32, 3, 3, 8, 8)[part]
        )


def test_the_global_generator_is_neither_asked_nor_moved():
    torch.manual_seed(0)
    before = torch.get_rng_state()

    run(SSKD, pixels(), EXAMPLES, **PLACE, train=True)

    assert torch.equal(torch.get_rng_state(), before)


def test_only_is_told_how_many_rows_an_image_has():
    steps = [
        ViewStep("all", "rotate", knobs=(("angles", (0, 90, 180, 270)),), rows=4),
        ViewStep("x", "only", ("all",), (("j", 2),)),
    ]

    views = run(steps, pixels(), EXAMPLES, **PLACE, train=True)

    assert torch.equal(views["x"], torch.rot90(pixels(), 2, (2, 3)))


def test_an_empty_batch_has_empty_views():
    views = run(SSKD, pixels(0), EXAMPLES[:0], **PLACE, train=True)

    assert [len(view) for view in views.values()] == [0, 0, 0, 0, 0]


def test_a_step_that_promises_other_rows_is_our_fault():
    steps = [ViewStep("all", "rotate", knobs=(("angles", (0, 90)),), rows=3)]

    with pytest.raises(ValueError, match="64 rows, not 3 an image"):
        run(steps, pixels(), EXAMPLES, **PLACE, train=True)


def test_a_view_may_be_another_one_under_a_second_name():
    steps = [ViewStep("x", "same"), ViewStep("again", "same", ("x",))]

    views = run(steps, pixels(), EXAMPLES, **PLACE, train=True)

    assert torch.equal(views["again"], pixels())


def test_views_are_stacked_row_by_row_and_one_of_them_is_drawn():
    steps = (
        ViewStep("turned", "rotate", knobs=(("angles", (90, 180)),), rows=2),
        ViewStep("all", "stack", ("image", "turned"), rows=3),
        ViewStep("any", "oneof", ("all",), site="any"),
    )
    views = run(steps, pixels(), EXAMPLES, **PLACE, train=True)
    whole = views["all"].unflatten(0, (32, 3))

    assert torch.equal(whole[:, 0], views["image"])
    assert torch.equal(whole[:, 1:].flatten(0, 1), views["turned"])
    place = (whole == views["any"][:, None]).flatten(2).all(dim=2)
    assert place.any(dim=1).all()
    assert place.sum(dim=0).min() > 3
    still = run(steps, pixels(), EXAMPLES, **PLACE, train=False)
    assert torch.equal(still["any"], still["image"])


def test_what_is_drawn_for_an_image_does_not_depend_on_its_place():
    steps = (
        ViewStep("all", "rotate", knobs=(("angles", (0, 90, 180, 270)),), rows=4),
        ViewStep("any", "oneof", ("all",), site="any"),
    )
    order = torch.randperm(32, generator=torch.Generator().manual_seed(2))
    straight = run(steps, pixels(), EXAMPLES, **PLACE, train=True)["any"]
    mixed = run(steps, pixels()[order], EXAMPLES[order], **PLACE, train=True)["any"]

    assert torch.equal(mixed, straight[order])
