"""The ranks of a training loop of the user's own: they must agree before they exchange values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch
import torch.distributed as dist
from torch import Tensor

from kdgraph.lower.gather import all_rows, group_of, named, ranks_of, world_size
from kdgraph.lower.ranks import Ranks
from kdgraph.memory.memory import Memory

Group = dist.ProcessGroup | Literal["alone"] | None
"""the processes of a step; None for all that there are"""
FORWARD, COMMIT = 0, 1
PLACES = ("its forward", "`commit()`")


@dataclass(frozen=True)
class Peers:
    """The processes that call one step, each with its rows of a batch.

    A run's ranks are alike by construction. Those of somebody's own loop may differ: in their
    seeds, in the rows of a last batch, in whether they skip a step. Where ranks differ each of
    them raises, instead of exchanging what does not belong together or waiting for ever. On a
    GPU the comparison is a device-side assertion, so that nothing waits for the device.

    Attributes:
        rank: this process's place among them.
        size: how many there are.
        group: their name; `""` is all processes.
        meets: whether rows of all ranks meet in the loss, so that all need equally many.
    """

    rank: int
    size: int
    group: str
    meets: bool = False

    def ranks(self) -> Ranks:
        """What a step of these processes is lowered with."""
        return replace(ranks_of(self.rank, self.size, self.group), peers=self)

    def before_forward(self, rows: int, device: torch.device) -> None:
        """See that all ranks are here, with equally many rows where these meet.

        Raises:
            ValueError: a rank has another number of rows.
            RuntimeError: a rank is somewhere else.
        """
        flag = torch.ones((), dtype=torch.int64, device=device)
        self._compare(FORWARD, rows if self.meets else 0, 1, flag)

    def before_commit(self, rows: int, parts: int, finite: Tensor) -> Tensor:
        """Whether the step was finite on every rank, as a flag on the device.

        Raises:
            ValueError: a rank has staged another number of rows.
            RuntimeError: a rank is somewhere else, or has staged other batches.
        """
        return self._compare(COMMIT, rows, parts, finite.to(torch.int64))

    def agree(self, digest: str, seed: int, memories: Mapping[str, Memory]) -> int:
        """Let memory begin everywhere as on the first rank; the seed of its draws.

        Raises:
            RuntimeError: the ranks have compiled different recipes.
        """
        own = {
            name: {key: (tuple(one.shape), one.dtype) for key, one in memory.state_dict().items()}
            for name, memory in memories.items()
        }
        told: list[tuple[str, int, dict[str, dict[str, tuple[tuple[int, ...], torch.dtype]]]]]
        told = [("", 0, {})] * self.size
        dist.all_gather_object(told, (digest, seed, own), group=group_of(self.group))
        if len({one[0] for one in told}) > 1:
            msg = "the ranks have compiled different recipes, or one for different networks"
            raise RuntimeError(msg)
        _, seed, shapes = told[0]
        for name, memory in memories.items():
            state = memory.state_dict()
            device = next(iter(state.values())).device
            for key, (shape, dtype) in shapes[name].items():
                told_by_first = (
                    state[key].detach().clone()
                    if self.rank == 0
                    else torch.empty(shape, dtype=dtype, device=device)
                )
                dist.broadcast(told_by_first, group_src=0, group=group_of(self.group))
                state[key] = told_by_first
            memory.load_state_dict(state)
        return seed

    def _compare(self, place: int, rows: int, parts: int, flag: Tensor) -> Tensor:
        """Whether the flag is set on all ranks; the rest must be the same on all."""
        facts = [flag.new_full((), fact) for fact in (place, rows, parts)]
        own = torch.stack([*facts, flag])[None]
        told = all_rows(own, group=self.group)
        same = (told[:, :-1] == own[:, :-1]).all()
        if own.device.type == "cpu":
            if not same:
                _raise(told.tolist())
        else:
            torch._assert_async(same, "kdgraph: the ranks of a step have different batches")  # noqa: SLF001 - the only assertion that doesn't wait
        return told[:, -1].min() > 0


def peers_of(group: Group) -> Peers | None:
    """The processes of a step that is being compiled; None for this one alone.

    Raises:
        TypeError: no group.
        ValueError: this process is not in the group.
    """
    if group == "alone":
        return None
    if group is not None and not isinstance(group, dist.ProcessGroup):
        if group is dist.GroupMember.NON_GROUP_MEMBER:
            msg = "this process is not in the group of this step"
            raise ValueError(msg)
        msg = f'group takes a torch.distributed process group or "alone", not {group!r}'
        raise TypeError(msg)
    name = named(group)
    size = world_size(name)
    return Peers(dist.get_rank(group), size, name) if size > 1 else None


def _raise(told: Sequence[Sequence[int]]) -> None:
    """Say how the ranks differ; each has its place, its rows and its batches."""
    places = {one[0] for one in told}
    if len(places) > 1:
        said = ", ".join(f"rank {rank} is in {PLACES[one[0]]}" for rank, one in enumerate(told))
        msg = (
            f"{said}: every rank calls the step and `commit()` equally often and in the same "
            "order, also in a step that is skipped, with `commit(finite)`"
        )
        raise RuntimeError(msg)
    if len({one[2] for one in told}) > 1:
        said = ", ".join(str(one[2]) for one in told)
        msg = (
            f"the ranks have called the step {said} times since the last commit: "
            "every rank calls it equally often"
        )
        raise RuntimeError(msg)
    said = ", ".join(str(one[1]) for one in told)
    where = "meet in the loss" if FORWARD in places else "are remembered"
    msg = (
        f"the ranks have {said} rows, but rows of all ranks {where}, so every rank needs equally "
        "many: leave out a short last batch (`drop_last=True`) or share it out evenly"
    )
    raise ValueError(msg)
