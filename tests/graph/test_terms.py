"""The loss as a sum of terms: names, weights and what counts as free of data."""

from __future__ import annotations

import pytest

from kdgraph.graph.constant import TooLargeError, constant
from kdgraph.graph.example import example
from tests.graph.test_names import analysed, graph

WHERE = (
    "\nwhere:\n  a: mean(student.logits)\n  b: mean(student.features)\n"
    "  λ: 0.5\n  θ: learn(1)\n  w: ramp(0, 1)\n"
)


def terms(loss: str) -> list[tuple[str, str]]:
    return [(term.name, term.factor) for term in graph(f"loss: {loss}{WHERE}").terms]


@pytest.mark.parametrize(
    ("loss", "found"),
    {
        "a": [("a", "")],
        "a + b": [("a", ""), ("b", "")],
        "a - b": [("a", ""), ("b", "−1")],
        "-a": [("a", "−1")],
        "λ·a + 2·b": [("a", "λ"), ("b", "2")],
        "λ·(a + 3·(b - a))": [("a", "λ + −λ·3"), ("b", "λ·3")],
        "a/2 + b/(1 + λ)": [("a", "1/2"), ("b", "1/(1 + λ)")],
        "θ·a": [("a", "θ")],
        "w·a + epoch·b": [("a", "w"), ("b", "epoch")],
        "a·λ": [("a", "λ")],
        "a·b": [("a·b", "")],
        "2·(a·b)": [("a·b", "2")],
        "(a + b)²": [("(a + b)²", "")],
        "a + mean(student.logits)": [("a", ""), ("mean(student.logits)", "")],
        "Σ(t in teachers) mse(t.logits, student.logits)": [
            ("Σ(t in teachers) mse(t.logits, student.logits)", "")
        ],
    }.items(),
)
def test_terms_are_flattened_over_signs_and_factors_free_of_data(loss, found):
    assert terms(loss) == found


def test_the_same_term_twice_is_one_with_both_weights():
    made = graph(f"loss: λ·a + 2·a{WHERE}")
    (term,) = made.terms

    assert term.factor == "λ + 2"
    assert constant(made, term.weight) == 2.5


def test_two_terms_of_one_spelling_that_differ_keep_both():
    made = graph("loss: mean(linear(student.logits, 3)) + mean(linear(student.logits, 3))")

    assert [term.name for term in made.terms] == [
        "mean(linear(student.logits, 3))",
        "mean(linear(student.logits, 3)) (2)",
    ]


def test_a_term_nobody_trains_is_a_mistake_and_a_learned_weight_is_none():
    assert [one.code for one in analysed(f"loss: a + mean(teacher.logits){WHERE}").errors] == [
        "KD403"
    ]
    assert not analysed(f"loss: a + θ·mean(teacher.logits){WHERE}").errors


@pytest.mark.parametrize(
    ("expression", "value"),
    {
        "2·(3 + 4)/7 - 1": 1,
        "2^-1": 0.5,
        "min(3, 4) + max(1, 2)": 5,
        "exp(0) + log(1) + sqrt(4)": 3,
        "(3 > 2) + (3 == 2)": 1,
        "-(-3)": 3,
        "epoch + 1": None,
    }.items(),
)
def test_constants_are_worked_out(expression, value):
    made = example(f"mean(student.logits) + 0·mean(student.features·({expression}))")
    (tap,) = (one for one in made.find("tap") if made.node(one).op.knob("path") == "features")
    (product,) = made.dag.successors(tap)
    (number,) = (one for one in made.sources(product) if one != tap)

    assert constant(made, number) == value


def test_a_constant_beyond_bounds_is_too_large():
    made = example("mean(student.logits)")
    big = [made.add(made.node(made.terms[0].weight)) for _ in range(2)]
    for one in big:
        op = made.node(one).op
        made.amend(one, op=type(op)("const", (("value", 1e99),)))
    op = type(made.node(big[0]).op)("mul")
    product = made.add(made.node(big[0]), (("left", big[0]), ("right", big[1])))
    made.amend(product, op=op)
    with pytest.raises(TooLargeError):
        constant(made, product)
