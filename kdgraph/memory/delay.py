"""The values of the step before."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from kdgraph.memory.memory import Memory, memory
from kdgraph.sorts import Values


class Delay(Memory):
    """Values by name, as large as the last batch made them; none before the first commit."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        super().__init__()
        self.fields = fields
        for name in fields:
            self.register_buffer(_kept(name), torch.empty(0))
        self.register_buffer("known", torch.zeros((), dtype=torch.bool))
        self.holds = False

    def forward(self) -> tuple[Tensor, ...]:
        """The values of the step before, in the order of their names."""
        return tuple(getattr(self, _kept(name)) for name in self.fields)

    def write(self, values: Mapping[str, Tensor], finite: Tensor | None = None) -> None:
        """Keep the values of this step; after a step that was not finite, those before it."""
        for name in self.fields:
            old, new = getattr(self, _kept(name)), values[name]
            if finite is not None:
                new = torch.where(finite, new, old if old.shape == new.shape else 0)
            setattr(self, _kept(name), new)
        self.known.fill_(value=True)
        self.holds = True

    def start(self, value: Tensor) -> None:
        """A record has several values, so none alone is a start."""
        del value
        msg = f"a delay keeps {', '.join(self.fields)}: it has no single start"
        raise ValueError(msg)

    def _load_from_state_dict(
        self, state_dict: dict[str, Tensor], prefix: str, *_rest: object
    ) -> None:
        """Take in values of any size: that of the last batch."""
        for name in (*map(_kept, self.fields), "known"):
            if prefix + name in state_dict:
                old = getattr(self, name)
                setattr(self, name, state_dict[prefix + name].to(old.device).clone())
        self.holds = bool(self.known)


def _kept(name: str) -> str:
    return f"kept_{name}"


@memory(record=True, late=True)
def delay(**values: Values[Tensor, "..."]) -> Values[nn.Module, "..."]:
    r"""The values of the step before, as fields of one name: `old.z` of `old: …(z=v)`.

    $$ o_t = v_{t-1} $$

    In the first step there is none: the terms that need it are left out, and `concat` skips it.

    Args:
        **values: what is remembered, each under a name.

    Shapes:
        each value keeps its own; the rows are those of the batch before.

    Units:
        those of the values.

    Errors:
        none.

    Source:
        Shen, Xu, Yang et al. Self-Distillation from the Last Mini-Batch for Consistency
        Regularization, 2022. arXiv:2203.16172.
    """
    return Delay(tuple(values))
