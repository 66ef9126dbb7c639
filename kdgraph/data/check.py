"""The mistakes of a `data` section that can be known before anything is read."""

from __future__ import annotations

from collections.abc import Iterator

from kdgraph.data.known import KNOWN
from kdgraph.data.spec import DataSpec
from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.errors import suggest
from kdgraph.lang.errors.data import BadAmount, NoRoot, UnknownDataSet

FEWEST = 2
"""classes: with one, every answer is right"""
WIDEST = 8192
"""pixels on a side: an image of that size takes 192 MiB"""


def mistakes(spec: DataSpec) -> Iterator[Diagnostic]:
    """Everything wrong with what a setting says about its data.

    >>> [one.headline for one in mistakes(DataSpec("cifar", fraction=0))]
    ['error[KD600]: no data set is called `cifar`', 'error[KD612]: `data.fraction` is 0']
    """
    if spec.name not in KNOWN:
        advice = suggest(spec.name, KNOWN) or f"the data sets are {', '.join(KNOWN)}"
        yield UnknownDataSet(name=spec.name, advice=advice)
    elif KNOWN[spec.name].owned and spec.root is None:
        yield NoRoot(name=spec.name)
    if not 0 < spec.fraction <= 1:
        yield _amount(spec, "fraction", "above 0 and at most 1")
    if not 0 <= spec.label_noise < 1:
        yield _amount(spec, "label_noise", "from 0 to less than 1")
    if spec.channels not in (None, 1, 3):
        yield _amount(spec, "channels", "1 (grey) or 3 (colour)")
    if spec.size is not None and spec.size > WIDEST:
        yield _amount(spec, "size", f"at most {WIDEST}")
    for field, least in (("size", 1), ("classes", FEWEST), ("limit", 1), ("test_limit", 1)):
        number = getattr(spec, field)
        if number is not None and number < least:
            yield _amount(spec, field, f"at least {least}")


def _amount(spec: DataSpec, field: str, allowed: str) -> BadAmount:
    return BadAmount(field=field, found=str(getattr(spec, field)), allowed=allowed)
