"""`kdgraph explain`: what a word, a recipe, a mistake or a part of the language means."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kdgraph.cli.check import PLUGIN

WHAT = typer.Argument(help="A word (kl), a recipe (icd), a code (KD201), a topic (stages), …")


def explain(
    name: Annotated[str, WHAT],
    plugin: Annotated[list[Path] | None, PLUGIN] = None,
) -> None:
    """Explain a word, a library function, a recipe, a mistake, a network or a topic."""
    from kdgraph.cli.plugins import load_plugins
    from kdgraph.show.explanation import text

    load_plugins(plugin or [])
    typer.echo(text(name), nl=False)
