"""A loop of one's own on several ranks: what each of them ends with.

python -m tests.lower.own_loop OUT      # started twice by a launcher
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from inspect import signature
from pathlib import Path

import torch
import torch.distributed as dist
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

import kdgraph
from kdgraph.lower.step import Out, Step
from tests.laws.recipe_ranks import Smooth

EXAMPLES, BATCH, STEPS = 60, 12, 3
LABELS = torch.arange(EXAMPLES) % 4
RECIPES = {
    "queue": """
  term: mean((normalize(linear(student.features, 8)) @ Qᵀ)²)
  Q: queue(normalize(teacher.features), 30)
""",
    "table": """
  term: mean(t.count[i]·sum((softmax(student.logits) - t[i])², over=-1))
  t: table(softmax(teacher.logits))
""",
    "once": """
  term: near/Z
  near: mse(student.logits, teacher.logits)
  Z: once(near, momentum=0.5)
""",
    "once of a vector": """
  term: mean((student.logits - c)²)
  c: once(mean(student.logits, over=0), momentum=0.5)
""",
    "delay": """
  term: mean((z - old.c)²) + mean((z @ old.zᵀ)²) + kl(old.z ‖ softmax(student(old.x).logits))
  z: softmax(student.logits)
  old: delay(x=x, z=detach(z), c=mean(detach(z), over=0))
""",
    "ema": """
  term: kd(m.logits ‖ student.logits)
  m: ema(student, momentum=0.9)
""",
    "kept rows": """
  term: kl(softmax(teacher.logits) ‖ softmax(student.logits), rows=(y > 0))
""",
    "gate": """
  term: w[0]·kd(teacher.logits ‖ student.logits) + w[1]·mean(student.logits²)
  w: gate(0.5, 2)
""",
    "bn": """
  term: mse(bn(linear(student.features, 3)) ‖ teacher.logits[:, 0:3])
""",
    "matrix": """
  term: mse(normalize(f @ fᵀ), normalize(g @ gᵀ))
  f: student.features
  g: teacher.features
""",
    "origin": """
  term: mean(student.logits[origin(x)]·student.features[:, 0:4])
""",
}
SHIPPED = ("crd", "icd")
WRAPPED = ("ddp", "ddp own buffers", "static", "by hand", "subgroup")


@dataclass(frozen=True)
class Way:
    """A recipe, how the step is wrapped, and how its batches come."""

    recipe: str
    wrapped: str = "ddp"
    parts: int = 1
    refused: int | None = None
    backend: str = ""


WAYS = {name: Way(name) for name in (*SHIPPED, *RECIPES)}
WAYS |= {f"icd {one}": Way("icd", one) for one in WRAPPED[1:]}
WAYS |= {f"crd {one}": Way("crd", one) for one in WRAPPED[1:]}
WAYS |= {f"{one} accumulated": Way(one, parts=2) for one in ("crd", "icd", "once of a vector")}
WAYS |= {f"{one} refused once": Way(one, refused=1) for one in ("crd", "queue", "ema")}
WAYS |= {"icd compiled": Way("icd", "subgroup", backend="aot_eager")}


def recipe_of(name: str) -> str:
    """A shipped recipe by its name; else a term beside cross-entropy."""
    if name in SHIPPED:
        return name
    sup = "cross_entropy(student.logits, y)"
    return f"loss: sup + term\nwhere:\n  sup: {sup}{RECIPES[name]}"


def step_of(way: Way, rank: int, **more: object) -> Step:
    torch.manual_seed(1)
    teacher = Smooth(8, 4).double()
    torch.manual_seed(2 + (rank if "ddp" in way.wrapped else 0))  # the wrapper makes them equal
    return kdgraph.compile(
        recipe_of(way.recipe),
        models={"teacher": teacher, "student": Smooth(5, 4).double()},
        sample=batch(0)[0],
        labels=LABELS,
        set={"K": 20} if way.recipe == "crd" else None,
        seed=rank if "ddp" in way.wrapped else 0,
        **more,
    )


def batch(number: int) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(number)
    x = torch.randn(BATCH, 1, 6, 6, generator=generator, dtype=torch.float64)
    i = torch.randperm(EXAMPLES, generator=generator)[:BATCH]
    return x, LABELS[i], i


def wrap(step: Step, wrapped: str, group: dist.ProcessGroup | None) -> nn.Module:
    match wrapped:
        case "ddp":
            return DistributedDataParallel(step, find_unused_parameters=True)
        case "ddp own buffers":
            known = signature(DistributedDataParallel).parameters
            word = (
                "forward_sync_buffers" if "forward_sync_buffers" in known else "broadcast_buffers"
            )
            return DistributedDataParallel(step, **{word: False})
        case "static":
            return DistributedDataParallel(step, static_graph=True)
        case "subgroup":
            return DistributedDataParallel(step, process_group=group)
    return step


def found(way: Way, rank: int, size: int) -> dict[str, Tensor]:
    torch._dynamo.reset()
    group = dist.new_group([0, 1]) if size > 1 and way.wrapped == "subgroup" else None
    step = step_of(way, rank, group=group)
    if way.backend:
        step.compile(fullgraph=True, backend=way.backend)
    ranks = wrap(step, way.wrapped, group) if size > 1 else step
    optimiser = torch.optim.SGD(step.parameters(), lr=0.3, momentum=0.9)
    told: dict[str, Tensor] = {}
    for number in range(STEPS):
        step.clock(epoch=2, epochs=3, step=number)
        optimiser.zero_grad()
        for part in range(way.parts):
            mine = [one.tensor_split(size)[rank] for one in batch(10 * number + part)]
            last = part == way.parts - 1
            quiet = isinstance(ranks, DistributedDataParallel) and not last
            with ranks.no_sync() if quiet else nullcontext():
                out = ranks(
                    *(
                        one
                        for one, name in zip(mine, "xyi", strict=True)
                        if name in step.inputs or name == "y"
                    )
                )
                assert isinstance(out, Out)
                (out.total / way.parts).backward()
        told[f"{number}/total"] = out.total.detach().clone()
        if size > 1 and ranks is step:
            for one in step.parameters():
                dist.all_reduce(one.grad)
                one.grad /= size
        optimiser.step()
        bad = number == way.refused and rank == size - 1
        step.commit(torch.tensor(not bad) if bad or number else None)
    told |= {f"weights/{part}/{name}": one.detach().clone() for part, name, one in step.trained()}
    told |= {f"parts/{name}": one.clone() for name, one in step.parts.named_buffers()}
    for name, memory in step.memory.items():
        told |= {f"memory/{name}/{key}": one.clone() for key, one in memory.named_buffers()}
    return told


def everything(rank: int, size: int) -> dict[str, Tensor]:
    return {
        f"{way}/{name}": one.contiguous()
        for way, how in WAYS.items()
        for name, one in found(how, rank, size).items()
    }


def main(out: Path) -> None:
    torch.set_num_threads(1)
    early = step_of(Way("icd"), 0)
    dist.init_process_group("gloo", timeout=timedelta(seconds=100))
    rank = dist.get_rank()
    save_file(everything(rank, 2), out / f"rank{rank}.safetensors")
    (out / f"faults{rank}").write_text("\n".join(faults(rank, early)))
    dist.barrier()
    dist.destroy_process_group()


def faults(rank: int, early: Step) -> list[str]:
    """What is said where ranks do not do the same; each ends for both."""
    told: list[str] = []

    def expect(what: str, do) -> None:
        try:
            do()
        except (RuntimeError, ValueError, TypeError) as fault:
            told.append(f"{what}: {type(fault).__name__}: {fault}")
        else:
            told.append(f"{what}: nothing")
        dist.barrier()

    mine = [one.tensor_split(2)[rank] for one in batch(0)]
    short = [one[: 5 if rank else 6] for one in mine]
    icd, crd, queue = (step_of(Way(one, "by hand"), 0) for one in ("icd", "crd", "queue"))
    for one in (icd, crd, queue):
        one.clock(epoch=1, epochs=3)
    alone = step_of(Way("icd"), 0, group="alone")
    expect("early", lambda: early(*mine[:2]))
    expect("alone", lambda: alone(*[one[: 4 + rank] for one in mine][:2]))
    expect("rows that meet", lambda: icd(*short[:2]))
    crd(*short)
    expect("rows that are remembered", crd.commit)
    queue(*mine[:2])
    if not rank:
        queue.recollection.stage({name: {} for name in queue.memory})
    expect("batches", queue.commit)
    queue(*mine[:2])
    expect("forgotten", queue.commit if rank else lambda: queue(*mine[:2]))
    icd_and_queue = kdgraph.compile(
        "loss: mean(f @ fᵀ) + mean(f @ Qᵀ)\nwhere: {f: student.features, Q: 'queue(f, 30)'}",
        models={"student": Smooth(5, 4).double()}, sample=mine[0],
    )  # fmt: skip
    icd_and_queue(mine[0])
    expect("places", icd_and_queue.commit if rank else lambda: icd_and_queue(mine[0]))
    other = kdgraph.compile(
        f"loss: {rank + 1}·mean(f @ fᵀ)\nwhere: {{f: student.features}}",
        models={"student": Smooth(5, 4).double()}, sample=mine[0],
    )  # fmt: skip
    expect("recipes", lambda: other(mine[0]))
    expect("group", lambda: step_of(Way("icd"), 0, group="all"))
    return told


if __name__ == "__main__":
    main(Path(sys.argv[1]))
