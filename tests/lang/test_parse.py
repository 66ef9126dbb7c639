"""How an expression reads: precedence, places, names."""

from __future__ import annotations

import pytest

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.parse import expression
from kdgraph.lang.syntax import Binary, Call, Each, Index, Name, Negative, Transpose


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a + b·c", "a + (b·c)"),
        ("a - b - c", "(a - b) - c"),
        ("a/b·c", "(a/b)·c"),
        ("a @ b·c", "(a @ b)·c"),
        ("-a^2", "-(a^2)"),
        ("-a·b", "(-a)·b"),
        ("a^b^c", "a^(b^c)"),
        ("a^-b", "a^(-b)"),
        ("T²·x", "(T^2)·x"),
        ("aᵀ²", "(aᵀ)^2"),
        ("a.bᵀ[0]", "((a.b)ᵀ)[0]"),
        ("a < b + c", "a < (b + c)"),
        ("Σ(t in T) a·b + c", "(Σ(t in T) (a·b)) + c"),
        ("β·Σ(t in T) a·b·c - d", "(β·(Σ(t in T) (a·b·c))) - d"),
        ("Σ(t in T) Σ(s in S) a·b", "Σ(t in T) (Σ(s in S) (a·b))"),
        ("-Σ(t in T) a", "-(Σ(t in T) a)"),
        ("Σ(t in T) -a·b", "Σ(t in T) ((-a)·b)"),
        ("Σ(t in T) a/b", "Σ(t in T) (a/b)"),
        ("kl(p ‖ q, T=4)", "kl(p, q, T=4)"),
        ("kl(p || q)", "kl(p, q)"),
        ("sum(a·b for (a, b) in zip(c, d))", "Σ((a, b) in zip(c, d)) a·b"),
        ("lambda·tau", "λ·τ"),
        ("2·−3", "2·(-3)"),
        ("a × b ⋅ c", "a*b*c"),
        ("x.T", "xᵀ"),
    ],
)
def test_an_expression_is_read_as_people_mean_it(text, meant):
    assert expression(text) == expression(meant)


@pytest.mark.parametrize(
    "text", ["x.Tx", "for_each", "inner", "format", "sum_", "p'", "x̂", "µ", "ŷ_2"]
)
def test_words_that_only_begin_like_others_are_names(text):
    tree = expression(text)

    assert isinstance(tree, Name) or text == "x.Tx"


def test_words_of_loops_may_be_names_elsewhere():
    assert expression("for + in") == expression("(for) + (in)")


def test_every_piece_knows_the_words_it_was_written_with():
    text = "β·(kl(p ‖ q)ᵀ[0] - Σ(t in T) -t.logits)"
    tree = expression(text)
    said = {type(one): one.span.text for one in tree.walk()}

    assert tree.span.text == text.rstrip(")") or tree.span.text == text[: len(tree.span.text)]
    assert said[Index] == "kl(p ‖ q)ᵀ[0]"
    assert said[Transpose] == "kl(p ‖ q)ᵀ"
    assert said[Call] == "kl(p ‖ q)"
    assert said[Each] == "Σ(t in T) -t.logits"
    assert said[Negative] == "-t.logits"


def test_equality_looks_at_what_was_written_and_not_at_where():
    assert expression("a + b") == expression("  a  +  b")
    assert expression("2.0") == expression("2")


def test_a_number_keeps_its_spelling():
    tree = expression("1E-3 + 5e−2")
    assert isinstance(tree, Binary)

    assert (tree.left.text, tree.left.value) == ("1E-3", 0.001)
    assert (tree.right.text, tree.right.value) == ("5e-2", 0.05)


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("a +", "KD102", 2),
        ("", "KD102", 0),
        ("a b", "KD101", 2),
        ("(a", "KD104", 0),
        ("a)", "KD104", 1),
        ("[a)", "KD104", 0),
        ("a $ b", "KD103", 2),
        ("f(a, x=1=2)", "KD101", 8),
        ("a < b < c", "KD101", 6),
        ("Σ(t in T)", "KD102", 8),
        ("max(a for a in b)", "KD101", 4),
        ("sum(a for a in b, c)", "KD101", 4),
        ("1e101", "KD406", 0),
    ],
)
def test_a_mistake_is_pointed_at(text, code, at):
    with pytest.raises(RecipeError) as caught:
        expression(text)
    (mistake,) = caught.value.diagnostics

    assert (mistake.code, mistake.span.start) == (code, at)
