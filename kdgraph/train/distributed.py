"""Several processes that train as one: who they are, how they start, what they agree on."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from inspect import signature
from typing import Any, cast
from uuid import uuid4

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
ELASTIC = ("torch.distributed.elastic", "torch.distributed.elastic.agent.server.api")


def launched() -> bool:
    """Whether a launcher started this process as one of several."""
    return "WORLD_SIZE" in os.environ and "RANK" in os.environ


@contextmanager
def join(
    device: str = "auto", devices_wanted: int | None = None
) -> Iterator[tuple[World, torch.device]]:
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
    """Start this program once for each device of this machine; the exit code of the first to fail.

    `torchrun` in a function: `command` is what follows the interpreter, `["-m", "kdgraph",
    "run", "kd.kd"]`. Threads are divided among the processes unless `OMP_NUM_THREADS` says
    otherwise, which `torchrun` itself would set to one.
    """
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    threads = max(1, torch.get_num_threads() // devices_wanted)
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")  # else it warns of what `wrap` is for
    for name in ELASTIC:  # to which Ctrl-C is news
        logging.getLogger(name).setLevel(logging.ERROR)
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=devices_wanted,
        run_id=f"kdgraph-{uuid4()}",
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        max_restarts=0,
        monitor_interval=0.2,
    )
    try:
        elastic_launch(config, sys.executable)(*command)
    except SignalException as stopped:  # by now the processes have written their checkpoint
        return 128 + int(stopped.sigval)
    except ChildFailedError as failed:
        _, first = failed.get_first_failure()
        return first.exitcode if first.exitcode > 0 else 128 - first.exitcode
    return 0


def wrap(step: nn.Module, world: World) -> nn.Module:
    """The step, with gradients averaged over ranks at its backward.

    Buffers are not broadcast: the default would write rank 0's memory over the rows that the
    others have just written. A stage whose loss leaves a classifier out has parameters
    without gradient, which is why unused ones are looked for.
    """
    if world.size == 1:
        return step
    known = signature(DistributedDataParallel).parameters  # torch 2.15 has a new name for it
    word = "forward_sync_buffers" if "forward_sync_buffers" in known else "broadcast_buffers"
    told: dict[str, Any] = {word: False}
    return DistributedDataParallel(step, find_unused_parameters=True, **told)


def unsynchronised(step: nn.Module, *, when: bool) -> AbstractContextManager[None]:
    """Leave gradients unaveraged inside, as all but the last part of an accumulated batch do."""
    if when and isinstance(step, DistributedDataParallel):
        return cast("AbstractContextManager[None]", step.no_sync())
    return nullcontext()


def shared(word: str) -> str:
    """What rank 0 says, heard by every rank."""
    if not dist.is_initialized():
        return word
    said = [word]
    dist.broadcast_object_list(said, src=0)
    return said[0]
