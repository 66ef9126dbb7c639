"""How wide the terminal is."""

from __future__ import annotations

import shutil
import sys
from typing import TextIO

from kdgraph.lang.diagnostics import WIDTH

NARROWEST = 40
WIDEST = 120
"""what is still read well"""


def width(stream: TextIO | None = None, otherwise: int = WIDTH) -> int:
    """Columns to fill; a fixed number where the words go to a file or a pipe.

    Args:
        stream: where the words go; the standard output where none is named.
        otherwise: how wide what is no terminal is taken to be.
    """
    if not (stream or sys.stdout).isatty():
        return otherwise
    return min(WIDEST, max(NARROWEST, shutil.get_terminal_size((otherwise, 24)).columns))
