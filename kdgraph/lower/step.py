"""One training step as one module: networks, modules, memory and loss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Self

import torch
from torch import Tensor, fx, nn

from kdgraph.graph.graph import LossGraph
from kdgraph.graph.world import World
from kdgraph.lang.arguments import kind_of
from kdgraph.lower import operations
from kdgraph.lower.arguments import flag_in
from kdgraph.lower.drawing import Draws
from kdgraph.lower.fault import point_out
from kdgraph.lower.gather import world_size
from kdgraph.lower.inputs import Inputs
from kdgraph.lower.memories import memories, without_rows
from kdgraph.lower.ranks import Ranks
from kdgraph.lower.recollection import Recollection
from kdgraph.lower.running import Running
from kdgraph.lower.spelling import spelled
from kdgraph.lower.stand_in import FAULTS
from kdgraph.lower.suited import Autocast
from kdgraph.memory.memory import Memory


class Out(NamedTuple):
    """What a step gives back; every value is a tensor on the step's device.

    Attributes:
        total: the loss, 0-d; `total.backward()` reaches everything that is trained.
        terms: the terms of the loss by name, 0-d, before their weights.
        weights: the weights of the terms by name, 0-d.
        outputs: what else the recipe asks for, such as metrics.
    """

    total: Tensor
    terms: dict[str, Tensor]
    weights: dict[str, Tensor]
    outputs: dict[str, Tensor]


class Step(nn.Module):
    """A compiled recipe: call it with a batch, go backward from `total`, then `commit()`.

        out = step(x, y, i)
        out.total.backward()
        optimiser.step()
        step.commit()

    Attributes:
        program: the lowered graph; `program.code` is readable Python.
        graph: the lean loss graph it was lowered from.
        accepts_loss_kwargs: False, which the `Trainer` of Hugging Face asks for: the loss is a
            mean over the batch, so that of each part of an accumulated batch is divided by their
            number.
    """

    accepts_loss_kwargs = False

    def __init__(
        self,
        program: fx.GraphModule,
        graph: LossGraph,
        world: World,
        networks: Mapping[str, nn.Module],
        digest: str,
        draws: Draws,
        expects: Inputs,
        *,
        starts: Mapping[str, str] | None = None,
        ranks: Ranks | None = None,
        autocast: Autocast | None = None,
    ) -> None:
        super().__init__()
        self.program = program
        self.graph = graph
        self.world = world
        self.digest = digest
        self.draws = draws
        self.times = frozenset(str(graph.node(n).op.knob("name")) for n in graph.find("clock"))
        self.expects = expects
        self.starts = dict(starts or {})
        held = memories(graph, program)
        self.recollection = Recollection(held, without_rows(graph), ranks)
        self.peers = ranks.peers if ranks is not None else None
        self.needs_peers = False
        self._agreed = self.peers is None
        self.autocast = autocast or Autocast()
        self.running = Running(program, graph, self.autocast)
        self.inputs = tuple(one.name for one in expects.inputs)
        self.filled = tuple(name for name in self.running.order if name in draws.names)
        self.models = dict(networks)
        self._networks = dict(networks)
        run = {str(graph.node(n).op.knob("model")) for n in graph.find("run")}
        self._twice = {
            spelled("_".join(str(graph.node(n).op.knob(word)) for word in ("model", "path")))
            for n in graph.find("apply")
            if graph.node(n).op.knob("model") in run
        }
        self._fixed: dict[str, float] = {}
        for term in graph.terms:
            value = graph.node(term.weight).op.knob("value")
            if graph.node(term.weight).op.name == "const" and isinstance(value, float):
                self._fixed[term.name] = value
        dtype = program.clock.epoch.dtype
        for place, value in enumerate(self._fixed.values()):
            weight = torch.tensor(value, dtype=dtype)
            self.register_buffer(f"weight{place}", weight, persistent=False)
        for name, parameter in self._own_parameters():
            if not world.trains_part(name):
                parameter.requires_grad_(requires_grad=False)
        # All ranks write the same rows, or each its own; `DistributedDataParallel` reads this name.
        mine = {id(one) for memory in held.values() for one in memory.buffers()}
        self._ddp_params_and_buffers_to_ignore = [
            name for name, one in self.named_buffers() if id(one) in mine
        ]
        self.train()

    def forward(
        self,
        x: Tensor | Mapping[str, Tensor],
        y: Tensor | None = None,
        i: Tensor | None = None,
        **given: Tensor,
    ) -> Out:
        """The loss of a batch.

        Args:
            x: the default view (b, c, h, w), or every view by name.
            y: labels, int64 (b).
            i: numbers of the examples in the data set, int64 (b).
            **given: the values of the names that were `given` when compiling.
        """
        matched = self.expects.matched(x, y, i, self._begun(given))
        clock = self.program.clock
        epoch = clock.epoch
        values = self.expects.checked(matched, epoch.device)
        known: dict[str, Tensor | None] = {"y": None, "i": None, **values}
        if not torch.compiler.is_compiling():
            clock.must_know(self.times)
            self._meet(values)
        self.draws.fill(known, self.recollection.commits, self.filled)
        missing = [name for name in self.filled if known.get(name) is None and "i" in known]
        if missing:
            msg = f"a stage computes {missing[0]!r}: give it to `kdgraph.compile` in tables={{…}}"
            raise TypeError(msg)
        try:
            begun = all(one.holds for one in self.memory.values())
            found = self.running(known, begun=begun, like=epoch)
        except FAULTS as fault:
            if not torch.compiler.is_compiling():
                point_out(fault, self.program)
            raise
        weights = dict(found["weights"])
        for place, name in enumerate(self._fixed):
            weights[name] = getattr(self, f"weight{place}")
        if self.training and found["writes"] and torch.is_grad_enabled():
            self.recollection.stage(found["writes"], self.expects.images_in(values))
        total = found["total"]
        terms = {name: _tensor(value, total) for name, value in found["terms"].items()}
        weights = {name: _tensor(value, total) for name, value in weights.items()}
        return Out(total, terms, weights, found["outputs"])

    def asked(self, y: Tensor | None, i: Tensor) -> dict[str, Tensor]:
        """The values that the views of a batch are made with, such as the `j` of `image[j]`.

        They are known before the views are, and so before the step is called with them.

        Args:
            y: labels, int64 (b).
            i: numbers of the examples in the data set, int64 (b).
        """
        return self.draws.asked({"y": y, "i": i}, self.recollection.commits)

    def _begun(self, given: dict[str, Tensor]) -> dict[str, Tensor]:
        """Take the starts of memory out of what is given, and begin with them."""
        for name in [one for one in given if one in self.starts]:
            value = given.pop(name)
            if not isinstance(value, Tensor):
                msg = f"{name!r} starts memory: it takes a tensor, not {kind_of(value)}"
                raise TypeError(msg)
            try:
                self.recollection.start(self.starts[name], value)
            except ValueError as fault:
                msg = f"{name!r}: {fault}"
                raise ValueError(msg) from None
        return given

    def compile(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - nn.Module's own
        """Compile the program; arguments are those of `torch.compile`.

        What the step does around it stays Python: it matches arguments, draws, and stages.
        """
        self.running.compile(*args, **kwargs)

    def _meet(self, values: Mapping[str, Tensor]) -> None:
        """Compare this rank with the others, in a loop of somebody's own."""
        if self.peers is None:
            if self.needs_peers and world_size() > 1:
                msg = (
                    "torch.distributed was initialised after this step was compiled, which so "
                    "knows the rows of this process only: compile it after `init_process_group`, "
                    'or with group="alone" for a loss of these rows alone'
                )
                raise RuntimeError(msg)
            return
        if not self._agreed:
            self.draws.seed = self.peers.agree(self.digest, self.draws.seed, self.memory)
            self._agreed = True
        device = self.program.clock.epoch.device
        self.peers.before_forward(self.expects.images_in(values), device)

    def clock(self, **times: float) -> None:
        """Tell the time: `epoch` (from 1), `epochs`, `step` (from 0). No recompile follows.

        Raises:
            TypeError: the clock has no such hand.
            ValueError: no number, or no time, such as epoch 0 or epoch 5 of 4.
        """
        self.program.clock.set(**times)
        self.draws.tell(times)

    def commit(self, finite: Tensor | bool | None = None) -> None:  # noqa: FBT001 - a flag it is
        """Apply what memory staged in the forward; call it after a finite optimiser step.

        With several ranks every one of them calls it in every step, and all write the rows of
        all.

        Args:
            finite: a truth value on the device; where it is false, on any rank, nothing is
                written.

        Raises:
            TypeError: no truth value.
            ValueError: several of them, or the ranks have different numbers of rows.
            RuntimeError: the ranks have not called the step and `commit` in the same order.
        """
        device = self.program.clock.epoch.device
        with self.autocast.left(device):
            self.recollection.commit(None if finite is None else flag_in(finite, device))

    def trained(self) -> list[tuple[str, str, nn.Parameter]]:
        """What this stage trains: the part (a model, `modules`), the name, the parameter."""
        inside = {id(parameter) for parameter in self.parameters()}
        return [found for found in self._known() if id(found[2]) in inside]

    def _known(self) -> Iterator[tuple[str, str, nn.Parameter]]:
        """Every parameter that this stage may train, once; those of networks first."""
        seen: set[int] = set()
        learners = [name for name in self._networks if self.world.trains_model(name)]
        networks = [(name, self._networks[name].named_parameters()) for name in learners]
        for part, named in (*networks, ("modules", self._own_parameters())):
            for name, parameter in named:
                if id(parameter) not in seen:
                    seen.add(id(parameter))
                    yield part, name, parameter

    def named_parameters(
        self,
        prefix: str = "",
        recurse: bool = True,  # noqa: FBT001, FBT002 - nn.Module's own signature
        remove_duplicate: bool = True,  # noqa: FBT001, FBT002 - nn.Module's own
    ) -> Iterator[tuple[str, nn.Parameter]]:
        """What this stage trains, by its place in the step; what asks for no gradient is left out.

        A frozen network is no submodule of the step, so its parameters are never among them.
        """
        for name, parameter in super().named_parameters(prefix, recurse, remove_duplicate):
            if parameter.requires_grad:
                yield name, parameter

    def _own_parameters(self) -> Iterator[tuple[str, nn.Parameter]]:
        parts = getattr(self.program, "parts", None)
        if parts is None:
            return
        for name, parameter in parts.named_parameters():
            yield name.removesuffix(".value"), parameter

    def state_dict(self, *args: Any, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - nn.Module's
        """What this stage may change, the buffers of a frozen network in train mode included."""
        state = super().state_dict(*args, **kwargs)
        return {name: value for name, value in state.items() if not self._is_twice(name)}

    def load_state_dict(
        self,
        state_dict: Mapping[str, Any],
        strict: bool = True,  # noqa: FBT001, FBT002 - nn.Module's own signature
        assign: bool = False,  # noqa: FBT001, FBT002 - nn.Module's own
    ) -> Any:  # noqa: ANN401 - torch's own type
        """Put back what `state_dict` gave."""
        wanted = set(self.state_dict())
        if strict and wanted != set(state_dict):
            differ = sorted(wanted.symmetric_difference(state_dict))
            msg = f"the state is of another step: {', '.join(differ[:4])}"
            raise RuntimeError(msg)
        return super().load_state_dict(state_dict, strict=False, assign=assign)

    def _is_twice(self, name: str) -> bool:
        """Whether a tensor is in the state already, as a part of a network that is run."""
        parts = name.removeprefix("program.").split(".")
        return parts[0] == "applied" and parts[1] in self._twice

    @property
    def debug(self) -> bool:
        """Whether numbers such as labels are compared with their range on every device.

        On the CPU they always are. Elsewhere each comparison waits for the device.
        """
        return self.expects.debug

    @debug.setter
    def debug(self, on: bool) -> None:
        self.expects.debug = bool(on)

    @property
    def memory(self) -> dict[str, Memory]:
        """What outlives a step, by the recipe's names."""
        return self.recollection.memories

    @property
    def parts(self) -> nn.Module:
        """The modules and learned scalars of the recipe, by the recipe's names."""
        return getattr(self.program, "parts", nn.Module())

    def train(self, mode: bool = True) -> Self:  # noqa: FBT001, FBT002 - nn.Module's own signature
        """Change the mode of what this stage trains, unless its `mode` holds it in eval mode."""
        super().train(mode)
        parts = getattr(self.program, "parts", None)
        for name, module in parts.named_modules() if parts is not None else ():
            if name and not self.world.trains_part(name):
                module.eval()
        return self

    def __repr__(self) -> str:
        """The terms and what they are made of."""
        terms = " + ".join(f"{t.factor}·{t.name}" if t.factor else t.name for t in self.graph.terms)
        return f"Step({terms}; inputs: {', '.join(self.inputs)})"


def _tensor(value: Tensor | float, like: Tensor) -> Tensor:
    """A value as a tensor; a plain number, such as that of `mean(0.5)`, becomes one."""
    return value if isinstance(value, Tensor) else operations.filled(like, value)
