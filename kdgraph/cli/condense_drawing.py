"""The picture of how a run condensed its training set, drawn from its journal."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kdgraph.train.rundir import RunDir


def draw_condensing(folder: RunDir, name: str) -> None:
    """Draw `condense.svg` beside each journal of a run that tells of rounds; seeds have their own.

    Where several stages condense, the last of them is drawn.
    """
    from kdgraph.train.journal import read
    from kdgraph.train.rundir import RunDir
    from kdgraph.viz.condense_picture import RoundDrawn, condense_svg

    wanted = [field.name for field in fields(RoundDrawn)]
    for journal in [folder.metrics, *sorted(folder.path.glob("seed-*/metrics.jsonl"))]:
        said: list[dict[str, Any]] = read(journal)
        rounds = [one for one in said if one["event"] == "condense"]
        if not rounds:
            continue
        stage = rounds[-1]["stage"]
        begun = next(one for one in said if one["event"] == "begin" and one["stage"] == stage)
        drawn = [
            RoundDrawn(**{key: _held(one[key]) for key in wanted})
            for one in rounds
            if one["stage"] == stage
        ]
        made = condense_svg(drawn, name=name, epochs=begun["epochs"])
        RunDir(journal.parent).condense.write_text(made, encoding="utf-8")


def _held(value: Any) -> Any:  # noqa: ANN401 - whatever JSON has
    return tuple(value) if isinstance(value, list) else value
