"""Views of two images: one draw for the whole batch, and a share that is exact."""

from __future__ import annotations

import pytest
import torch

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.views.beta import beta
from kdgraph.views.cutmix import box
from kdgraph.views.draw import Draw
from kdgraph.views.program import run
from kdgraph.viewstep import ViewStep

BLACK = torch.zeros(6, 1, 8, 10, dtype=torch.uint8)
WHITE = torch.full_like(BLACK, 255)
EXAMPLES = torch.arange(6)
PARTNERS = EXAMPLES + 10
OTHER = ViewStep("other", "images", knobs=(("index", "j"),))
PLACE = {"seed": 0, "stage": 1, "epoch": 1}


def seen(word: str, step: int = 0, seed: int = 0, train: bool = True) -> dict[str, torch.Tensor]:
    """Black images mixed with white ones."""
    steps = [OTHER, ViewStep("m", word, ("image", "other"), site="m")]
    return run(
        steps, BLACK, EXAMPLES, seed=seed, stage=2, epoch=1, train=train, step=step,
        asked={"j": PARTNERS}, others=lambda numbers: WHITE[numbers - 10],
    )  # fmt: skip


@pytest.mark.parametrize("word", ["cutmix", "mixup"])
def test_the_share_is_what_is_left_of_the_first_image(word):
    for step in range(50):
        views = seen(word, step)
        white = views["m"].double().mean((1, 2, 3)) / 255

        assert views["m"].dtype == torch.uint8
        assert (white == white[0]).all()
        assert views["share(m)"].item() == pytest.approx(1 - white[0].item(), abs=0.5 / 255)


def test_the_share_of_a_box_is_exact_to_the_pixel():
    for step in range(50):
        views = seen("cutmix", step)
        white = (views["m"][0] == 255).sum().item()

        assert views["share(m)"].item() == pytest.approx(1 - white / 80, abs=1e-7)


@pytest.mark.parametrize("word", ["cutmix", "mixup"])
def test_each_step_draws_anew_and_a_step_done_again_draws_the_same(word):
    shares = [seen(word, step)["share(m)"].item() for step in range(30)]

    assert shares == [seen(word, step)["share(m)"].item() for step in range(30)]
    assert len(set(shares)) > 8
    assert shares != [seen(word, step, seed=1)["share(m)"].item() for step in range(30)]


@pytest.mark.parametrize("word", ["cutmix", "mixup"])
def test_in_evaluation_the_image_is_whole(word):
    views = seen(word, train=False)

    assert torch.equal(views["m"], BLACK)
    assert views["share(m)"].item() == 1.0


def test_shares_of_alpha_two_have_the_mean_and_the_variance_of_their_beta_distribution():
    # Beta(2, 2): mean 1/2, variance 2·2/(4²·5) = 1/20
    shares = torch.tensor([beta(Draw(0, 1, 1, 3, torch.tensor([n])), 2.0) for n in range(2000)])

    assert shares.mean() == pytest.approx(0.5, abs=4 * (1 / 20 / 2000) ** 0.5)
    assert shares.var() == pytest.approx(1 / 20, abs=0.005)


def test_a_box_is_cut_off_at_the_border_and_reaches_as_far_on_both_sides_of_its_middle():
    for step in range(200):
        top, bottom, left, right = box(Draw(0, 1, 1, 3, torch.tensor([step])), 8, 10, 2.0)

        assert 0 <= top <= bottom <= 8
        assert 0 <= left <= right <= 10


def test_shares_of_alpha_one_are_uniform():
    shares = torch.tensor([seen("mixup", step)["share(m)"].item() for step in range(1000)])

    assert shares.mean() == pytest.approx(0.5, abs=4 * (1 / 12 / 1000) ** 0.5)
    assert shares.var() == pytest.approx(1 / 12, abs=0.01)


def test_images_of_two_sizes_are_not_mixed():
    steps = [
        ViewStep("small", "center_crop", knobs=(("size", 4),)),
        ViewStep("m", "cutmix", ("image", "small"), site="m"),
    ]

    with pytest.raises(RecipeError, match="images are 1x8x10 and 1x4x4"):
        run(steps, BLACK, EXAMPLES, seed=0, stage=1, epoch=1, train=True)


def test_another_image_is_asked_for_by_its_number_and_in_evaluation_it_is_the_image_itself():
    assert torch.equal(seen("mixup")["other"], WHITE)
    assert torch.equal(run([OTHER], BLACK, EXAMPLES, **PLACE, train=False)["other"], BLACK)
