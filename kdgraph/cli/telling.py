"""How commands tell of mistakes: all of them, then how many there were."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from kdgraph.cli.width import width
from kdgraph.lang.diagnostics import Diagnostic, RecipeError, render


def tell(error: RecipeError) -> None:
    """Print what stopped a command, as wide as the terminal."""
    typer.echo(error.told(width(sys.stderr)), err=True)


if TYPE_CHECKING:
    from kdgraph.compiler import Analysis


def tell_mistakes(recipe: str, mistakes: Sequence[Diagnostic], setting: str = "") -> int:
    """Print the mistakes of a recipe; gives back how many of them are errors."""
    errors = sum(one.severity == "error" for one in mistakes)
    warnings = len(mistakes) - errors
    for mistake in mistakes:
        typer.echo(f"{render(mistake, width(sys.stderr))}\n", err=True)
    counted = [_count(errors, "error")] if errors else []
    counted += [_count(warnings, "warning")] if warnings else []
    where = f" on {setting}" if setting else ""
    typer.echo(f"{recipe}{where}: {', '.join(counted) or 'ok'}", err=bool(errors))
    return errors


def tell_memory(analysis: Analysis) -> None:
    """Print what the memory of each stage takes for the data set at hand."""
    from kdgraph.show.columns import section
    from kdgraph.show.memory_text import sizes

    for stage, built in analysis.stages:
        several = f" in stage {stage.name}" if len(analysis.stages) > 1 else ""
        rows = list(sizes(built.graph))
        if rows:
            typer.echo(section(f"memory{several}", rows))


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
