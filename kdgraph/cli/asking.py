"""What the commands that answer questions share: a recipe without mistakes, and files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.ask import UnknownStage, UnwritableFile
from kdgraph.lang.errors.suggest import suggest

if TYPE_CHECKING:
    from kdgraph.experiment import Experiment


def examined_well(
    recipe: str,
    on: str | None,
    values: Sequence[str] | None,
    stage: str | None = None,
    plugins: Sequence[Path] | None = None,
) -> Experiment:
    """A recipe on a setting, with the sizes of its taps.

    Raises:
        RecipeError: it has mistakes, or no such stage.
    """
    from kdgraph.cli.plugins import load_plugins
    from kdgraph.examination import examined
    from kdgraph.experiment import pairs_of

    load_plugins(plugins or [])
    experiment = examined(recipe, on, pairs_of(values or []))
    if experiment.errors:
        raise RecipeError(*experiment.errors)
    stages = [one.name for one, _ in experiment.analysis.stages]
    if stage is not None and stage not in stages:
        advice = suggest(stage, stages) or f"its stages are {', '.join(stages)}"
        raise RecipeError(UnknownStage(name=stage, advice=advice))
    return experiment


def write(path: Path, content: bytes) -> None:
    """Write a file, and the folders it stands in.

    Raises:
        RecipeError: it can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise RecipeError(UnwritableFile(path=str(path), reason=reason)) from None
