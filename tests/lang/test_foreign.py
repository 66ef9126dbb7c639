"""What other libraries call a word helps, and decides nothing."""

from __future__ import annotations

import pytest

from kdgraph.graph.forms import FORMS
from kdgraph.graph.vocabulary import library
from kdgraph.lang.errors.foreign import FUNCTIONS, KNOBS, foreign_function, foreign_knob
from kdgraph.registry import REGISTRY

WORDS = {*(one.name for one in REGISTRY), *library(), *FORMS}
SLOTS = {slot.name for one in REGISTRY for slot in one.parameters} | {
    slot.name for one in library().values() for slot in one.slots
}


@pytest.mark.parametrize("word", FUNCTIONS)
def test_every_function_that_is_named_exists_and_its_other_names_do_not(word):
    assert word in WORDS
    assert not WORDS & set(FUNCTIONS[word].split())


@pytest.mark.parametrize("knob", KNOBS)
def test_every_knob_that_is_named_exists(knob):
    assert knob in SLOTS


def test_nothing_is_told_of_what_is_not_known_here():
    assert foreign_function("kl_div", ["mse"]) == ""
    assert foreign_knob("temperature", ["pad"]) == ""
    assert foreign_function("kl", WORDS) == ""
