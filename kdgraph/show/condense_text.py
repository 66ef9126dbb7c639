"""How a recipe condenses its training set, in words and as written."""

from __future__ import annotations

from collections.abc import Iterator

from kdgraph.graph.condensed import OUTPUT
from kdgraph.graph.graph import LossGraph
from kdgraph.lang.condense import COST, KEEP, MIX, ROUNDS
from kdgraph.lang.recipe import Recipe
from kdgraph.show.as_written import as_written

Row = tuple[str, str]


def condense_rows(recipe: Recipe, graph: LossGraph) -> Iterator[Row]:
    """What is ranked, when, what is kept and what is mixed; nothing where all images stay."""
    if OUTPUT not in graph.outputs:
        return
    said = {name: as_written(entry.tree) for name, entry in recipe.condense.items()}
    rounds = said.get("rounds", f"{ROUNDS}")
    every = said.get("every", f"epochs/{rounds}")
    late = f", from epoch {said['warmup']} on" if "warmup" in said else ""
    form = "added to" if said.get("form") == "paper" else "averaged with"
    mix = said.get("mix", f"{MIX}")
    yield "value", f"{said.get('value', '')}, of the training's own forward, not trained"
    yield "rounds", f"{rounds} equal steps, every {every}{late}"
    yield "keep", f"{said.get('keep', f'{KEEP}')} of the training images in the end"
    yield "mix", f"up to {mix} of an image left out, {form} the lowest kept ones"
    yield "cost", f"the score is the mean value · frequency^{said.get('cost', f'{COST}')}"
