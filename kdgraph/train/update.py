"""One step of training, start to end on the device: nothing here waits for a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from hashlib import blake2b

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grads_with_norm_, get_total_norm
from torch.optim import Optimizer

from kdgraph.data.images import Batch
from kdgraph.lang.protocol import Training
from kdgraph.lower.step import Out, Step
from kdgraph.train import optimise
from kdgraph.train.distributed import unsynchronised
from kdgraph.train.feed import pieces
from kdgraph.train.record import Recorder

Look = Callable[[Batch, int, int], Mapping[str, Tensor]]
"""a batch, its epoch, and the steps before it in the stage → views"""
Seen = tuple[Mapping[str, Tensor], Tensor]
"""outputs of a step, and the examples they are of"""
Note = Callable[[Mapping[str, Tensor], Tensor, Tensor], None]
"""outputs, examples, and the flag of a step that was carried out"""


@dataclass(frozen=True)
class Updater:
    """What one step needs.

    Args:
        step: the compiled step, for its clock and its memory.
        ranks: the same step as it is called: averaged over ranks, if there are several.
        training: the protocol in numbers.
        optimizer: fused, so that it can be masked on the device.
        parameters: all that is trained.
        recorder: keeps what is logged, and the flag.
        look: makes the views of a batch.
        seed: with the stage, the step and the rank it decides what dropout drops.
        stage: counted from 1.
        least: fewest rows of a part of an accumulated batch.
        note: is given the outputs of a step, the examples they are of, and the flag.
        whole: rows of this rank that a compiled step is for; other batches run uncompiled.
    """

    step: Step
    ranks: nn.Module
    training: Training
    optimizer: Optimizer
    parameters: Sequence[nn.Parameter]
    recorder: Recorder
    look: Look
    seed: int
    stage: int
    least: int
    note: Note | None = None
    whole: int | None = None

    def __call__(self, batch: Batch, *, epoch: int, number: int, lr: float) -> None:
        """Forward, backward, update, commit; the latter two masked where not finite.

        Args:
            batch: this rank's rows.
            epoch: counted from 1.
            number: steps done before this one in the stage.
            lr: share of the highest learning rate.
        """
        reseed(self.seed, self.stage, number, self.recorder.world.rank, batch.labels.device)
        self.step.clock(epoch=epoch, epochs=self.training.epochs, step=number)
        with self._compiled(len(batch.labels)):
            outcome, seen = self._descend(batch, epoch, number)
        found = [one.grad for one in self.parameters if one.grad is not None]
        norm = get_total_norm(found)
        statistic = self.recorder.watch.largest_statistic()
        finite = self.recorder.judge(outcome.total, norm, statistic)
        self.recorder.note(outcome, outcome.total, norm, statistic)
        if self.training.clip is not None:
            clip_grads_with_norm_(self.parameters, self.training.clip, norm)
        optimise.set_rate(self.optimizer, lr)
        optimise.mask(self.optimizer, finite)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step.commit(finite)
        if self.note is not None:
            for outputs, examples in seen:
                self.note(outputs, examples, finite)

    def _compiled(self, rows: int) -> AbstractContextManager[object]:
        """Compile no graph for a size that comes up in a few epochs only."""
        if self.whole in {None, rows}:
            return nullcontext()
        return torch.compiler.set_stance("force_eager")

    def _descend(self, batch: Batch, epoch: int, number: int) -> tuple[Out, list[Seen]]:
        """Forward and backward of a batch, in its parts; with the outputs of each."""
        parts = pieces(batch, self.training.accumulate, least=self.least)
        outcomes: list[Out] = []
        for index, part in enumerate(parts):
            with unsynchronised(self.ranks, when=index < len(parts) - 1):
                views = self.look(part, epoch, number)
                outcome: Out = self.ranks(views, part.labels, part.examples)
                share = len(part.labels) / len(batch.labels)
                loss = outcome.total * share if len(parts) > 1 else outcome.total
                torch.autograd.backward(loss)
            outcomes.append(outcome)
        seen = [(one.outputs, part.examples) for one, part in zip(outcomes, parts, strict=True)]
        if len(parts) == 1:
            return outcomes[0], seen
        shares = [len(part.labels) / len(batch.labels) for part in parts]
        return _sum(outcomes, shares), seen


def reseed(seed: int, stage: int, step: int, rank: int, device: torch.device) -> None:
    """Set the global generators, so that what a step draws depends on its place alone.

    Cheaper than `torch.manual_seed`, which seeds every device of every kind, and enough:
    a resumed run needs no generator's state.
    """
    key = blake2b(repr((seed, stage, step, rank)).encode(), digest_size=8, person=b"kd step")
    number = int.from_bytes(key.digest(), "little") >> 1
    torch.default_generator.manual_seed(number)
    if device.type == "cuda":
        torch.cuda.default_generators[device.index or 0].manual_seed(number)
    elif device.type == "mps":
        torch.mps.manual_seed(number)


def _sum(outcomes: Sequence[Out], shares: Sequence[float]) -> Out:
    """The outcomes of the parts of a batch as one."""
    terms: dict[str, Tensor] = {}
    total = torch.zeros_like(outcomes[0].total)
    for outcome, share in zip(outcomes, shares, strict=True):
        total = total + outcome.total.detach() * share
        for name, value in outcome.terms.items():
            terms[name] = terms.get(name, 0) + value.detach() * share
    return Out(total, terms, outcomes[-1].weights, {})
