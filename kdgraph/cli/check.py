"""`kdgraph check`: every mistake of a recipe at once; no data is touched."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RECIPES = typer.Argument(help="Recipes: files, or names of shipped ones.", metavar="RECIPE...")
ON = typer.Option("--on", help="The setting: a name or a file; else the recipe's own.")
SET = typer.Option("--set", help="Another value for a name, as in `--set β=0.5`.", metavar="K=V")
PLUGIN = typer.Option("--plugin", help="A Python file that adds words; it is run.")


def check(
    recipes: Annotated[list[str], RECIPES],
    on: Annotated[str | None, ON] = None,
    set_: Annotated[list[str] | None, SET] = None,
    plugin: Annotated[list[Path] | None, PLUGIN] = None,
    fast: Annotated[  # noqa: FBT002 - a flag is a bool
        bool, typer.Option("--fast", help="Do not build networks to learn sizes.")
    ] = False,
) -> None:
    """Check recipes: text, names, sorts, sizes, stages. Nothing is trained or read.

    Mistakes of the language are found without loading torch; sizes of networks outside the
    table of known ones are looked up by building them without weights.
    """
    from kdgraph.cli.plugins import load_plugins
    from kdgraph.cli.telling import tell_memory, tell_mistakes
    from kdgraph.examination import examined
    from kdgraph.experiment import pairs_of
    from kdgraph.lang.diagnostics import RecipeError

    load_plugins(plugin or [])
    values = pairs_of(set_ or [])
    wrong = 0
    for recipe in recipes:
        try:
            experiment = examined(recipe, on, values, deep=not fast)
        except RecipeError as error:
            wrong += tell_mistakes(recipe, error.diagnostics)
            continue
        wrong += tell_mistakes(recipe, experiment.analysis.mistakes, experiment.setting.name)
        if not experiment.errors:
            tell_memory(experiment.analysis)
    if wrong:
        raise typer.Exit(1)
