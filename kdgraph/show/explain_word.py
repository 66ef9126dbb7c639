"""A word of the vocabulary or a function of the library, explained from its documentation."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from kdgraph.lang.recipe import Function
from kdgraph.primitive import Parameter, Signature
from kdgraph.show.as_written import as_written
from kdgraph.show.columns import WIDTH, section
from kdgraph.show.comment import comment_lines
from kdgraph.show.docstring import docstring
from kdgraph.show.formula import formulas, inline
from kdgraph.show.number_text import number_text
from kdgraph.show.reflow import reflow
from kdgraph.show.words_of import FORMS
from kdgraph.sorts import SORTS

KINDS = {
    "primitive": "a function of tensors",
    "module": "a module",
    "memory": "a memory",
    "draw": "a draw",
    "compute": "a table of all training images, for `compute:` of a stage",
    "view": "an augmentation, for `views:`",
}
FLAGS = {
    "couples": "a row of the result depends on other rows of the batch",
    "ordered": "the order of the batch matters",
    "random": "it draws anew at each call",
}


def explain_word(made: Signature) -> str:
    """A word: its signature, what it computes, what it takes, where it comes from."""
    doc = docstring(made.doc)
    told = doc.entries("args")
    parts = [
        f"{_call(made)}\n{KINDS.get(made.kind, made.kind)}, gives {_sort(made.sort, made.axes)}",
        *(_paragraph(part) for part in (doc.summary, *doc.body)),
        section("takes", (_row(one, told.get(one.name, "")) for one in made.parameters)),
        *_rest(made, doc.sections),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _call(made: Signature) -> str:
    return "\n".join(textwrap.wrap(str(made), WIDTH, subsequent_indent="    "))


def _paragraph(words: str) -> str:
    found = formulas(words)
    if found:
        return "\n".join(f"    {line}" for one in found for line in _broken(one))
    return reflow(inline(words))


def _broken(formula: str) -> list[str]:
    """A formula over several lines, broken where it has a gap."""
    lines: list[str] = []
    for part in formula.split("  "):
        fits = bool(lines) and len(lines[-1]) + len(part) + 2 <= WIDTH - 4
        if fits:
            lines[-1] += f"  {part}"
        else:
            lines.append(part)
    return lines


def _row(one: Parameter, told: str) -> tuple[str, str]:
    name = f"*{one.name}" if one.many else one.name
    kind = _sort(one.sort, one.axes) if one.is_edge else one.type.words
    default = "" if one.is_required or one.many else f", else {number_text(one.default)}"
    words = inline(" ".join(told.split()))
    return name, f"{kind}{default}{': ' if words else ''}{words}"


def _sort(sort: str, axes: str) -> str:
    return f"{sort}[{axes}]" if axes else sort


def _rest(made: Signature, sections: dict[str, str]) -> Iterator[str]:
    """Shapes, units, errors and source; what is none of interest is left out."""
    rows: list[tuple[str, str]] = [
        (name, inline(" ".join(sections[name].split())))
        for name in ("shapes", "units", "errors", "raises", "source")
        if name in sections and sections[name].strip() not in {"none.", "none"}
    ]
    rows += [("note", words) for flag, words in FLAGS.items() if made.flag(flag)]
    rows.append(("code", made.origin))
    yield section("more", rows)


def explain_function(function: Function) -> str:
    """A function of the library: its comment, and its definition as it stands there."""
    comment = reflow("\n".join(comment_lines(function)))
    parts = [f"{function}\na function of the library, written in the language", comment]
    parts.append(_definition(f"{function}: {as_written(function.value)}", 4))
    if function.where:
        inner = [
            _definition(f"{one.name}: {as_written(one.tree)}", 8) for one in function.where.values()
        ]
        parts[-1] += "\n      where\n" + "\n".join(inner)
    if function.require:
        parts.append(f"requires {', '.join(map(as_written, function.require))}")
    return "\n\n".join(part for part in parts if part) + "\n"


def _definition(words: str, indent: int) -> str:
    """An equation of the language, folded where it is wider than the page."""
    margin = " " * indent
    return textwrap.fill(words, WIDTH, initial_indent=margin, subsequent_indent=f"{margin}    ")


def explain_form(name: str) -> str:
    """A word that the language itself gives a meaning to."""
    return f"{name}(…)\npart of the language\n\n{FORMS[name]}\n"


def explain_sort(name: str) -> str:
    """A kind of value."""
    return f"{name}\na sort: what the numbers of a value mean\n\n{SORTS[name]}\n"
