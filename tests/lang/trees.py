"""Random trees of expressions, as Hypothesis draws them."""

from __future__ import annotations

from hypothesis import strategies as st

from kdgraph.lang.source import Source, Span
from kdgraph.lang.syntax import (
    Attribute,
    Binary,
    Call,
    Collection,
    Compare,
    Each,
    Index,
    Keyword,
    Name,
    Negative,
    Number,
    Slice,
    Syntax,
    Transpose,
)

HERE = Span(Source("<drawn>", ""), 0, 0)
NAMES = st.sampled_from(
    [
        "student",
        "teacher",
        "λ",
        "τ_kd",
        "p'",
        "e5",
        "T",
        "Tx",
        "x",
        "format",
        "inner",
        "for_",
        "ŝ",
        "π",
    ]
)
PARTS = NAMES.filter(lambda name: name != "T")
NUMBERS = st.sampled_from(["0", "1", "2.5", ".5", "1.", "1e5", "5e-2", "1E+3", "0.07", "16384"])


def number(text: str) -> Number:
    return Number(HERE, float(text), text)


def call(parts: tuple[Syntax, list[Syntax], list[tuple[str, Syntax]], bool]) -> Call:
    callee, arguments, keywords, barred = parts
    pairs = tuple(Keyword(HERE, name, value, HERE) for name, value in keywords)
    return Call(HERE, callee, tuple(arguments), pairs, barred)


def inside(trees: st.SearchStrategy[Syntax]) -> st.SearchStrategy[Syntax]:
    """Every kind of tree, of these smaller ones."""
    targets = st.lists(NAMES, min_size=1, max_size=3).map(tuple)
    ends = st.none() | trees
    cells = trees | st.builds(Slice, st.just(HERE), ends, ends)
    return st.one_of(
        st.builds(Attribute, st.just(HERE), trees, PARTS, st.just(HERE)),
        st.tuples(
            trees,
            st.lists(trees, max_size=3),
            st.lists(st.tuples(NAMES, trees), max_size=2),
            st.booleans(),
        ).map(call),
        st.builds(Index, st.just(HERE), trees, st.lists(cells, min_size=1, max_size=2).map(tuple)),
        st.builds(Binary, st.just(HERE), st.sampled_from("+-*/@^"), trees, trees),
        st.builds(
            Compare,
            st.just(HERE),
            st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
            trees,
            trees,
        ),
        st.builds(Negative, st.just(HERE), trees),
        st.builds(Transpose, st.just(HERE), trees),
        st.builds(Each, st.just(HERE), st.sampled_from(["sum", "mean"]), targets, trees, trees),
        st.builds(Collection, st.just(HERE), st.lists(trees, max_size=3).map(tuple)),
    )


TREES = st.recursive(
    NUMBERS.map(number) | NAMES.map(lambda name: Name(HERE, name)), inside, max_leaves=12
)
