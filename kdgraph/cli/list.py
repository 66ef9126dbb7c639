"""`kdgraph list`: the vocabulary, the recipes, and what they can be tried on."""

from __future__ import annotations

from typing import Annotated

import typer

WHAT = typer.Argument(help="words, recipes, settings, models, data or errors; else all but errors.")


def list_(what: Annotated[str | None, WHAT] = None) -> None:
    """List the words of the language and what travels with kdgraph, one a line."""
    from kdgraph.show.listing import text  # noqa: PLC0415 - nothing heavy for --help

    typer.echo(text(what), nl=False)
