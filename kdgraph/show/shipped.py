"""What travels with kdgraph: recipes, settings, networks, data sets, mistakes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

import kdgraph.lang.errors
from kdgraph import files
from kdgraph.data.known import KNOWN as DATA
from kdgraph.data.known import Facts
from kdgraph.lang.diagnostics import CODES, Diagnostic
from kdgraph.lang.find import load_text
from kdgraph.lang.yaml_tree import Scalar, read_tree
from kdgraph.models.added import ADDED
from kdgraph.models.known import KNOWN as MODELS
from kdgraph.models.known import LIBRARIES

Row = tuple[str, ...]


def recipes() -> Iterator[Row]:
    """Each recipe by name, with the year and the place of its paper, and its title."""
    for path in files.recipes():
        tree = read_tree(load_text(path))
        told = (tree.get("cite"), tree.get("title"))
        cite, title = (one.text if isinstance(one, Scalar) else "" for one in told)
        yield path.stem, *published(cite), title


def published(cite: str) -> tuple[str, str]:
    """The year and the place of a paper; of an arXiv number the year it begins with.

    >>> published("arXiv:1503.02531"), published("NeurIPS 2021"), published("in a talk")
    (('2015', '1503.02531'), ('2021', 'NeurIPS'), ('', 'in a talk'))
    """
    if number := re.fullmatch(r"arXiv:((\d\d)\d\d\.\d{4,5})", cite.strip()):
        return f"20{number[2]}", number[1]
    year = re.search(r"\b(19|20)\d\d\b", cite)
    if year is None:
        return "", cite
    return year[0], cite.replace(year[0], "").strip(" ,()")


def settings() -> Iterator[Row]:
    """Each setting by name, with its title."""
    for path in files.settings():
        title = read_tree(load_text(path)).get("title")
        yield path.stem, title.text if isinstance(title, Scalar) else ""


def models() -> Iterator[Row]:
    """Each network of the zoo with its parameters, those of plugins, the libraries of others."""
    for known in MODELS.values():
        yield known.name, count(known.parameters), known.about
    for added in ADDED.values():
        yield added.name, "", added.about
    for library, about in LIBRARIES.items():
        yield f"{library}:…", "", about


def data() -> Iterator[Row]:
    """Each data set, with its sizes where they are known without looking."""
    for name, facts in DATA.items():
        yield name, about_data(facts)


def about_data(facts: Facts) -> str:
    """The sizes of a data set in one line."""
    if facts.owned:
        return "your own images"
    size = "×".join(str(one or "?") for one in (facts.channels, facts.height, facts.width))
    if None in (facts.height, facts.width):
        size = "images of any size"
    parts = [
        f"{facts.classes} classes" if facts.classes else "",
        size,
        f"{facts.train:,} training and {facts.test:,} test images" if facts.train else "",
    ]
    return ", ".join(filter(None, parts))


def errors() -> Iterator[Row]:
    """Each mistake by code, with the headline it is told by."""
    for code, kind in sorted(mistakes().items()):
        yield code, headline(kind)


def mistakes() -> dict[str, type[Diagnostic]]:
    """Every class of mistake, by code."""
    for module in iter_modules(kdgraph.lang.errors.__path__):
        import_module(f"kdgraph.lang.errors.{module.name}")
    return dict(CODES)


def headline(kind: type[Diagnostic]) -> str:
    """The title of a mistake, its facts left open."""
    return re.sub(r"\{[^{}]*\}", "…", kind.title)


def count(number: int) -> str:
    """A number of parameters, short.

    >>> count(1_355_528), count(94_186), count(496)
    ('1.4 M', '94 k', '496')
    """
    if number >= 1_000_000:  # noqa: PLR2004 - a million
        return f"{number / 1e6:.1f} M"
    return f"{number / 1e3:.0f} k" if number >= 10_000 else f"{number:,}"  # noqa: PLR2004 - 10 k
