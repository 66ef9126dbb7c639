"""The nearest right name for a wrong one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from kdgraph.lang.syntax import LATIN

SHORT = 4
"""a name of so few letters is another one after a single slip"""


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that reads most like `name`, if any reads like it at all."""
    folded = {spelling: one for one in candidates for spelling in _spellings(one)}
    cutoff = 0.6 if len(name) <= SHORT else 0.7
    found = get_close_matches(name.casefold(), folded, n=1, cutoff=cutoff)
    return folded[found[0]] if found else None


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
