"""What a step on several ranks is given to tell the others its values, and to hear theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from torch import Tensor

if TYPE_CHECKING:
    from kdgraph.lower.peers import Peers


class Gather(Protocol):
    """Rows of all ranks one after the other, with gradient."""

    def __call__(self, rows: Tensor, alike: bool, group: str) -> Tensor: ...  # noqa: FBT001, D102 - an fx call


class Pool(Protocol):
    """The mean over ranks of a value, weighted by how many rows it stands for, with gradient."""

    def __call__(
        self,
        value: Tensor,
        count: Tensor,
        alike: bool,  # noqa: FBT001 - an fx call
        group: str,
    ) -> Tensor:
        """The pooled value."""
        ...


class Total(Protocol):
    """The sum over ranks of a value, with gradient."""

    def __call__(self, value: Tensor, alike: bool, group: str) -> Tensor: ...  # noqa: FBT001, D102 - an fx call


@dataclass(frozen=True)
class Ranks:
    """This rank among the others; `alike` tells that all have one gradient of the result.

    `everyones` are the rows of all, detached, in the order of the batch, for memory. `group` is
    the name of the processes, which the operations are given. `peers` compares the ranks before
    they exchange values, in a loop of somebody's own.
    """

    rank: int
    size: int
    gather: Gather
    pool: Pool
    total: Total
    everyones: Callable[[Tensor], Tensor]
    group: str = ""
    peers: Peers | None = None
