"""What two processes find, for a test that compares it with what one finds.

python -m tests.train.ranks OUT      # started twice by a launcher
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lower.gather import all_rows, gather_rows, pool_rows, row_counts
from kdgraph.train.atomic import write_tensors
from kdgraph.train.distributed import ALONE, World, join, wrap
from kdgraph.train.engine import train_stage
from kdgraph.train.interrupt import Interrupted
from tests.train.small import VIEWS, SmallStep, images, protocol

SIZE = (6, 5)


class Coupled(nn.Module):
    """Every row is compared with every other one of the whole batch."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(2)
        self.weight = nn.Parameter(torch.randn(5, 3, generator=generator).double())

    def forward(self, rows: Tensor) -> Tensor:
        own = torch.tanh(rows @ self.weight)
        every = gather_rows(own)
        similar = every @ every.T
        return similar.logsumexp(-1).mean() + gather_rows(own * 2).pow(3).mean()


def batch() -> Tensor:
    return torch.randn(SIZE, generator=torch.Generator().manual_seed(4)).double()


def coupled(world: World, backend: str | None) -> dict[str, Tensor]:
    torch._dynamo.reset()
    module = Coupled()
    if backend is not None:
        module.compile(fullgraph=True, backend=backend)
    rows = batch().tensor_split(world.size)[world.rank]
    ranks = wrap(module, world)
    loss = ranks(rows)
    loss.backward()
    return {"loss": loss.detach(), "gradient": module.weight.grad}


def rows_in_order(world: World) -> dict[str, Tensor]:
    """What memory would write, of a batch that ranks share evenly and of one that they don't."""
    found: dict[str, Tensor] = {}
    for count in (6, 5, 1):
        own = torch.arange(10, 10 + count).tensor_split(world.size)[world.rank]
        counts = row_counts(own)
        found[f"{count}"] = all_rows(own, counts)
        wide = own.double().unsqueeze(1).requires_grad_() * torch.ones(3).double()
        found[f"{count} wide"] = all_rows(wide, counts)
        mean = wide.sum() / max(1, wide.numel())
        pooled = pool_rows(mean, torch.tensor(len(own)).double())
        found[f"{count} mean"] = pooled.detach()
    found["evenly"] = all_rows(torch.arange(6).tensor_split(world.size)[world.rank])
    return found


def stopped(world: World, out: Path) -> dict[str, Tensor]:
    """The same stage, stopped by a Ctrl-C that the last rank alone hears, and taken up again."""
    commit, done = SmallStep.commit, []

    def pressing(step: SmallStep, finite: Tensor) -> None:
        commit(step, finite)
        done.append(1)
        if len(done) == 7 and world.rank == world.size - 1:
            signal.raise_signal(signal.SIGINT)

    SmallStep.commit = pressing
    try:
        stage(world, out, 44, False)
    except Interrupted:
        (out / f"stopped{world.rank}").write_text(str(len(done)))
    SmallStep.commit = commit
    return stage(world, out, 44, False)


def stage(world: World, out: Path, examples: int, compiled: bool | str) -> dict[str, Tensor]:
    step = SmallStep(examples, norm=False, drop=0).double()
    torch._dynamo.reset()
    result = train_stage(
        step,
        images(examples),
        VIEWS,
        protocol(epochs=2, clip=1.0),
        seed=3,
        out=out,
        device=torch.device("cpu"),
        world=world,
        resume=True,
        compile=compiled,
        log_every=4,
    )
    numbers = [[one.total, one.terms["rel"], one.measures["accuracy"]] for one in result.history]
    return {**step.state_dict(), "history": torch.tensor(numbers).double()}


def everything(world: World, out: Path) -> dict[str, Tensor]:
    parts = {
        "eager": coupled(world, None),
        "compiled": coupled(world, "aot_eager"),
        "rows": rows_in_order(world),
        "stage": stage(world, out / "eager", 44, False),
        "stopped": stopped(world, out / "stopped"),
        "compiled stage": stage(world, out / "compiled", 40, "aot_eager"),
    }
    return {f"{part}/{name}": one for part, found in parts.items() for name, one in found.items()}


def main(out: Path) -> None:
    torch.set_num_threads(1)
    try:
        with join("cpu", 3):
            pass
    except RecipeError as refused:
        (out / "refused").write_text(refused.diagnostics[0].code)
    with join("cpu", 2) as (world, _):
        assert world != ALONE
        write_tensors(out / f"rank{world.rank}.safetensors", everything(world, out))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
