"""Words folded into lines, counted in terminal cells; code in backticks stays in one piece."""

from __future__ import annotations

import re

from rich.cells import cell_len

PIECE = re.compile(r"(?:`[^`\n]*`|[^\s`]|`)+")
"""what is not broken where it fits on a line of its own"""


def wrap(text: str, width: int) -> list[str]:
    """Fold a line; a piece that is wider than a line is folded at its spaces, else left long.

    >>> wrap("write `--set train.epochs=3` instead", 24)
    ['write', '`--set train.epochs=3`', 'instead']
    """
    if cell_len(text) <= width:
        return [text]
    lines: list[str] = []
    for piece in PIECE.findall(text):
        for part in [piece] if cell_len(piece) <= width else piece.split():
            if lines and cell_len(lines[-1]) + 1 + cell_len(part) <= width:
                lines[-1] += f" {part}"
            else:
                lines.append(part)
    return lines or [""]


def hanging(first: str, text: str, width: int) -> list[str]:
    """A text after its first words, the lines that follow indented under where it began.

    >>> hanging("help: ", "do this and then do that", 27)
    ['help: do this and then do', '      that']
    """
    rest = " " * cell_len(first)
    folded = wrap(text, max(20, width - len(rest))) if text.strip() else [text]
    return [f"{rest if at else first}{line}" for at, line in enumerate(folded)]
