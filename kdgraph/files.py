"""Where the files that travel with the package are: grammars, recipes, the library.

In a wheel they lie inside the package; in a checkout beside it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent


@cache
def folder(name: str) -> Path:
    """The folder `grammars` or `recipes`, wherever this installation keeps it."""
    for place in (HERE / "_shipped" / name, HERE.parent / name):
        if place.is_dir():
            return place
    msg = f"this installation of kdgraph has no folder {name!r}; install it again"
    raise FileNotFoundError(msg)


def grammar(name: str) -> str:
    """The text of a grammar."""
    return (folder("grammars") / name).read_text(encoding="utf-8")


def library() -> Path:
    """The derived losses, written in the language itself."""
    return HERE / "library.kd"


def recipes() -> list[Path]:
    """The recipes that travel with the package, by name."""
    return sorted(folder("recipes").glob("*.kd"), key=lambda path: path.stem)


def settings() -> list[Path]:
    """The settings that travel with the package, by name."""
    return sorted((folder("recipes") / "settings").glob("*.yaml"), key=lambda path: path.stem)
