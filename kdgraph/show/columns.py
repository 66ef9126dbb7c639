"""Rows of two columns, the second one wrapped: what most text views are made of."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from rich.cells import cell_len

WIDTH = 80
LEFT = 24


def section(title: str, rows: Iterable[tuple[str, str]], width: int = WIDTH) -> str:
    """A heading with rows under it; empty where there are none.

    >>> print(section("trained", [("student", "resnet8"), ("θ", "learn(1)")]))
    trained
      student  resnet8
      θ        learn(1)
    """
    body = columns(rows, width)
    return f"{title}\n{body}" if body else ""


def columns(rows: Iterable[tuple[str, str]], width: int = WIDTH) -> str:
    """Rows of a name and a text, indented; a name that is too long has a line of its own."""
    listed = list(rows)
    left = max((cell_len(name) for name, _ in listed if cell_len(name) <= LEFT), default=0)
    lines: list[str] = []
    for name, words in listed:
        wrapped = textwrap.wrap(words, max(20, width - left - 4)) or [""]
        if cell_len(name) > left:
            lines.append(f"  {name}")
            name = ""  # noqa: PLW2901 - the text starts on the next line
        head = f"  {name}{' ' * (left - cell_len(name))}  "
        rest = " " * (left + 4)
        lines += [f"{head if at == 0 else rest}{line}".rstrip() for at, line in enumerate(wrapped)]
    return "\n".join(lines)
