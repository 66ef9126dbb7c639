"""What the stages of a recipe hand on to those after them, beside the networks' weights."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor

from kdgraph.lower.step import Step
from kdgraph.memory.memory import Memory, recall


@dataclass
class Handed:
    """Parts of the recipe, memory and tables, by their names.

    Attributes:
        parts: the state of modules and learned scalars.
        memory: what outlived the steps of a stage.
        tables: what stages have computed, by the stage's name.
    """

    parts: dict[str, Tensor] = field(default_factory=dict)
    memory: dict[str, Memory] = field(default_factory=dict)
    tables: dict[str, Tensor] = field(default_factory=dict)

    def give(self, step: Step) -> None:
        """Let a step begin where earlier stages have left what it also has."""
        step.parts.load_state_dict(self.parts, strict=False)
        recall(step.memory, self.memory)

    def take(self, step: Step) -> None:
        """Take over what a step has made of it."""
        state = step.parts.state_dict()
        self.parts |= {name: value.detach().clone() for name, value in state.items()}
        self.memory |= step.memory
