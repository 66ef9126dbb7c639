"""Sorts and axes: what is inferred, and what shapes alone could not catch."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kdgraph.compiler import analyse, load
from kdgraph.graph.axes import agree, broadcast, product
from kdgraph.graph.graph import Axis
from tests.golden.networks import world
from tests.graph.test_names import analysed, graph

B, B3, THREE, FOUR, ONE, ANY = Axis(rows="b"), Axis(rows="3b"), Axis(3), Axis(4), Axis(1), Axis()
VIEWS = "\nviews: {x: image, rot: 'rotate(x, 90, 180, 270)', all: 'rotate(x, 0, 180)'}\n"


def type_of(expression: str, views: str = VIEWS) -> str:
    """The sort and axes of a value, in a recipe that takes its mean."""
    made = graph(
        f"loss: θ·mean(v) + mean(student.logits)\nwhere:\n  θ: learn(1)\n  v: {expression}{views}"
    )
    return made.node(made.sources(made.terms[0].value)[0]).type


def codes(text: str) -> list[str]:
    return [one.code for one in analysed(text).errors]


@pytest.mark.parametrize(
    ("one", "two", "fit"),
    [
        (B, B, True),
        (B, B3, False),
        (THREE, THREE, True),
        (THREE, FOUR, False),
        (THREE, ANY, True),
        (B, ANY, True),
        (B, THREE, False),
    ],
)
def test_axes_agree_where_they_can_be_one(one, two, fit):
    assert agree(one, two) == agree(two, one) == fit


@pytest.mark.parametrize(
    ("shapes", "made"),
    [
        ([(B, THREE), (B, THREE)], (B, THREE)),
        ([(B, THREE), ()], (B, THREE)),
        ([(B, THREE), (THREE,)], (B, THREE)),
        ([(B, THREE), (B,)], (B, THREE)),
        ([(B, THREE), (B, ONE)], (B, THREE)),
        ([(B,), ()], (B,)),
        ([(), ()], ()),
        ([(B, THREE, FOUR), (THREE, ONE)], (B, THREE, FOUR)),
        ([(B, ANY), (B, THREE)], (B, THREE)),
        ([(B, THREE), None], None),
    ],
)
def test_pointwise_axes_are_those_of_the_larger_value(shapes, made):
    found, mistakes = broadcast([(str(n), one) for n, one in enumerate(shapes)])

    assert found == made
    assert not mistakes


@pytest.mark.parametrize(
    "shapes",
    [[(B, THREE), (B, FOUR)], [(B,), (B3,)], [(B, THREE), (B3, THREE)], [(B, THREE), (B3,)]],
)
def test_pointwise_axes_that_differ_are_a_mistake(shapes):
    assert broadcast([(str(n), one) for n, one in enumerate(shapes)])[1]


def test_a_matrix_product_takes_the_outer_axes():
    assert product((B, THREE), (THREE, B)) == ((B, B), [])
    assert product((B, THREE), (THREE,)) == ((B,), [])
    assert product((B, THREE, FOUR), (B, FOUR, ONE)) == ((B, THREE, ONE), [])
    assert product((B, THREE), (FOUR, B))[1]
    assert product((B, THREE), ())[1]
    assert product(None, (THREE,)) == (None, [])


@pytest.mark.parametrize(
    ("expression", "found"),
    {
        "student.logits": "Logits[b, 10]",
        "student.features": "Embedding[b, 64]",
        "student.maps[1]": "Map[b, 32, 16, 16]",
        "student.layer3": "Map[b, 64, 8, 8]",
        "student.fc.input": "Embedding[b, 64]",
        "student(rot).logits": "Logits[3b, 10]",
        "student.logits/4": "Logits[b, 10]",
        "student.logits - teacher.logits": "Logits[b, 10]",
        "student.logits² + 1": "Tensor[b, 10]",
        "softmax(student.logits)": "Distribution[b, 10]",
        "log_softmax(student.logits)": "LogDistribution[b, 10]",
        "y[origin(rot)]": "Labels[3b]",
        "2·y + 1": "Labels[b]",
        "4·y[origin(rot)] + part(rot)": "Labels[3b]",
        "y/2": "Tensor[b]",
        "y == i": "Mask[b]",
        "student.features @ teacher.featuresᵀ": "Tensor[b, b]",
        "student(rot).features @ teacher.featuresᵀ": "Tensor[3b, b]",
        "student.logits[:, 1:]": "Tensor[b, 9]",
        "student.logits[:, 0]": "Tensor[b]",
        "student.logits[origin(x)]": "Logits[b, 10]",
        "flatten(student.maps[2])": "[b, 4096]",
        "flatten(student.maps[2], keep=2)": "[b, 64, 64]",
        "linear(student.features, 7)": "Tensor[b, 7]",
        "mlp(student.features, 32, 7)": "Tensor[b, 7]",
        "conv(student.maps[0], 8, k=3, stride=2)": "Map[b, 8, 16, 16]",
        "concat(student.logits, student(rot).logits)": "Logits[b+3b, 10]",
        "concat(student.features, teacher.features, over=1)": "Embedding[b, 128]",
        "where(epoch > 3, student.logits, teacher.logits)": "[b, 10]",
        "onehot(y, classes)": "Distribution[b, 10]",
        "learn(5, shape=channels(student.maps[1]))": "Tensor[32]",
        "learn(5, shape=[2, 3])": "Tensor[2, 3]",
        "sum(student.maps[0], over=1)": "Tensor[b, 32, 32]",
        "student(all).features[origin(rot)]": "Embedding[3b, 64]",
    }.items(),
)
def test_sort_and_axes_of_a_value(expression, found):
    assert type_of(expression).endswith(found)


@pytest.mark.parametrize(
    ("expression", "number"),
    {
        "width(student.features)": 64,
        "channels(student.maps[1])": 32,
        "height(student.maps[1])": 16,
        "columns(student.logits[:, 1:])": 9,
        "count(teachers)": 1,
        "count(student.maps[1:])": 2,
        "classes": 10,
        "examples": 50_000,
    }.items(),
)
def test_sizes_are_numbers_known_before_training(expression, number):
    made = graph(f"loss: mean(student.logits)·v\nwhere:\n  v: {expression}\n")

    assert made.node(made.terms[0].weight).op.knob("value") == number


@pytest.mark.parametrize(
    ("loss", "code"),
    {
        "kl(softmax(teacher.logits) ‖ student.logits)": "KD202",
        "kl(log_softmax(teacher.logits) ‖ softmax(student.logits))": "KD202",
        "cross_entropy(softmax(student.logits)/2, y)": "KD203",
        "cross_entropy(student.logits, student.logits)": "KD202",
        "cross_entropy(student(rot).logits, y)": "KD205",
        "mse(student(rot).logits, student(all).logits)": "KD205",
        "mean(student.logits + student.features)": "KD201",
        "mean(student.features @ teacher.features)": "KD201",
        "mse(student.maps[0], student.maps[1])": "KD201",
        "mse(student.features, student.maps[0])": "KD206",
        "mean(sum(student.logits, over=2))": "KD210",
        "kd(student.logits ‖ teacher.logits)": "KD204",
        "kd(student.logits ‖ detach(student.logits))": "KD204",
        "student.logits": "KD218",
        "mean(softmax(3))": "KD206",
        "mean(concat())": "KD212",
        "mean(mlp(student.features))": "KD212",
    }.items(),
)
def test_what_does_not_fit_is_refused(loss, code):
    assert code in codes(f"loss: {loss}{VIEWS}")


@pytest.mark.parametrize(
    "loss",
    [
        "kl(softmax(teacher.logits) ‖ softmax(student.logits))",
        "kl(softmax(detach(student.logits)) ‖ softmax(student.features[:, 0:10]))",
        "kl(onehot(y, 10) ‖ softmax(student.logits))",
        "cross_entropy(student.logits·θ, y)",
        "cross_entropy(student(rot).logits, y[origin(rot)])",
        "cross_entropy(student.features @ teacher.featuresᵀ, origin(x))",
        "cross_entropy(concat(student.logits, student.features, over=1), 0)",
        "mse(linear(student.features, 10), teacher.logits)",
        "mean(student.logits·mean(student.logits, over=1))",
    ],
)
def test_what_fits_is_not(loss):
    assert codes(f"loss: {loss}{VIEWS}where: {{θ: learn(1)}}\n") == []


@pytest.mark.parametrize("index", ["5", "-6", "2 + 3", "10^12"])
def test_a_row_that_no_batch_has_is_refused(index):
    recipe = load(f"loss: mean(student.logits[{index}])\n")

    (mistake,) = analyse(recipe, replace(world(), least=5)).mistakes

    assert mistake.code == "KD217"


@pytest.mark.parametrize("index", ["4", "-5", "2 + 2", "0"])
def test_a_row_of_every_batch_is_taken(index):
    recipe = load(f"loss: mean(student.logits[{index}])\n")

    assert analyse(recipe, replace(world(), least=5)).mistakes == ()
