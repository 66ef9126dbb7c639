"""How a builder becomes a word."""

from __future__ import annotations

import pytest
from torch import nn

from kdgraph.knobs import Count
from kdgraph.modules.module import Shape, module
from kdgraph.registry import REGISTRY
from kdgraph.sorts import Values


def test_a_builder_is_registered_as_a_module_with_its_flags():
    @module(couples=True)
    def stretch_of_a_test(v: Values[Shape, "... d"]) -> Values[nn.Module, "... d"]:
        """Nothing."""
        return nn.Unflatten(-1, v[-1:])

    word = REGISTRY.get("stretch_of_a_test")

    assert word is not None
    assert (word.kind, word.flag("couples"), str(word)) == ("module", True, "stretch_of_a_test(v)")
    assert isinstance(REGISTRY.code("stretch_of_a_test")((1, 2)), nn.Unflatten)


def test_a_word_that_is_taken_is_refused():
    with pytest.raises(ValueError, match="'linear' is taken"):

        @module
        def linear(v: Values[Shape, "... d"], width: Count) -> Values[nn.Module, "... width"]:
            """Another."""
            return nn.Linear(v[-1], width)
