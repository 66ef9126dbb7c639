"""A picture into a file, in the format that the file's name asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors import suggest
from kdgraph.lang.errors.picture import UnknownPictureFormat
from kdgraph.viz.dot import dot
from kdgraph.viz.mermaid import mermaid
from kdgraph.viz.page import page
from kdgraph.viz.picture import Picture
from kdgraph.viz.png import png
from kdgraph.viz.svg import svg

FORMATS: dict[str, Callable[[Picture], str | bytes]] = {
    ".svg": svg,
    ".png": png,
    ".html": page,
    ".dot": dot,
    ".mmd": mermaid,
}


def writer(path: str | Path) -> Callable[[Picture], str | bytes]:
    """What draws for a file of this name; known before anything is drawn."""
    suffix = Path(path).suffix
    if suffix.lower() not in FORMATS:
        near = suggest(suffix, FORMATS) if suffix else ""
        raise RecipeError(UnknownPictureFormat(path=str(path), suffix=suffix, near=near))
    return FORMATS[suffix.lower()]


def render(picture: Picture, path: str | Path) -> None:
    """Draw a picture into a file: `.svg`, `.png`, `.html`, `.dot` or `.mmd`."""
    drawn = writer(path)(picture)
    Path(path).write_bytes(drawn.encode() if isinstance(drawn, str) else drawn)
