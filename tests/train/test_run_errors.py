from __future__ import annotations

import inspect
from dataclasses import fields

import pytest

from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.errors import batch, resume, run

MISTAKES = [
    one
    for home in (run, resume, batch)
    for _, one in inspect.getmembers(home, inspect.isclass)
    if issubclass(one, Diagnostic) and one is not Diagnostic
]


def made(mistake):
    facts = {one.name: 7 if one.type == "int" else "x" for one in fields(mistake)}
    return mistake(**(facts | {"span": None}))


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda one: one.__name__)
def test_a_mistake_says_what_is_wrong_and_what_to_do(mistake):
    text = str(made(mistake))

    headline, *rest = text.splitlines()
    assert headline.startswith(f"{mistake.severity}[{mistake.code}]: ")
    assert not headline.endswith(".")
    assert rest, "no help"
    assert "{" not in text
    assert "670" <= mistake.code[2:] <= "699"


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda one: one.__name__)
def test_a_mistake_is_explained_at_length(mistake):
    assert len(inspect.getdoc(mistake).splitlines()) >= 3
