"""The nearest right name for a wrong one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches
from itertools import takewhile

from kdgraph.lang.syntax import LATIN

SHORT = 4
"""a name of so few letters is another one after a single slip"""


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that reads most like `name`, if any does; of equals the one that begins alike.

    >>> nearest("resnet21", ["resnet14", "resnet20", "resnet32"])
    'resnet20'
    """
    folded = {spelling: one for one in candidates for spelling in _spellings(one)}
    cutoff = 0.6 if len(name) <= SHORT else 0.7
    typed = name.casefold()
    near = get_close_matches(typed, folded, n=len(folded) + 1, cutoff=cutoff)
    found = max(near, key=lambda one: (*_likeness(one, typed), one), default=None)
    return None if found is None else folded[found]


def _likeness(one: str, typed: str) -> tuple[float, int]:
    begins = takewhile(lambda pair: pair[0] == pair[1], zip(one, typed, strict=False))
    return SequenceMatcher(None, one, typed).ratio(), len(list(begins))


def _spellings(name: str) -> tuple[str, ...]:
    """A name as it may be typed: Greek letters also as English words."""
    plain = "".join(LATIN.get(letter, letter) for letter in name)
    return (name.casefold(),) if plain == name else (name.casefold(), plain.casefold())


def suggest(name: str, candidates: Iterable[str]) -> str:
    """Words for a message: "did you mean `x`?", or nothing where nothing is near.

    >>> suggest("studnet", ["teacher", "student"])
    'did you mean `student`?'
    >>> suggest("zzz", ["teacher", "student"])
    ''
    """
    found = nearest(name, candidates)
    return f"did you mean `{found}`?" if found else ""
