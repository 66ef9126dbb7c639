"""The library file itself, read plainly, against the papers' formulas and known numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from kdgraph.files import library
from kdgraph.lang.find import load_text
from kdgraph.lang.syntax import Call, Name
from kdgraph.registry import REGISTRY
from tests.references import methods
from tests.references.fills import steps, wave
from tests.references.interpreter import LIBRARY, SIZES, reading

TINY = 1e-9
LOGITS = steps((3, 4), 7, 1, 2.0), steps((3, 4), 5, 3, 2.0)
WAVES = wave((3, 4), 0.5, 0.3, 2), wave((3, 4), 0.7, 0.1, 2)
MAPS = wave((2, 3, 4, 4), 0.5, 0.3), wave((2, 3, 4, 4), 0.7, 0.1)


def tensors(pair: tuple[np.ndarray, np.ndarray]) -> dict[str, Tensor]:
    """Teacher and student as tensors that want a gradient."""
    return {name: torch.tensor(v).requires_grad_() for name, v in zip("ts", pair, strict=True)}


def test_every_name_that_the_library_calls_is_a_word_a_size_or_another_function():
    called = {
        node.callee.id
        for function in LIBRARY.values()
        for tree in [function.value, *(entry.tree for entry in function.where.values())]
        for node in tree.walk()
        if isinstance(node, Call) and isinstance(node.callee, Name)
    }

    assert not {
        name for name in called if not (REGISTRY.get(name) or name in {"learn", *SIZES, *LIBRARY})
    }


def test_no_function_has_the_name_of_a_word():
    assert not {name for name in LIBRARY if REGISTRY.get(name)}


def test_every_method_names_its_source():
    paragraphs = load_text(library()).text.split("define:")[1].split("\n\n")

    plain = ("arXiv:", "metrics", "A schedule")
    assert not [one for one in paragraphs if not any(word in one for word in plain)]


@pytest.mark.parametrize(("temperature", "known"), [(4, 3.309688758813), (1, 1.856689346592)])
def test_kd_has_the_known_numbers(temperature: int, known: float):
    value = reading("kd(t ‖ s, T=T)", T=temperature, **tensors(LOGITS)).item()

    assert value == pytest.approx(known, abs=TINY)
    assert value == pytest.approx(methods.kd(*LOGITS, temperature), abs=TINY)


def test_kd_has_the_known_gradient():
    known = [
        [0.063378003362, 0.052909241204, -0.058270357432, -0.058016887134],
        [-0.181258715325, 0.243553034911, 0.399060329240, -0.461354648827],
        [0.095596172453, 0.055228398058, -0.023022621558, -0.127801948953],
    ]
    given = tensors(LOGITS)

    reading("kd(t ‖ s)", **given).backward()

    torch.testing.assert_close(
        given["s"].grad, torch.tensor(known, dtype=torch.float64), atol=TINY, rtol=0
    )


def test_kd_next_to_the_labels_has_the_known_number():
    y = torch.tensor([2, 0, 3])

    value = reading("0.1·cross_entropy(s, y) + 0.9·kd(t ‖ s)", y=y, **tensors(LOGITS))

    assert value.item() == pytest.approx(3.271499301477, abs=TINY)


def test_kd_takes_a_temperature_for_each_row():
    # rows of temperatures 2 and 5 count half each
    pair = wave((2, 3), 0.5, 0.3, 2), wave((2, 3), 0.7, 0.1, 2)
    column = torch.tensor([[2.0], [5.0]]).double()

    text = "mean(T²·kl(softmax(t/C) ‖ softmax(s/C), reduce=none))"
    value = reading(text, T=column.squeeze(1), C=column, **tensors(pair))

    assert value.item() == pytest.approx(0.0699015421386, abs=TINY)


@pytest.mark.parametrize(
    ("side", "known"), [(4, 0.0277854785946), (2, 0.0646768545701)], ids=["same size", "pooled"]
)
def test_attention_transfer_has_the_known_numbers(side: int, known: float):
    pair = steps((2, 3, side, side), 3, 1, 4.0), steps((2, 2, 4, 4), 5, 3, 4.0)

    value = reading("at(t, s)", **tensors(pair)).item()

    assert value == pytest.approx(known, abs=TINY)
    assert value == pytest.approx(methods.at(*pair), abs=TINY)


def test_attention_transfer_does_not_mind_which_side_is_larger():
    small, large = steps((2, 3, 2, 2), 3, 1, 4.0), steps((2, 2, 4, 4), 5, 3, 4.0)

    one, other = (reading("at(t, s)", **tensors(p)) for p in [(small, large), (large, small)])

    torch.testing.assert_close(one, other)


@pytest.mark.parametrize(
    ("name", "pair", "known"),
    [
        ("at", MAPS, 0.00511733394797),
        ("sp", MAPS, 0.376978203987),
        ("nst", MAPS, 0.724244981907),
        ("rkd_distance", (wave((4, 5), 0.5, 0.3), wave((4, 3), 0.7, 0.1)), 0.0661865509509),
    ],
)
def test_relations_have_the_known_numbers(name: str, pair: tuple, known: float):
    value = reading(f"{name}(t, s)", **tensors(pair)).item()

    assert value == pytest.approx(known, abs=TINY)
    assert value == pytest.approx(getattr(methods, name)(*pair), abs=TINY)


@pytest.mark.parametrize(
    ("temperature", "within_rows", "within_classes"),
    [(1, 0.0685098897191, 0.13494893853), (4, 1.61522972943, 2.17594840187)],
)
def test_dist_has_the_known_numbers(temperature: int, within_rows: float, within_classes: float):
    value = reading("dist(t, s, T=T)", T=temperature, **tensors(WAVES)).item()

    assert value == pytest.approx(within_rows + within_classes, abs=TINY)
    assert value == pytest.approx(methods.dist(*WAVES, temperature), abs=TINY)


def test_ickd_through_its_projection_has_the_known_number():
    weight = torch.tensor(wave((3, 2), 0.9, 0.2))
    pair = wave((2, 3, 2, 2), 0.7, 0.1), wave((2, 2, 2, 2), 0.5, 0.3)
    parts = {"conv": lambda v, *_, **__: F.conv2d(v, weight[..., None, None])}

    value = reading("ickd(t, s)", parts, **tensors(pair)).item()

    assert value == pytest.approx(1.00130037713, abs=TINY)


def test_ickd_of_correlations_alone_has_the_known_number():
    pair = wave((2, 3, 2, 2), 0.7, 0.1), wave((2, 3, 2, 2), 0.4, 0.6)

    value = reading("channels(t)·mse(icc(s), icc(t))", **tensors(pair)).item()

    assert value == pytest.approx(1.50744627009, abs=TINY)
    assert value == pytest.approx(methods.ickd(*pair), abs=TINY)


def test_hint_is_the_regression_of_fitnet():
    weight = wave((3, 2), 0.9, 0.2)
    pair = wave((2, 3, 4, 4), 0.7, 0.1), wave((2, 2, 4, 4), 0.5, 0.3)
    parts = {"conv": lambda v, _: F.conv2d(v, torch.tensor(weight)[..., None, None])}

    value = reading("hint(t, s)", parts, **tensors(pair)).item()

    assert value == pytest.approx(methods.hint(*pair, weight), abs=TINY)


def test_hint_makes_its_own_regressor_for_any_two_maps():
    value = reading("hint(t, s)", t=torch.randn(2, 5, 3, 3), s=torch.randn(2, 4, 6, 6))

    assert value.ndim == 0
    assert value.isfinite()


@pytest.mark.parametrize(
    ("theta", "known", "slope"), [(1.0, 1.453155823189, 0.603777641448), (3.0, 3.267862320450, 0.0)]
)
def test_icd_has_the_known_numbers_and_no_slope_beyond_its_bound(
    theta: float, known: float, slope: float
):
    s = steps((3, 4), 5, 3, 4) @ steps((4, 4), 7, 2, 8).T + steps((4,), 3, 5, 8)
    t = steps((3, 5), 3, 1, 4) @ steps((4, 5), 11, 4, 8).T + steps((4,), 5, 1, 8)
    scale = torch.tensor(theta, dtype=torch.float64, requires_grad=True)
    given = {"s": torch.tensor(s), "t": torch.tensor(t), "y": torch.arange(3)}

    relation = reading("min(exp(θ), 10)·(normalize(s) @ normalize(t)ᵀ) + 0.25", θ=scale, **given)
    text = "cross_entropy(S, y) + 0.5·kl(softmax(Sᵀ) ‖ softmax(S))"
    value = reading(text, S=relation, **given)
    value.backward()

    assert value.item() == pytest.approx(known, abs=TINY)
    assert scale.grad.item() == pytest.approx(slope, abs=TINY)


def test_accuracy_and_agreement_are_shares_of_rows():
    # rows say classes 0, 1, 1, 0; the truth is 0, 1, 0, 0; another says 0, 0, 1, 0
    z = torch.tensor([[2.0, 1], [0, 1], [0, 3], [1, 0]])
    other = torch.tensor([[1.0, 0], [1, 0], [0, 1], [1, 0]])

    assert reading("accuracy(z, y)", z=z, y=torch.tensor([0, 1, 0, 0])).item() == 0.75
    assert reading("agreement(a, b)", a=z, b=other).item() == 0.75


@pytest.mark.parametrize(("epoch", "known"), [(1, 0.0244717418524), (5, 0.5), (10, 1.0), (11, 1.0)])
def test_anneal_follows_half_a_cosine_and_stays(epoch: int, known: float):
    value = reading("anneal(0, 1, over=10)", epoch=epoch, epochs=240)

    assert value == pytest.approx(known, abs=TINY)


def test_ramp_is_a_line_and_steps_a_jump_after_the_epoch():
    ramp = [reading("ramp(0, 1, over=20)", epoch=e, epochs=240) for e in (1, 10, 20, 21)]
    jump = [reading("steps(1, 0.1, at=150)", epoch=e, epochs=240) for e in (150, 151)]

    assert ramp == [0.05, 0.5, 1, 1]
    assert jump == [1, 0.1]


def test_the_plain_reading_agrees_with_a_line_worked_by_hand():
    # 2·3² − 4/8 = 17.5
    assert reading("2·a² - 4/b", a=3, b=8) == 17.5
    assert math.isclose(reading("λ·exp(0)", **{"lambda": 0.5}), 0.5)


def test_images_in_one_place_count_in_the_mean_of_their_distances():
    # rows 0 and 2 of the teacher coincide. Squared distances have a floor of 1e-12 outside of the
    # diagonal, so all six pairs count: the mean is (4·5 + 2e-6)/6 and not (4·5)/4
    t = np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 0.0]])
    s = np.array([[0.0], [2.0], [6.0]])

    def spread(v: np.ndarray) -> np.ndarray:
        d = np.sqrt(np.maximum(((v[:, None] - v[None]) ** 2).sum(-1), 1e-12))
        np.fill_diagonal(d, 0)
        return d / d[d > 0].mean()

    e = np.abs(spread(s) - spread(t))
    expected = np.where(e < 1, e * e / 2, e - 0.5).mean()

    value = reading("rkd_distance(t, s)", **tensors((t, s)))
    value.backward()

    assert spread(t)[0, 1] == pytest.approx(1.5, rel=1e-6)
    assert value.item() == pytest.approx(expected, abs=1e-12)


def test_a_batch_in_one_place_is_everywhere_at_its_mean_distance():
    given = tensors((np.eye(3, 2), np.ones((3, 2))))

    value = reading("mean(spread(s)) + 0·mean(spread(t))", **given)
    value.backward()

    assert value.item() == pytest.approx(6 / 9)
    assert given["s"].grad.isfinite().all()
