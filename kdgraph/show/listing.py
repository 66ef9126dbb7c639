"""`kdgraph list`: names with a line each, none longer than a terminal is wide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from rich.cells import cell_len, set_cell_size

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.ask import UnknownList
from kdgraph.lang.errors.suggest import suggest
from kdgraph.show import shipped
from kdgraph.show.explanation import names
from kdgraph.show.words_of import kinds

Row = tuple[str, ...]
Sections = Iterator[tuple[str, Sequence[Row]]]
WIDTH = 80

LISTS: dict[str, Callable[[], Sections]] = {
    "words": kinds,
    "recipes": lambda: iter([("recipes", list(shipped.recipes()))]),
    "settings": lambda: iter([("settings", list(shipped.settings()))]),
    "models": lambda: iter([("networks", list(shipped.models()))]),
    "data": lambda: iter([("data sets", list(shipped.data()))]),
    "errors": lambda: iter([("mistakes", list(shipped.errors()))]),
}
ALSO = {
    "networks": "models",
    "datasets": "data",
    "mistakes": "errors",
    "codes": "errors",
    "methods": "recipes",
    "functions": "words",
    "losses": "words",
    "vocabulary": "words",
}
"""other names of lists"""
OVERVIEW = ("recipes", "settings", "words", "models", "data")


def text(what: str | None = None, width: int = WIDTH) -> str:
    """One list, or all of them but that of the mistakes.

    Args:
        what: the beginning of a list's name is enough, if it is that of one only.
        width: columns of a line.

    Raises:
        RecipeError: there is no such list.
    """
    asked = OVERVIEW if what is None else (_list(what),)
    parts = [_section(*one, width) for name in asked for one in LISTS[name]()]
    if what is None:
        parts.append("`kdgraph explain NAME` tells more; `kdgraph list errors` names the mistakes.")
    return "\n\n".join(parts) + "\n"


def _list(what: str) -> str:
    begun = {name: name for name in LISTS} | ALSO
    found = {own for name, own in begun.items() if name.startswith(what.lower())}
    if len(found) == 1:
        return found.pop()
    explained = f"`kdgraph explain {what}` tells of it" if what in names() else ""
    advice = suggest(what, LISTS) or explained or f"there are {', '.join(LISTS)}"
    raise RecipeError(UnknownList(name=what, advice=advice))


def _section(heading: str, rows: Iterable[Row], width: int) -> str:
    listed = list(rows)
    return "\n".join([heading, *(_cut(line, width) for line in _lines(listed))])


def _lines(rows: list[Row]) -> Iterator[str]:
    """Rows in columns; the last one is as long as it is."""
    wide = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = zip(row, wide, strict=True)
        cells = (f"{cell}{' ' * (room - cell_len(cell))}" for cell, room in padded)
        yield f"  {'  '.join(cells)}".rstrip()


def _cut(line: str, width: int) -> str:
    return line if cell_len(line) <= width else f"{set_cell_size(line, width - 1).rstrip()}…"
