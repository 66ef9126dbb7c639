"""What a rank finds when it runs recipes on its part of a batch.

python -m tests.laws.recipe_ranks OUT      # started twice by a launcher
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn

from kdgraph import files
from kdgraph.compiler import stage_world
from kdgraph.data.images import Images
from kdgraph.data.pool import Pool
from kdgraph.experiment import examine
from kdgraph.lang.condense import Condensing
from kdgraph.lower.assemble import assemble
from kdgraph.lower.gather import ranks_of
from kdgraph.lower.lasting import Lasting
from kdgraph.lower.step import Step
from kdgraph.passes import lean
from kdgraph.passes.first_step import first_step
from kdgraph.passes.share_rows import share_rows
from kdgraph.train.atomic import write_tensors
from kdgraph.train.cast import on_networks
from kdgraph.train.condense import Condenser
from kdgraph.train.distributed import ALONE, World, join, wrap
from kdgraph.train.worth import Worth
from tests.train.small import images

BATCH = 12
SHIPPED = [path.stem for path in files.recipes()]
LOSSES = {
    "alike": "3000·sp(teacher.maps[1] ‖ student.maps[1])",
    "classes": "dist(teacher.logits ‖ student.logits)",
    "distances": "rkd_distance(teacher.features ‖ student.features)",
    "channels": "ickd(teacher.maps[0] ‖ student.maps[0])",
    "selected": "nst(teacher.maps[0] ‖ student.maps[1])",
    "masked": "kl(softmax(teacher.logits) ‖ softmax(student.logits), rows=(y > 0))",
    "masked late": "cross_entropy(student.logits, y, rows=(y > i))",
    "summed": "sum(student.logits²)/rows(x) + kl(softmax(teacher.logits) ‖ p, reduce=sum)/100",
    "mean of all": "mean(normalize(student.features)/mean(student.features²))",
    "a row's own": "mean(T·student.logits)",
    "rows picked": "cross_entropy(student.logits[0:5], y[0:5])",
    "a whole row meets its own": "mse(normalize(linear(r, 3)) ‖ normalize(student.logits[:, 0:3]))",
    "normed vectors": "mse(bn(linear(student.features, 3)) ‖ teacher.logits[:, 0:3])",
    "hidden places": "mse(conv(student.maps[0], 8)·(uniform(x, 1, 6, 6) >= 0.4), teacher.maps[0])",
    "cells that meet": "mse(center(cells(f, 2, 2), over=0), cells(g, 2, 2))",
    "remembered without rows": "mean((student.logits - c)²)",
    "other rows": "mean(student.logits[origin(x)]·student.features[:, 0:4])",
}
WHERE = """
where:
  p: softmax(student.logits)
  T: sum(teacher.logits, over=-1)
  r: center(student.features, over=0)
  f: conv(student.maps[0], 8)
  g: teacher.maps[0]
  c: once(mean(student.logits, over=0))
"""
COMPILED = {f"{name} compiled": (name, "aot_eager") for name in ("icd", "fitnet")}
WAYS = {name: (name, None) for name in (*SHIPPED, *LOSSES)} | COMPILED
FIRST = {"sskd's first stage": "sskd"}
"""the others are taken in their last stage"""
WAYS |= {name: (name, None) for name in FIRST}


class Added(nn.Sequential):
    """Its layers beside a way around them: they alone would say nearly one thing of all images."""

    def forward(self, x: Tensor) -> Tensor:
        return x + super().forward(x)


class Smooth(nn.Module):
    """No batch norm, which would see other rows on two ranks, and no kinks."""

    aliases: ClassVar = {
        "logits": "", "features": "fc.input", "stem": "one.0", "maps": ("one", "two", "three"),
        "preact": ("one.0", "two.0", "three.0"),
    }  # fmt: skip

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.one = nn.Sequential(nn.Conv2d(1, width, 3, padding=1), nn.Tanh())
        self.two = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, stride=2), nn.Tanh())
        self.three = Added(nn.Conv2d(width, width, 3, padding=1), nn.Tanh())
        self.fc = nn.Linear(width, classes)
        self.another = lambda: nn.Sequential(nn.Conv2d(width, width, 1), nn.Tanh())

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.three(self.two(self.one(x))).mean((2, 3)))


def batch() -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(BATCH, 1, 6, 6, generator=generator, dtype=torch.float64)
    return x, torch.arange(BATCH) % 4, torch.randperm(BATCH, generator=generator)


def recipe_of(name: str) -> str:
    """A shipped recipe by its name, or one of the losses above as text."""
    if name not in LOSSES:
        return FIRST.get(name, name)
    return f"loss: 'cross_entropy(student.logits, y) + {LOSSES[name]}'{WHERE}"


def step_of(recipe: str, world: World) -> Step:
    torch.manual_seed(1)
    fewer = {"K": 20} if "crd" in recipe else {}
    if recipe == "tat-dense":  # maps of 3×3: of patches of one place attention learns nothing
        fewer = {"n": 1, "r": 1}
    on = "digits" if "crossmodal" in recipe else None  # the images here are grey
    asked = examine(recipe_of(recipe), on, fewer)
    networks = {"teacher": Smooth(8, 4).double(), "student": Smooth(5, 4).double()}
    more = sorted(asked.setting.models.keys() - networks)
    networks |= {name: Smooth(6, 4).double() for name in more}
    experiment = on_networks(asked, networks, images())
    stage, built = experiment.analysis.stages[0 if recipe in FIRST else -1]
    graph = lean(built.graph)
    whole = share_rows(graph) if world.size > 1 else graph
    return assemble(
        whole,
        stage_world(experiment.world, stage),
        networks,
        sample=batch()[0][:2],
        ranks=ranks_of(world.rank, world.size) if world.size > 1 else None,
        lasting=Lasting(labels=torch.arange(60) % 4, first=first_step(whole)),
    )


def found(recipe: str, backend: str | None, world: World) -> dict[str, Tensor]:
    """Loss, terms and gradients of two steps, the second after an update."""
    torch._dynamo.reset()
    step = step_of(recipe, world)
    if backend is not None:
        step.compile(fullgraph=True, dynamic=False, backend=backend)
    ranks = wrap(step, world)
    x, y, i = (column.tensor_split(world.size)[world.rank] for column in batch())
    rows = {name: view.rows or 1 for name, view in step.world.views.items()}
    views = {name: shown(x, rows.get(name, 1)) for name in {*step.inputs} - {"y", "i"}}
    views |= {name: torch.tensor(0.3) for name in views if name.startswith("share(")}
    told: dict[str, Tensor] = {}
    for number in range(2):
        step.clock(epoch=2, epochs=3, step=number)  # some weights are 0 in the first
        step.zero_grad()
        out = ranks(views, y, i)
        out.total.backward()
        told |= {f"{number}/total": out.total.detach()}
        told |= {f"{number}/terms/{name}": one.detach() for name, one in out.terms.items()}
        told |= {f"{number}/outputs/{name}": one.detach() for name, one in out.outputs.items()}
        for part, name, one in step.trained():
            told[f"{number}/gradient/{part}/{name}"] = one.grad.clone()
            with torch.no_grad():
                one.sub_(one.grad, alpha=0.5)
        step.commit()
    told |= {f"buffer/{name}": one.clone() for name, one in step.parts.named_buffers()}
    for name, memory in step.memory.items():
        told |= {f"memory/{name}/{key}": one.clone() for key, one in memory.named_buffers()}
    return told


def shown(x: Tensor, rows: int) -> Tensor:
    """So many rows of each image, no two of them alike."""
    return torch.stack([x.roll(turn, -1) for turn in range(rows)], dim=1).flatten(0, 1)


def condensed(world: World) -> dict[str, Tensor]:
    """What each example is worth after two steps, and a round that follows from it."""
    step = step_of("kcd", world)
    pixels = (20 * torch.arange(BATCH, dtype=torch.uint8))[:, None, None, None]
    data = Images(pixels, torch.zeros(BATCH, dtype=torch.int64), ("a",))
    worth = Worth(BATCH, torch.device("cpu"))
    condenser = Condenser(Condensing(keep=0.5, rounds=1), Pool(data), worth, world)
    own = [column.tensor_split(world.size)[world.rank] for column in batch()]
    for number in range(2):
        out = step(own[0] * (number + 1), *own[1:])
        condenser.note(out.outputs, own[2], torch.tensor(data=True))
    assert condenser.after(1) is not None
    return {f"condensed/{name}": one for name, one in condenser.state().items()}


def everything(world: World) -> dict[str, Tensor]:
    return condensed(world) | {
        f"{way}/{name}": tensor
        for way, (recipe, backend) in WAYS.items()
        for name, tensor in found(recipe, backend, world).items()
    }


def alone_with_half() -> Tensor:
    """What each rank would say if negatives came from its own rows alone."""
    step = step_of("icd", ALONE)
    halves = zip(*(column.tensor_split(2) for column in batch()), strict=True)
    return torch.stack([step(*half).terms["contrast"].detach() for half in halves]).mean()


def main(out: Path) -> None:
    torch.set_num_threads(1)
    with join("cpu", 2) as (world, _):
        write_tensors(out / f"rank{world.rank}.safetensors", everything(world))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
