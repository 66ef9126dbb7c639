"""Where a recipe is: a path, a path beside another recipe, a shipped name, or a text."""

from __future__ import annotations

import stat
from pathlib import Path

from kdgraph import files
from kdgraph.lang.arguments import check_text
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.names import UnknownRecipe
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.errors.text import TooLong, UnreadableFile
from kdgraph.lang.source import Source, Span
from kdgraph.lang.yaml_tree import MOST_LETTERS

MOST_BYTES = 4 * MOST_LETTERS
"""a letter of UTF-8 has four bytes at most"""


def load_text(path: str | Path) -> Source:
    """The text of a file, of which no more is read than a recipe may be long.

    Raises:
        RecipeError: it can't be read, is too long, or is not UTF-8.
    """
    refuse_special(path)
    try:
        with Path(path).open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            start = Span(Source(str(path), ""), 0, 0)
            raise RecipeError(TooLong(span=start, what="a file", limit=MOST_LETTERS))
        text = raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        reason = f"byte {error.start} is not UTF-8"
        raise RecipeError(
            UnreadableFile(path=str(path), reason=reason, advice="save the file as UTF-8 text")
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise RecipeError(UnreadableFile(path=str(path), reason=reason.lower())) from None
    return Source(str(path), text)


def refuse_special(path: str | Path, span: Span | None = None) -> None:
    """Refuse a folder, a pipe or a device: reading one may never end.

    Raises:
        RecipeError: there is something at the path that is no file.
    """
    kinds = {"a folder": stat.S_ISDIR, "a pipe": stat.S_ISFIFO, "a socket": stat.S_ISSOCK}
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):
        return
    if not stat.S_ISREG(mode):
        what = next((words for words, is_so in kinds.items() if is_so(mode)), "a device")
        reason, advice = f"it is {what}", "give the path of a text file"
        raise RecipeError(UnreadableFile(span=span, path=str(path), reason=reason, advice=advice))


def source_of(recipe: str | Path) -> Source:
    """The text of a recipe that is given as a path, as the name of a shipped one, or as a text.

    Raises:
        TypeError: it is neither.
        RecipeError: there is none, or it can't be read.
    """
    check_text("a recipe", recipe, "a path, the name of a shipped recipe, or its text")
    text = str(recipe)
    longest_path = 1000
    is_text = isinstance(recipe, str) and (": " in text or "\n" in text or len(text) > longest_path)
    return Source("<recipe>", text) if is_text else load_text(find_recipe(text))


def find_recipe(name: str, beside: Path | None = None, span: Span | None = None) -> Path:
    """The file of a recipe: a path, a path beside another recipe, or a shipped name."""
    places = [Path()] if beside is None else [beside, Path()]
    tries = [place / one for place in places for one in (name, f"{name}.kd")]
    stem = name.removeprefix("recipes/").removesuffix(".kd")
    shipped = {path.stem: path for path in files.recipes()}
    for path in tries:
        if path.is_file():
            return path
    if stem in shipped and "/" not in stem:
        return shipped[stem]
    if beside is None or "/" in name:
        for path in tries:
            refuse_special(path, span)
    near = {path.stem for place in places for path in place.glob("*.kd")}
    known = ", ".join(sorted(shipped))
    advice = suggest(stem, {*shipped, *near}) or f"the shipped ones are {known}"
    raise RecipeError(UnknownRecipe(span=span, name=name, advice=advice))
