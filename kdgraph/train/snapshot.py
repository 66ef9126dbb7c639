"""The tensors of a checkpoint: the step's, the optimiser's and the best weights so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from torch import Tensor, nn
from torch.optim import Optimizer

from kdgraph.lower.step import Step
from kdgraph.train import optimise
from kdgraph.train.condense import Condenser
from kdgraph.train.optimise import Trained

STEP, OPTIMIZER, BEST, CONDENSE = "step/", "optimizer/", "best/", "condense/"


@dataclass
class Snapshot:
    """All tensors that a stage changes.

    Args:
        step: weights, learned scalars, memory.
        optimizer: what it remembers.
        trained: the parameters it moves.
        kept: the networks whose best weights are kept, where the protocol selects them.
        condenser: the training set, where it changes.
    """

    step: Step
    optimizer: Optimizer
    trained: Sequence[Trained]
    kept: Mapping[str, nn.Module]
    condenser: Condenser | None = None
    best: dict[str, Tensor] = field(default_factory=dict)

    def take(self) -> dict[str, Tensor]:
        """All of them, by name."""
        parts: dict[str, Mapping[str, Tensor]] = {
            BEST: self.best,
            CONDENSE: {} if self.condenser is None else self.condenser.state(),
        }
        return self.live() | _joined(parts)

    def live(self) -> dict[str, Tensor]:
        """Those that each step may change."""
        return _joined(
            {
                STEP: self.step.state_dict(),
                OPTIMIZER: optimise.state(self.optimizer, self.trained),
            }
        )

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Put them back."""
        self.step.load_state_dict(_under(STEP, tensors))
        optimise.restore(self.optimizer, self.trained, _under(OPTIMIZER, tensors))
        self.best = _under(BEST, tensors)
        if self.condenser is not None:
            self.condenser.restore(_under(CONDENSE, tensors))

    def keep_best(self, model: str) -> None:
        """Remember the weights of a network as they are now, if its best are kept."""
        if model in self.kept:
            state = self.kept[model].state_dict()
            now = {f"{model}/{name}": tensor.detach().clone() for name, tensor in state.items()}
            self.best |= now

    def return_to_best(self) -> None:
        """Give each network its best weights, if any are kept."""
        for model, network in self.kept.items():
            best = _under(f"{model}/", self.best)
            if best:
                network.load_state_dict(best)


def _joined(parts: Mapping[str, Mapping[str, Tensor]]) -> dict[str, Tensor]:
    return {
        prefix + name: tensor
        for prefix, tensors in parts.items()
        for name, tensor in tensors.items()
    }


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }
