"""The mistakes of a `data` section that can be known before anything is read."""

from __future__ import annotations

from collections.abc import Iterator

from kdgraph.data.known import KNOWN
from kdgraph.data.spec import DataSpec
from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.errors import suggest
from kdgraph.lang.errors.data import BadAmount, NoRoot, UnknownDataSet

FEWEST = {"size": 1, "classes": 2, "limit": 1, "test_limit": 1}


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
    for field, least in FEWEST.items():
        number = getattr(spec, field)
        if number is not None and number < least:
            yield too_few(field, str(number))


def _amount(spec: DataSpec, field: str, allowed: str) -> BadAmount:
    return BadAmount(field=field, found=str(getattr(spec, field)), allowed=allowed)


def too_few(field: str, found: str) -> BadAmount:
    """A count below what there must be, as written or as counted."""
    return BadAmount(field=field, found=found, allowed=f"at least {FEWEST[field]}")
