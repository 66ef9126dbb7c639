"""A network that teaches and does not learn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.func import functional_call

from kdgraph.lower.mode import Mode, Resting, run_in


class Frozen(nn.Module):
    """Runs `module` in eval mode, whatever `train()` is told, and with weights that are constant.

    An input that needs a gradient gets it through the module, as one of the student does in
    `teacher.fc(v)`, and as images that are themselves trained. With other inputs it is run
    without autograd. Which it is, is known before anything is computed.

    The module stays its owner's: it is no submodule of this one, so its parameters are not among
    those of a step, and neither `train()` nor an optimiser gets to it from here. Its flags, of
    mode and of `requires_grad`, are neither needed nor changed.

    `no_grad` and not `inference_mode`: a trainable connector after a teacher saves the teacher's
    values for its own backward, which inference tensors forbid.

    Args:
        module: what to freeze.
        mode: "train" lets the module follow `train()` and `eval()`, for a recipe's
            `mode: {teacher: train}`. Its buffers then are state: they are in `state_dict()`.
    """

    def __init__(self, module: nn.Module, *, mode: Mode = "eval") -> None:
        super().__init__()
        self.held = (module,)  # in a tuple, where `nn.Module` does not look for submodules
        self.flags = tuple(module.modules())
        self.mode = mode
        self.train()

    @property
    def module(self) -> nn.Module:
        """What is frozen."""
        return self.held[0]

    def forward(self, *inputs: Any) -> Any:  # noqa: ANN401 - whatever the module takes and gives
        """What the module gives."""
        if needs_gradient(*inputs):
            return run_in(self.flags, self._held_constant, inputs, training=self.training)
        with torch.no_grad():
            found = run_in(self.flags, self.held[0], inputs, training=self.training)
        return _constant(found)

    def _held_constant(self, *inputs: Any) -> Any:  # noqa: ANN401 - what a network takes and gives
        """The module with parameters that no gradient gets to, while it gets to the input."""
        module = self.held[0]
        constant = {name: one.detach() for name, one in module.named_parameters()}
        return functional_call(module, constant, inputs)

    def train(self, mode: bool = True) -> Self:  # noqa: FBT001, FBT002 - nn.Module's own signature
        """Stay in eval mode, unless frozen in mode "train"."""
        self.training = mode and self.mode == "train"
        return self

    def moving(self) -> dict[str, Tensor]:
        """The buffers that running in train mode changes, by name."""
        if self.mode != "train":
            return {}
        kept = self.module.state_dict()
        return {name: one for name, one in self.module.named_buffers() if name in kept}

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:  # noqa: FBT001, FBT002 - nn.Module's own signature
        """Move along with what holds this."""
        if recurse:
            self.module._apply(fn)  # noqa: SLF001 - how nn.Module moves its submodules
        return super()._apply(fn, recurse)

    def _save_to_state_dict(
        self,
        destination: dict[str, Any],
        prefix: str,
        keep_vars: bool,  # noqa: FBT001 - nn.Module's own signature
    ) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        for name, one in self.moving().items():
            destination[f"{prefix}module.{name}"] = one if keep_vars else one.detach()

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        *rest: Any,  # noqa: ANN401 - nn.Module's own signature
    ) -> None:
        super()._load_from_state_dict(state_dict, prefix, *rest)
        for name, one in self.moving().items():
            found = state_dict.get(f"{prefix}module.{name}")
            if found is not None:
                one.copy_(found)


def needs_gradient(*inputs: object) -> bool:
    """Whether a gradient is to reach one of these."""
    return torch.is_grad_enabled() and any(
        isinstance(one, Tensor) and one.requires_grad for one in inputs
    )


def _constant(found: Any) -> Any:  # noqa: ANN401 - whatever a module gives
    """The values alone: a module may give a parameter of its own, as `no_grad` lets it."""
    if isinstance(found, Tensor):
        return found.detach()
    if isinstance(found, tuple) and type(found) is tuple:
        return tuple(map(_constant, found))
    return found


def everything(module: nn.Module) -> Iterator[nn.Module]:
    """A module and all inside it, what it holds frozen included."""
    for one in module.modules():
        yield one
        if isinstance(one, Frozen):
            yield from one.module.modules()


def awake(module: nn.Module) -> Iterator[nn.Module]:
    """The modules inside that run in train mode as this one is now."""
    if isinstance(module, Resting):
        return
    if isinstance(module, Frozen):
        if module.training:
            yield from module.module.modules()
        return
    if module.training:
        yield module
    for child in module.children():
        yield from awake(child)
