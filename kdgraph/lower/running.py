"""What a step runs: its program, and that of the first step where it is another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx

from kdgraph.graph.graph import LossGraph
from kdgraph.lower.catch import Hooks
from kdgraph.lower.frozen import everything
from kdgraph.lower.suited import Autocast, no_less
from kdgraph.lower.tapped import Tapped

Known = Mapping[str, Tensor | None]
Found = dict[str, Any]


@dataclass
class _Program:
    """Something to run, the names of its inputs in order, and the hooks of its taps."""

    run: Callable[..., Found]
    order: tuple[str, ...]
    hooks: tuple[Hooks, ...]
    compiled: bool = False

    @classmethod
    def of(cls, program: fx.GraphModule, graph: LossGraph) -> _Program:
        tapped = (one for one in everything(program) if isinstance(one, Tapped))
        hooks = tuple(one.hooks for one in tapped)
        return cls(program.forward, tuple(graph.fed().values()), hooks)

    def __call__(self, known: Known) -> Found:
        values = [known[name] for name in self.order]
        if not self.compiled:
            return self.run(*values)  # each network puts its hooks on as it runs
        with ExitStack() as stack:
            for hooks in self.hooks:
                stack.enter_context(hooks)
            return self.run(*values)


class Running:
    """Runs the program of a graph on values by name.

    Args:
        program: of every step.
        graph: what it was lowered from.
        autocast: of its networks.

    Attributes:
        order: the names of the program's inputs.
    """

    def __init__(self, program: fx.GraphModule, graph: LossGraph, autocast: Autocast) -> None:
        self.autocast = autocast
        self.terms = tuple(term.name for term in graph.terms)
        self._later = _Program.of(program, graph)
        self._first: _Program | None = None

    @property
    def order(self) -> tuple[str, ...]:
        """The names of the program's inputs, in order."""
        return self._later.order

    def begin_with(self, program: fx.GraphModule, graph: LossGraph) -> None:
        """Run another program as long as memory holds nothing."""
        self._first = _Program.of(program, graph)

    def compile(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - torch.compile's own
        """Compile the programs; arguments are those of `torch.compile`."""
        for one in filter(None, (self._first, self._later)):
            one.run = torch.compile(one.run, *args, **kwargs)
            one.compiled = True

    def __call__(self, known: Known, *, begun: bool, like: Tensor) -> Found:
        """Run outside of autocast; what a first step leaves out is 0.

        Args:
            known: the inputs by name.
            begun: whether all memory holds something.
            like: a number of the type and on the device of the loss.
        """
        known = {name: no_less(one, like.dtype) for name, one in known.items()}
        with self.autocast.left(like.device):
            if self._first is None or begun:
                return self._later(known)
            found = self._first(known)
        nothing = torch.zeros((), dtype=like.dtype, device=like.device)
        if found["total"] is None:
            found["total"] = nothing.clone().requires_grad_()
        for name in self.terms:
            found["terms"].setdefault(name, nothing)
            found["weights"].setdefault(name, nothing)
        return found
