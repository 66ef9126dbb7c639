"""Several processes that train as one: who they are, how they start, what they agree on."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from inspect import signature
from itertools import count
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.run import LostContact, RankDied, WorldMismatch
from kdgraph.lower.gather import lost_contact
from kdgraph.train import device as devices

if TYPE_CHECKING:
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError


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
LAUNCHER = "KDGRAPH_LAUNCHER"
"""the process that has started this one as one of several, where it was `launch`"""
LOST = 75
"""exit code of a process that has lost contact, of which the launcher tells"""
GOING = 600.0
"""seconds that a rank waits at its end for the others; rank 0 may have pictures to draw"""
STOPPING = 10.0
"""seconds that it waits where it was stopped"""
ORPHANED = 60.0
"""seconds that a process without its launcher has to write a checkpoint"""
JOINED = count()
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
    _mind_the_launcher()
    store, *_ = next(iter(dist.rendezvous("env://")))
    backend, at = ("nccl", place) if place.type == "cuda" else ("gloo", None)
    left = f"kdgraph/left/{next(JOINED)}"
    wait = 0.0
    try:
        dist.init_process_group(backend, store=store, rank=rank, world_size=size, device_id=at)
        dist.barrier()
        yield World(rank=rank, size=size, local_rank=local), place
        wait = GOING
    except (RecipeError, SystemExit):
        wait = STOPPING
        raise
    except RuntimeError as fault:
        if not lost_contact(fault):
            raise
        if _launcher():
            raise SystemExit(LOST) from None
        raise RecipeError(LostContact(rank=rank, world=size)) from None
    finally:
        _leave(store, left, size, wait)
        if dist.is_initialized():
            dist.destroy_process_group()


def _leave(store: dist.Store, key: str, size: int, seconds: float) -> None:
    """Wait for the other ranks before anything is closed, which would be a fault in them.

    They say that they are here in the store, where nobody has to be in time to hear it.
    """
    until = time.monotonic() + seconds
    with suppress(dist.DistError):  # who kept the store has left
        here = store.add(key, 1)
        while here < size and time.monotonic() < until:
            time.sleep(0.02)
            here = store.add(key, 0)


def _launcher() -> int | None:
    """The process that has started this one by `launch`, if it is there."""
    parent = os.getppid()
    return parent if os.environ.get(LAUNCHER) == str(parent) else None


def _mind_the_launcher() -> None:
    """End when the launcher has ended, which may have been given no time to say so."""
    launcher = _launcher()
    if launcher is not None:
        threading.Thread(target=_watch, args=(launcher,), daemon=True).start()


def _watch(launcher: int) -> None:
    while os.getppid() == launcher:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)  # in training that is the wish to stop
    time.sleep(ORPHANED)
    os._exit(LOST)


def launch(devices_wanted: int, command: Sequence[str], device: str = "cpu") -> int:
    """Start this program once for each device of this machine; the exit code of the first to fail.

    `torchrun` in a function: `command` is what follows the interpreter, `["-m", "kdgraph",
    "run", "kd.kd"]`. Threads are divided among the processes unless `OMP_NUM_THREADS` says
    otherwise, which `torchrun` itself would set to one.

    Raises:
        RecipeError: there are not so many of `device`; a process was ended from outside.
    """
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    for rank in range(devices_wanted):
        devices.choose(device, local_rank=rank)
    threads = max(1, torch.get_num_threads() // devices_wanted)
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")  # else it warns of what `wrap` is for
    for name in ELASTIC:  # what ended the processes is told here
        logging.getLogger(name).setLevel(logging.CRITICAL)
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
    os.environ[LAUNCHER] = str(os.getpid())
    try:
        elastic_launch(config, sys.executable)(*command)
    except SignalException as stopped:  # by now the processes have written their checkpoint
        return 128 + int(stopped.sigval)
    except ChildFailedError as failed:
        return _failed(failed, devices_wanted)
    finally:
        del os.environ[LAUNCHER]
    return 0


def _failed(failed: ChildFailedError, world: int) -> int:
    """The exit code of the rank that others have lost; one that was ended from outside is told.

    Raises:
        RecipeError: a rank was ended by a signal.
    """
    order = sorted(failed.failures.items(), key=lambda one: one[1].timestamp)
    codes = [(rank, one.exitcode) for rank, one in order]
    ended = [one for one in codes if one[1] < 0]
    own = [code for _, code in codes if code > 0 and code != LOST]
    first = next((one for one in ended if one[1] != -signal.SIGTERM), None)
    if first is None and ended and not own:  # else it is the launcher that ends the others so
        first = ended[0]
    if first is not None:
        rank, code = first
        raise RecipeError(RankDied(rank=rank, world=world, signal=signal.Signals(-code).name))
    return own[0] if own else LOST


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
