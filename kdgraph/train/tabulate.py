"""A stage that computes a table: networks at rest, images as they are, a row for each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from kdgraph.data.batches import batches
from kdgraph.data.images import Split
from kdgraph.experiment import Experiment
from kdgraph.graph.graph import LossGraph
from kdgraph.graph.tables import ROWS, TABLE, of_all
from kdgraph.lang.protocol import Training
from kdgraph.lang.recipe import Stage
from kdgraph.lower.assemble import digest_of
from kdgraph.lower.step import Step
from kdgraph.normalisation import Normalisation
from kdgraph.passes import lean
from kdgraph.registry import REGISTRY
from kdgraph.train.evaluate import needed
from kdgraph.train.feed import near
from kdgraph.train.groundwork import digest, looked_at
from kdgraph.train.identity import facts_of
from kdgraph.train.shelf import Shelf
from kdgraph.views.program import run


@dataclass(frozen=True)
class Tabulated:
    """What a stage computes, and everything that determines it.

    Attributes:
        step: gives the rows of a batch; its networks and parts are in evaluation mode meanwhile.
    """

    experiment: Experiment
    stage: Stage
    step: Step
    networks: Mapping[str, nn.Module]
    normalisations: Mapping[str, Normalisation]
    split: Split
    training: Training
    device: torch.device

    def make(self, shelf: Shelf, seed: int) -> Tensor:
        """The table, from the shelf or computed now; a row for each training image."""
        return shelf.table(self._facts(seed), self._rows, self._whole)

    @property
    def _graph(self) -> LossGraph:
        return lean(self.experiment.analysis.built(self.stage.name).graph)

    def _rows(self, first: int) -> Iterator[Tensor]:
        """The rows of the images in their order, from one on; views in their deterministic form."""
        step, device = self.step, self.device
        step.eval()
        step.clock(epoch=1, epochs=self.training.epochs, step=0)
        seen = needed(self.experiment.analysis.views.steps, *step.inputs)
        examples = near(self.split.train, device)
        numbers = torch.arange(first, len(examples))
        parts = batches(numbers, batch=self.training.eval_batch, least=0)
        for part in examples.read(parts if len(numbers) else ()):
            pixels, labels = part.pixels.to(device), part.labels.to(device)
            places = part.examples.to(device)
            with torch.no_grad():
                views = run(seen, pixels, places, seed=0, stage=0, epoch=0, train=False)
                yield step(views, labels, places).outputs[ROWS]

    def _whole(self, rows: Tensor) -> Tensor:
        """All rows as they are, or what a word such as `neighbours` makes of them."""
        graph = self._graph
        asked = graph.outputs[TABLE]
        if not of_all(graph, asked):
            return rows
        op = graph.node(asked).op
        with torch.no_grad():
            made: Tensor = REGISTRY.code(op.name)(rows.to(self.device), **dict(op.knobs))
        return made

    def _facts(self, seed: int) -> dict[str, object]:
        """Everything that determines the table; the seed only where something is drawn."""
        step, steps = self.step, self.experiment.analysis.views.steps
        models = {name: self.networks[name] for name in sorted(looked_at(step.graph))}
        told = facts_of(
            self.experiment, models, self.normalisations, self.split, self.training, self.device,
            self._graph,
        )  # fmt: skip
        views = {name: needed(steps, name) for name in step.inputs}
        return {
            **told,
            "set of views": {name: [asdict(one) for one in made] for name, made in views.items()},
            "graph": digest_of(self._graph),
            "parts": digest(step.parts.state_dict()),
            "memory": {name: digest(one.state_dict()) for name, one in step.memory.items()},
            "weights": {name: digest(one.state_dict()) for name, one in models.items()},
            "tables": digest(step.draws.tables),
            **({"seed": seed} if step.draws.places else {}),
        }
