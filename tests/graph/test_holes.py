"""What only a run would have found out is told by `check`; what looks alike and is right passes."""

from __future__ import annotations

import pytest

from kdgraph.data.known import facts
from kdgraph.data.spec import DataSpec
from kdgraph.examination import check

SUP = "where:\n  sup: cross_entropy(student.logits, y)\n"


def codes(loss: str, more: str = "", **values: object) -> list[str]:
    return [one.code for one in check(f"loss: sup + {loss}\n{SUP}{more}", None, values)]


@pytest.mark.parametrize(
    ("loss", "code"),
    [
        ("cross_entropy(student.logits, epoch)", "KD202"),
        ("cross_entropy(student.logits, 0.5)", "KD210"),
        ("cross_entropy(student.logits, y/2)", "KD202"),
        ("mean(others(student.logits, y^2))", "KD202"),
        ("cross_entropy(student.logits, y + 1)", "KD210"),
        ("cross_entropy(student.logits, i)", "KD210"),
        ("cross_entropy(student.logits, y - columns(student.logits))", "KD210"),
        ("mean(onehot(y, 2))·mean(student.logits)", "KD210"),
        ("mean(student.logits[10^12])", "KD217"),
        ("mean(student.logits[41])", "KD217"),
        ("mean(student.logits[y])", "KD244"),
        ("mean(linear(student.logits @ student.logitsᵀ, 4))", "KD245"),
        ("mean(concat(1, 2))·mean(student.logits)", "KD206"),
        ("mean(log(mean(student.logits²))[:, 0])", "KD206"),
        ("mean(table(student.logits[0]))·mean(student.logits)", "KD502"),
        ("mean(student.logits[student.features[:, 0]])", "KD202"),
        ("mean(student.logits[sqrt(y)])", "KD202"),
        ("mean((student.logits @ student.logitsᵀ)[:, J/2])", "KD202"),
        ("ece(student.logits, exp(y))", "KD202"),
        ("mean(onehot(3, classes)·student.logits)", "KD202"),
        ("mean(softmax(student.logits > 0))", "KD202"),
        ("cross_entropy(student.logits[:4], y)", "KD205"),
        ("mse(student.logits[1:], teacher.logits)", "KD205"),
        ("mean(student.logits[:4] - student.logits[:5])", "KD205"),
        ("mean(a[:4])·mean(student.logits)", "KD206"),
        ("columns(learn(1.0))", "KD206"),
        ("height(learn(1.0))", "KD206"),
        ("mean(normalize(2)·student.logits)", "KD206"),
        ("mean(argmax(columns(student.logits))·student.logits)", "KD206"),
        ("mean(onehot(y, rows(x)))·mean(student.logits)", "KD211"),
        ("mean(linear(student.logits, columns(student.logits @ student.logitsᵀ)))", "KD211"),
        ("mean(student.logits[:, 10:])", "KD243"),
        ("mean(learn(0, shape=[0]))", "KD243"),
        ("mean(delay().z)", "KD212"),
        ("mean(uniform(x, 10^4, 10^4)·mean(student.logits))", "KD406"),
        ("mean(pool(student.maps[0], 10^5))", "KD406"),
        ("mean(ece(student.logits, y, bins=10^9))", "KD406"),
    ],
)
def test_a_value_that_can_not_stand_there_is_told(loss, code):
    assert code in codes(loss, "  J: negatives(i, 3, other=y)\n  a: 0.5\n")


@pytest.mark.parametrize(
    "loss",
    [
        "cross_entropy(student.logits, 3)",
        "cross_entropy(student.logits, (y + 1)·(y < 9))",
        "cross_entropy(student.logits, 4·(y == 3) + y·(y != 3))",
        "cross_entropy(student.logits, -(-y))",
        "cross_entropy(student.logits, 9 - y)",
        "cross_entropy(student.logits, y - y)",
        "cross_entropy(student.logits, y + 1, rows=y < 9)",
        "mean(student.logits[40])",
        "mean(student.logits[2·a])",
        "cross_entropy(student.logits, y, rows=1 - (y == 3))",
        "cross_entropy(student.logits[:4], y[:4])",
        "mse(student.logits[1:], student.logits[:-1])",
        "mse(concat(student.logits[:4], student.logits[4:]), teacher.logits)",
        "mean((student.logits @ student.logitsᵀ)[:, J[:, 1:]])",
        "mean(sqrt(columns(student.logits))·student.logits)",
        "mean(student.logits)/rows(student.logits)",
        "mean(softmax(student.logits·(student.logits > 0)))",
    ],
)
def test_what_is_right_passes(loss):
    found = codes(loss, "  J: negatives(i, 3, other=y)\n  a: 0.5\n")

    assert set(found) <= {"KD321"}, found  # names that only other cases use


@pytest.mark.parametrize(
    ("view", "told"),
    [
        ("crop(image, pad=100000)", True),
        ("crop(image, pad=8)", False),
        ("resize(image, 100000)", True),
        ("resize(image, 224)", False),
        ("center_crop(image, 100000)", True),
        ("resized_crop(image, 100000)", True),
        ("rotate(image, 0, 3600000000)", True),
    ],
)
def test_the_pixels_of_a_view_are_bounded(view, told):
    text = f"loss: cross_entropy(student(v).logits, y[origin(v)])\nviews:\n  v: {view}\n"

    assert ("KD406" in [one.code for one in check(text)]) == told


def test_negatives_are_compared_with_the_examples_that_a_limit_leaves():
    loss = "crd(teacher.features, student.features, J)"

    assert codes(loss, "  J: negatives(i, 300, other=y)\n", **{"data.limit": 256}) == ["KD504"]
    assert codes(loss, "  J: negatives(i, 231, other=y)\n", **{"data.limit": 256}) == ["KD504"]
    assert codes(loss, "  J: negatives(i, 230, other=y)\n", **{"data.limit": 256}) == []
    assert codes(loss, "  J: negatives(i, 300, other=y)\n") == []


@pytest.mark.parametrize(
    ("spec", "train", "test"),
    [
        (DataSpec("digits"), 1257, 540),
        (DataSpec("digits", limit=256), 256, 540),
        (DataSpec("digits", fraction=0.5, test_limit=10), 628, 10),
        (DataSpec("digits", limit=10**6), 1257, 540),
        (DataSpec("synthetic", limit=2000, fraction=0.5), 1000, 256),
        (DataSpec("digits", limit=-1, fraction=7), 1257, 540),
    ],
)
def test_the_numbers_of_images_are_those_that_are_used(spec, train, test):
    assert (facts(spec).train, facts(spec).test) == (train, test)


def test_a_number_that_is_none_is_no_text():
    found = check("kd", None, {"train.lr": "1e400"})

    assert [one.code for one in found] == ["KD406"]
