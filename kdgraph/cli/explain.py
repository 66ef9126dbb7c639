"""`kdgraph explain`: what a word, a recipe, a mistake or a part of the language means."""

from __future__ import annotations

from typing import Annotated

import typer

WHAT = typer.Argument(help="A word (kl), a recipe (icd), a code (KD201), a topic (stages), …")


def explain(name: Annotated[str, WHAT]) -> None:
    """Explain a word, a library function, a recipe, a mistake, a network or a topic."""
    from kdgraph.show.explanation import text  # noqa: PLC0415 - nothing heavy for --help

    typer.echo(text(name), nl=False)
