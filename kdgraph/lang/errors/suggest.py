"""The nearest right name for a wrong one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from kdgraph.lang.syntax import LATIN

SAME = (
    ("T", "τ", "tau", "temp", "temperature"),
    ("lr", "learning_rate"),
    ("batch", "batch_size", "batchsize", "bs"),
    ("epochs", "num_epochs", "n_epochs", "max_epochs"),
    ("weight_decay", "wd"),
    ("optimizer", "optimiser", "optim"),
    ("schedule", "scheduler", "lr_scheduler", "lr_schedule"),
    ("drops", "milestones", "lr_decay_epochs"),
    ("factor", "gamma", "lr_decay_rate"),
    ("clip", "grad_clip", "clip_grad_norm"),
    ("adamw", "adam"),
    ("crop", "randomcrop", "random_crop"),
    ("flip", "randomhorizontalflip", "random_flip", "random_horizontal_flip", "hflip"),
    ("resized_crop", "randomresizedcrop", "random_resized_crop"),
    ("rotate", "randomrotation", "random_rotation"),
    ("center_crop", "centercrop"),
)
"""names that other programs give to one thing"""
SHORT = 4
"""a name of so few letters is another one after a single slip"""


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that means the same as `name`, or reads most like it, if any does."""
    candidates = tuple(candidates)
    for group in SAME:
        own = [one for one in candidates if one in group]
        if name.casefold() in map(str.casefold, group) and own:
            return own[0]
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
