"""The nearest right name for a wrong one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that reads most like `name`, if any reads like it at all."""
    pool = list(candidates)
    folded = {one.casefold(): one for one in pool}
    found = get_close_matches(name.casefold(), folded, n=1, cutoff=0.55)
    return folded[found[0]] if found else None


def suggest(name: str, candidates: Iterable[str]) -> str:
    """Words for a message: "did you mean `x`?", or nothing where nothing is near.

    >>> suggest("studnet", ["teacher", "student"])
    'did you mean `student`?'
    >>> suggest("zzz", ["teacher", "student"])
    ''
    """
    found = nearest(name, candidates)
    return f"did you mean `{found}`?" if found else ""
