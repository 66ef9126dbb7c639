"""Several processes that train as one: who they are, how they start, what they agree on."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.run import WorldMismatch
from kdgraph.train import device as devices


@dataclass(frozen=True)
class World:
    """The processes of a run and this one's place among them."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    @property
    def leads(self) -> bool:
        """Whether this process writes files and talks to the user."""
        return self.rank == 0

    def total(self, values: Tensor) -> Tensor:
        """The sum over ranks."""
        if self.size == 1:
            return values
        summed = values.clone()
        dist.all_reduce(summed)
        return summed

    def mean(self, values: Tensor) -> Tensor:
        """The mean over ranks."""
        return values if self.size == 1 else self.total(values) / self.size

    def wait(self) -> None:
        """Go on when every rank has come here."""
        if self.size > 1:
            dist.barrier()

    def follow(self, module: nn.Module) -> None:
        """Take over rank 0's buffers, so that all ranks evaluate the same network."""
        if self.size > 1:
            for buffer in module.buffers():
                dist.broadcast(buffer, src=0)


ALONE = World()


def launched() -> bool:
    """Whether a launcher started this process as one of several."""
    return "WORLD_SIZE" in os.environ and "RANK" in os.environ


@contextmanager
def join(device: str = "auto", devices_wanted: int | None = None) -> Iterator[
    tuple[World, torch.device]
]:
    """Join the processes that a launcher started, or stand alone; leave at the end.

    The launcher's word counts. A number of devices that differs from it is refused, since
    the alternative is several runs of one device each that write over one another.
    """
    if not launched():
        if devices_wanted not in (None, 1):
            raise RecipeError(WorldMismatch(devices=devices_wanted, world=1))
        yield ALONE, devices.choose(device)
        return
    size, rank = int(os.environ["WORLD_SIZE"]), int(os.environ["RANK"])
    if devices_wanted not in (None, size):
        raise RecipeError(WorldMismatch(devices=devices_wanted, world=size))
    local = int(os.environ.get("LOCAL_RANK", "0"))
    place = devices.choose(device, local_rank=local)
    if place.type == "cuda":
        dist.init_process_group("nccl", device_id=place)
    else:
        dist.init_process_group("gloo")
    try:
        yield World(rank=rank, size=size, local_rank=local), place
    finally:
        dist.destroy_process_group()


def launch(devices_wanted: int, command: Sequence[str]) -> int:
    """Start this program once for each device of this machine; the worst exit code.

    `torchrun` in a function: `command` is what follows the interpreter, `["-m", "kdgraph",
    "run", "kd.kd"]`. Threads are divided among the processes unless `OMP_NUM_THREADS` says
    otherwise, which `torchrun` itself would set to one.
    """
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    threads = max(1, torch.get_num_threads() // devices_wanted)
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=devices_wanted,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        max_restarts=0,
        monitor_interval=0.2,
    )
    try:
        elastic_launch(config, sys.executable)(*command)
    except ChildFailedError as failed:
        return max(abs(failure.exitcode) for failure in failed.failures.values())
    return 0


def wrap(step: object, world: World) -> nn.Module:
    """The step, with gradients averaged over ranks at its backward.

    Buffers are not broadcast: the default would write rank 0's memory over the rows that the
    others have just written. A stage whose loss leaves a classifier out has parameters
    without gradient, which is why unused ones are looked for.
    """
    module = cast("nn.Module", step)
    if world.size == 1:
        return module
    warnings.filterwarnings("ignore", message="find_unused_parameters=True was specified")
    return DistributedDataParallel(module, broadcast_buffers=False, find_unused_parameters=True)


def unsynchronised(step: nn.Module, *, when: bool) -> AbstractContextManager[None]:
    """Leave gradients unaveraged inside, as all but the last part of an accumulated batch do."""
    if when and isinstance(step, DistributedDataParallel):
        return cast("AbstractContextManager[None]", step.no_sync())
    return nullcontext()
