"""TaT: one head and several, the per-target form, groups of patches and the anchor."""

from __future__ import annotations

import torch
from torch import Tensor

import kdgraph
from tests.oracles.answers import Network, answers, wave

HEADS = "mse(attend(q, t, v, heads=2, over=keys), t)"


class Maps(Network):
    """A network that says a map and two others."""

    def __init__(self, *maps: Tensor) -> None:
        named = dict(zip(("layer", "q", "v"), maps, strict=False))
        rows = len(maps[0])
        super().__init__(**named, logits=torch.zeros(rows, 4, dtype=torch.float64))
        self.aliases = {"logits": "", "maps": ("layer",)}


def terms(recipe: str, shape: tuple[int, ...], **values: str) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss and its terms of a shipped recipe, its projections replaced by given maps."""
    x = torch.zeros(shape[0], 1, 2, 2, dtype=torch.float64)
    q, t, v = wave(shape, 0.7, 0.1, 1.5), wave(shape, 0.5, 0.3, 1.5), wave(shape, 0.9, 0.2)
    models = {"teacher": Maps(t), "student": Maps(t, q, v)}
    given = {"q": "student.q", "v": "student.v"} | values
    out = kdgraph.compile(recipe, models=models, sample=x, set=given)(
        x, torch.zeros(shape[0], dtype=torch.int64)
    )
    return out.total, out.terms


@answers("tat.h1", "tat.h2", "tat.pertarget")
def whole(key: str) -> Tensor:
    recipe = "tat-target" if key == "tat.pertarget" else "tat"
    values = {"tat": HEADS} if key == "tat.h2" else {}
    return terms(recipe, (2, 4, 2, 2), **values)[1]["tat"]


@answers("tat.patch.g2", "tat.anchor2", "tat.hier")
def hierarchical(key: str) -> Tensor:
    total, parts = terms("tat-dense", (1, 2, 4, 4), k="t", α="1", loss="0·sup + β·group + γ·anchor")
    return {"tat.patch.g2": parts["group"], "tat.anchor2": parts["anchor"], "tat.hier": total}[key]
