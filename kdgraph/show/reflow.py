"""Running text brought to the width of a terminal; indented blocks stay as they are."""

from __future__ import annotations

import re
import textwrap

WIDTH = 80


def reflow(text: str, width: int = WIDTH) -> str:
    r"""Fill each paragraph; examples, which are indented, are left alone.

    >>> print(reflow("a line\nand one more\n\n    left: alone"))
    a line and one more
    <BLANKLINE>
        left: alone
    """
    parts = re.split(r"\n[ \t]*\n", text.strip("\n"))
    return "\n\n".join(
        part if part.startswith(" ") else textwrap.fill(" ".join(part.split()), width)
        for part in parts
    )
