"""A network whose weights are the mean of another's over time."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from kdgraph.knobs import Share
from kdgraph.memory.memory import Memory, memory, put
from kdgraph.sorts import Values


class Average(Memory):
    """The averages of a network's parameters and buffers, in the order of their names.

    The network itself stays its owner's: it is no submodule, and is looked at by `write` alone.
    """

    updates: Tensor

    def __init__(self, network: nn.Module, momentum: float) -> None:
        super().__init__()
        self.momentum = momentum
        self.held = (network,)  # in a tuple, where `nn.Module` does not look for submodules
        self.names = tuple(tensors_of(network))
        self.buffered = frozenset(name for name, _ in network.named_buffers())
        for name, tensor in tensors_of(network).items():
            self.register_buffer(_kept(name), tensor.detach().clone())
        self.register_buffer("updates", torch.zeros((), dtype=torch.int64))

    def forward(self) -> tuple[Tensor, ...]:
        """The averages, as they were before the step."""
        return tuple(getattr(self, _kept(name)) for name in self.names)

    def write(self, values: Mapping[str, Tensor], finite: Tensor | None = None) -> None:
        """Follow the network as it is now, after its update."""
        del values  # what is remembered is no value of the loss
        now = tensors_of(self.held[0])
        count = self.updates + 1
        old = (count / (count + 1)).clamp(max=self.momentum)
        for name in self.names:
            kept, new = getattr(self, _kept(name)), now[name].detach()
            if kept.shape != new.shape:  # an observer has fitted it to its first batch
                setattr(self, _kept(name), new.clone())
                continue
            moved = kept + (1 - old.to(kept.dtype)) * (new - kept) if _moves(kept) else new
            if name in self.buffered and _moves(kept):  # an observer begins at infinity
                moved = torch.where(kept.isfinite(), moved, new)
            put(kept, moved, finite)
        put(self.updates, count, finite)

    def start(self, value: Tensor) -> None:
        """A network has several tensors, so none alone is a start."""
        del value
        msg = "an average of a network has no single start"
        raise ValueError(msg)


def tensors_of(network: nn.Module) -> dict[str, Tensor]:
    """The parameters and buffers of a network, each once."""
    return {**dict(network.named_parameters()), **dict(network.named_buffers())}


def _kept(name: str) -> str:
    return f"mean_{name.replace('.', '-')}"


def _moves(tensor: Tensor) -> bool:
    """Whether a mean of such numbers is one of them: counters are copied."""
    return tensor.is_floating_point() or tensor.is_complex()


@memory(network=True)
def ema(model: str, network: nn.Module, *, momentum: Share = 0.999) -> Values[nn.Module, "n"]:
    r"""A model whose weights are a moving average of another model's.

    $$ \bar\theta_t = m_t\,\bar\theta_{t-1} + (1 - m_t)\,\theta_t, \qquad m_t = \min(m, t/(t+1)) $$

    It is tapped like any model, `t: ema(student)` and `t.logits`, or on another view,
    `t(a).logits`. It runs in eval mode, without gradient, and nothing trains it: the step's
    commit moves it, after a step that was finite. It begins as the model does, and is the plain
    mean of all weights so far as long as that is the faster one. Buffers, such as the statistics
    of batch norm, are averaged like weights; whole numbers are copied.

    Args:
        model: which model it follows.
        network: filled in: that model.
        momentum: $m$, the weight of what is kept, from 0 (the model itself) towards 1.

    Shapes:
        none; a model.

    Units:
        none.

    Errors:
        only a model can be followed, as the recipe names it.

    Source:
        Tarvainen, Valpola. Mean teachers are better role models: Weight-averaged consistency
        targets improve semi-supervised deep learning results, 2017. arXiv:1703.01780; the plain
        mean at the beginning as in the authors' code.
    """
    del model
    return Average(network, momentum)
