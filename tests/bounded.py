"""Work bounded by a count: no clock says the same twice on a machine that others use."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def bounded(most: int) -> Iterator[None]:
    """At most so many calls of Python functions inside; one more is an AssertionError."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"
        if calls > most:
            sys.setprofile(before)
            msg = f"more than {most} calls"
            raise AssertionError(msg)

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)
