"""What a rank finds when it runs recipes on its part of a batch.

python -m tests.laws.recipe_ranks OUT      # started twice by a launcher
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from kdgraph.compiler import stage_world
from kdgraph.experiment import examine
from kdgraph.lower.assemble import assemble
from kdgraph.lower.step import Step
from kdgraph.passes import lean
from kdgraph.train.atomic import write_tensors
from kdgraph.train.cast import on_networks
from kdgraph.train.distributed import ALONE, World, join, wrap
from kdgraph.train.gather import gather_rows
from tests.train.small import images

BATCH = 12
WAYS = {"kd": ("kd", None), "icd": ("icd", None), "icd compiled": ("icd", "aot_eager")}


class Smooth(nn.Module):
    """No batch norm, which would see other rows on two ranks, and no kinks."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, width, 3, padding=1)
        self.fc = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(torch.tanh(self.conv(x)).mean((2, 3)))


def batch() -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(BATCH, 1, 6, 6, generator=generator, dtype=torch.float64)
    return x, torch.arange(BATCH) % 4, torch.randperm(BATCH, generator=generator)


def step_of(recipe: str, world: World) -> Step:
    torch.manual_seed(1)
    networks = {"teacher": Smooth(8, 4).double(), "student": Smooth(5, 4).double()}
    experiment = on_networks(examine(recipe), networks, images())
    stage, built = experiment.analysis.stages[-1]
    return assemble(
        lean(built.graph),
        stage_world(experiment.world, stage),
        networks,
        sample=batch()[0][:2],
        gather=gather_rows if world.size > 1 else None,
        ranks=world.size,
    )


def found(recipe: str, backend: str | None, world: World) -> dict[str, Tensor]:
    """Loss, terms and gradients of two steps, the second after an update."""
    torch._dynamo.reset()
    step = step_of(recipe, world)
    if backend is not None:
        step.compile(fullgraph=True, dynamic=False, backend=backend)
    ranks = wrap(step, world)
    own = [column.tensor_split(world.size)[world.rank] for column in batch()]
    told: dict[str, Tensor] = {}
    for number in range(2):
        step.clock(epoch=1, epochs=2, step=number)
        step.zero_grad()
        out = ranks(*own)
        out.total.backward()
        told |= {f"{number}/total": out.total.detach()}
        told |= {f"{number}/terms/{name}": one.detach() for name, one in out.terms.items()}
        for part, name, one in step.trained():
            told[f"{number}/gradient/{part}/{name}"] = one.grad.clone()
            with torch.no_grad():
                one.sub_(one.grad, alpha=0.5)
        step.commit()
    return told


def everything(world: World) -> dict[str, Tensor]:
    return {
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
