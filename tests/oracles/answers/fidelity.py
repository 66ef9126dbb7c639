"""Fidelity: what a student and an ensemble of two say, measured as metrics and as losses."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor, nn

import kdgraph
from kdgraph.compiler import load
from kdgraph.data.images import Images, Split
from kdgraph.experiment import examine
from kdgraph.lower.assemble import assemble
from kdgraph.passes import lean
from kdgraph.train.cast import on_networks
from kdgraph.train.measure import metrics_of
from tests.oracles.answers import Network, answers, wave

COUNT, CLASSES = 6, 3
Y = torch.tensor([0, 1, 2, 0, 2, 1])
SAID = {
    "student": wave((COUNT, CLASSES), 0.7, 0.1, 3),
    "teacher": wave((COUNT, CLASSES), 0.5, 0.3, 3),
    "second": wave((COUNT, CLASSES), 0.8, 0.6, 3),
}
ENSEMBLE = "log(mean(softmax(t.logits) for t in teachers))"
METRICS = {
    "fid.agreement_pct": f"100·agreement({ENSEMBLE}, student.logits)",
    "fid.kl": f"predictive_kl({ENSEMBLE} ‖ student.logits)",
    "fid.acc_pct": "100·accuracy(student.logits, y)",
    "fid.nll": "nll(student.logits, y)",
    "fid.ece10": "ece(student.logits, y)",
}
LOSSES = {
    "fid.soft_ce_T4": f"soft_ce({ENSEMBLE} ‖ student.logits, T=4)",
    "fid.brier": f"brier({ENSEMBLE}, student.logits)",
    "fid.symkl": f"symmetric_kl({ENSEMBLE}, student.logits)",
}


class Table(nn.Module):
    """Says the row that the first pixel of an image names."""

    def __init__(self, rows: Tensor) -> None:
        super().__init__()
        self.rows = nn.Parameter(rows.clone())

    def forward(self, x: Tensor) -> Tensor:
        """The rows."""
        return self.rows[(x[:, 0, 0, 0] * 255).round().long()]


class Scaled(nn.Module):
    """Pixels from 0 to 1, in double precision."""

    def forward(self, x: Tensor) -> Tensor:
        """The pixels."""
        return x.double() / 255


@cache
def measured() -> dict[str, float]:
    """Each metric of six images, measured in batches of four as a run does."""
    names = {f"m{n}": text for n, text in enumerate(METRICS.values())}
    lines = "\n".join(f"  {name}: {text}" for name, text in names.items())
    recipe = load(f"loss: cross_entropy(student.logits, y)\nmetrics:\n{lines}\n")
    told = {"data.name": "synthetic", "data.channels": 1, "models.second": "convnet8"}
    pixels = torch.arange(COUNT, dtype=torch.uint8).reshape(-1, 1, 1, 1).repeat(1, 1, 8, 8)
    images = Images(pixels, Y, ("a", "b", "c"))
    split = Split(images, images, (0.5,), (0.5,))
    networks: dict[str, nn.Module] = {name: Table(rows) for name, rows in SAID.items()}
    experiment = on_networks(examine(recipe, "digits", told), networks, split)
    prepare: dict[str, nn.Module] = {name: Scaled() for name in networks}
    graph = lean(experiment.analysis.built().graph)
    step = assemble(graph, experiment.world, networks, sample=pixels[:2], prepare=prepare)
    step.models = dict(networks)
    measure = metrics_of(experiment, step, networks, prepare, split, 4, torch.device("cpu"))
    torch.set_default_dtype(torch.float64)  # shares of rows are counted in the default precision
    try:
        found = measure()
    finally:
        torch.set_default_dtype(torch.float32)
    return {key: found[name] for key, name in zip(METRICS, names, strict=True)}


@answers(*METRICS)
def metric(key: str) -> float:
    return measured()[key]


@answers(*LOSSES)
def loss(key: str) -> Tensor:
    x = torch.zeros(COUNT, 1, 2, 2, dtype=torch.float64)
    models = {name: Network(logits=rows) for name, rows in SAID.items()}
    return kdgraph.compile(f"loss: {LOSSES[key]}", models=models, sample=x)(x, Y).total
