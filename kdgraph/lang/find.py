"""Where a recipe is: a path, a path beside another recipe, a shipped name, or a text."""

from __future__ import annotations

from pathlib import Path

from kdgraph import files
from kdgraph.lang.arguments import check_text
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.names import UnknownRecipe
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.errors.text import UnreadableFile
from kdgraph.lang.source import Source, Span


def load_text(path: str | Path) -> Source:
    """The text of a file.

    Raises:
        RecipeError: it can't be read, or is not UTF-8.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        reason = f"byte {error.start} is not UTF-8"
        raise RecipeError(
            UnreadableFile(path=str(path), reason=reason, advice="save the file as UTF-8 text")
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise RecipeError(UnreadableFile(path=str(path), reason=reason.lower())) from None
    return Source(str(path), text)


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
    near = {path.stem for place in places for path in place.glob("*.kd")}
    known = ", ".join(sorted(shipped))
    advice = suggest(stem, {*shipped, *near}) or f"the shipped ones are {known}"
    raise RecipeError(UnknownRecipe(span=span, name=name, advice=advice))
