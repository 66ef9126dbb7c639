"""Every mistake about networks and weights can be drawn, with a place and without."""

from __future__ import annotations

from dataclasses import fields

import pytest

from kdgraph.lang.diagnostics import Diagnostic, render
from kdgraph.lang.errors import models, normalisation, own_networks, weights
from kdgraph.lang.source import Source, Span

KINDS = [
    kind
    for home in (models, weights, normalisation, own_networks)
    for kind in vars(home).values()
    if isinstance(kind, type) and issubclass(kind, Diagnostic) and kind is not Diagnostic
]
AT = Span(Source("mine.yaml", "models: {teacher: resnet8}"), 18, 25)


@pytest.mark.parametrize("kind", KINDS)
def test_a_mistake_draws_its_caret_and_leaves_no_gap_in_its_words(kind: type[Diagnostic]) -> None:
    facts = {field.name: f"<{field.name}>" for field in fields(kind) if field.name != "span"}
    text = render(kind(span=AT, **facts))

    assert "^^^^^^^" in text
    assert "{" not in text.replace(AT.source.text, "")
    assert all(value in text for value in facts.values())
    assert text.splitlines()[1:] != render(kind(**facts)).splitlines()[1:]


@pytest.mark.parametrize("kind", KINDS)
def test_codes_of_networks_and_weights_have_a_range_of_their_own(kind: type[Diagnostic]) -> None:
    assert 620 <= int(kind.code.removeprefix("KD")) <= 669
    assert len((kind.__doc__ or "").splitlines()) > 2
