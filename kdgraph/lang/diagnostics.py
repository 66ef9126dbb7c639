"""What a mistake is: wording in the class, facts in the fields, carets drawn by `render`."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass, fields
from typing import ClassVar

from rich.cells import cell_len

from kdgraph.lang.source import Span

CODES: dict[str, type[Diagnostic]] = {}


@dataclass(frozen=True, kw_only=True)
class Diagnostic(ABC):
    """One mistake of a user. Subclasses say what, where and what to do about it."""

    code: ClassVar[str]
    title: ClassVar[str]
    label: ClassVar[str] = ""
    help: ClassVar[str] = ""
    severity: ClassVar[str] = "error"

    span: Span | None = None

    def __init_subclass__(cls) -> None:
        """Register the class under its code, which is never used twice."""
        super().__init_subclass__()
        code = cls.__dict__.get("code")
        if code is None:
            return
        known = CODES.setdefault(code, cls)
        if known.__qualname__ != cls.__qualname__:
            msg = f"{code} is both {known.__name__} and {cls.__name__}"
            raise RuntimeError(msg)
        CODES[code] = cls

    def facts(self) -> dict[str, object]:
        """The fields by name, for the wording."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def labels(self) -> list[tuple[Span, str]]:
        """Every place that took part, with the few words that belong under it."""
        return [(self.span, self.label.format(**self.facts()))] if self.span else []

    @property
    def headline(self) -> str:
        """The first line: it stands alone."""
        return f"{self.severity}[{self.code}]: {self.title.format(**self.facts())}"

    def __str__(self) -> str:
        """The whole message, as the terminal shows it."""
        return render(self)


class RecipeError(Exception):
    """What a recipe, a setting or its data got wrong; every mistake of a reading at once."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__(*diagnostics)
        self.diagnostics = diagnostics

    def __str__(self) -> str:
        """Every message, with an empty line between two."""
        return "\n\n".join(render(one) for one in self.diagnostics)


def render(diagnostic: Diagnostic) -> str:
    """Draw a message: headline, place, lines with carets, help.

    Columns are counted in code points and drawn in terminal cells, so that carets stand
    under Greek letters and wide letters alike.
    """
    lines = [diagnostic.headline]
    labels = diagnostic.labels()
    margin = 0
    if labels:
        lead = diagnostic.span or labels[0][0]
        margin = len(str(max(span.line for span, _ in labels)))
        lines.append(f"{' ' * margin}--> {lead.source.path}:{lead.line}:{lead.column}")
        lines += _excerpt(labels, margin, lead)
    help_text = diagnostic.help.format(**diagnostic.facts())
    lines += [f"{' ' * margin} = help: {part}" for part in help_text.split("\n") if part]
    return "\n".join(lines)


def _excerpt(labels: list[tuple[Span, str]], margin: int, lead: Span) -> list[str]:
    blank = f"{' ' * margin} |"
    lines = [blank]
    path, previous = lead.source.path, None
    ordered = sorted(labels, key=lambda at: (at[0].source.path != path, at[0].line, at[0].column))
    for span, words in ordered:
        if span.source.path != path:
            path, previous = span.source.path, None
            lines.append(f"{' ' * margin}::: {path}:{span.line}:{span.column}")
        text = span.source.line(span.line)
        if span.line != previous:
            lines.append(f"{span.line:>{margin}} | {text}".rstrip())
        start = span.column - 1
        width = max(1, min(span.end - span.start, len(text) - start))
        mark = "^" if span == lead else "-"
        indent = " " * cell_len(text[:start].replace("\t", " "))
        underline = mark * max(1, cell_len(text[start : start + width]))
        lines.append(f"{blank} {indent}{underline} {words}".rstrip())
        previous = span.line
    return lines
