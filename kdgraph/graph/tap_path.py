"""A tap's path in its parts: a module, which of its calls, its output or its input."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import Literal

INPUT = "input"
End = Literal["output", "input"]
CALL = re.compile(r"(?P<module>.*)\.calls\.(?P<call>-?\d+)")


@dataclass(frozen=True)
class TapPath:
    """What a path names.

    Attributes:
        module: the module's own path; "" for the network itself.
        call: which of its calls in one forward, from 0, or from the last backward as -1; None
            where it runs once.
        of: the end of the module that is looked at.
    """

    module: str
    call: int | None = None
    of: End = "output"

    def __str__(self) -> str:
        """The path again.

        >>> str(TapPath("relu", -1, "input")), str(TapPath("", of="input"))
        ('relu.calls.-1.input', 'input')
        """
        called = "" if self.call is None else f".calls.{self.call}"
        last = f".{INPUT}" if self.of == "input" else ""
        return f"{self.module}{called}{last}".removeprefix(".")


def tap_path(path: str, known: Container[str] = ()) -> TapPath:
    """Take a path apart; a module that is literally called `input` or `calls` wins.

    Args:
        path: such as `layer1.0.relu.calls.-1.input`.
        known: the paths of the network's modules.

    >>> tap_path("relu.calls.-1.input")
    TapPath(module='relu', call=-1, of='input')
    >>> tap_path("fc.input", known={"fc", "fc.input"})
    TapPath(module='fc.input', call=None, of='output')
    """
    before, _, last = path.rpartition(".")
    if path in known or last != INPUT:
        return TapPath(*_called(path, known))
    return TapPath(*_called(before, known), "input")


def _called(path: str, known: Container[str]) -> tuple[str, int | None]:
    found = None if path in known else CALL.fullmatch(path)
    return (found["module"], int(found["call"])) if found else (path, None)


def spelled(path: str) -> str:
    """A path as a recipe writes it.

    >>> spelled("layer3.1.bn2"), spelled("relu.calls.-1.input")
    ('layer3[1].bn2', 'relu.calls[-1].input')
    """
    return re.sub(r"\.(-?\d+)(?=\.|$)", r"[\1]", path)
