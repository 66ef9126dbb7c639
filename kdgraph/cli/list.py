"""`kdgraph list`: the vocabulary, the recipes, and what they can be tried on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kdgraph.cli.check import PLUGIN

WHAT = typer.Argument(help="words, recipes, settings, models, data or errors; else all but errors.")


def list_(
    what: Annotated[str | None, WHAT] = None,
    plugin: Annotated[list[Path] | None, PLUGIN] = None,
) -> None:
    """List the words of the language and what travels with kdgraph, one a line."""
    from kdgraph.cli.plugins import load_plugins
    from kdgraph.show.listing import text

    load_plugins(plugin or [])
    typer.echo(text(what), nl=False)
