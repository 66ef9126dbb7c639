"""A small step with everything a compiled one has: two terms, a head, a scalar, a memory."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kdgraph.data.images import Images, Split
from kdgraph.lang.protocol import Protocol, Training, resolve
from kdgraph.lower.gather import gather_rows
from kdgraph.lower.step import Out
from kdgraph.viewstep import ViewStep

VIEWS = (
    ViewStep("flipped", "flip", site="flip(image)"),
    ViewStep("x", "crop", ("flipped",), (("pad", 1),), site="crop(flipped)"),
)
CLASSES = 4


class Net(nn.Module):
    """Pixels to logits; batch norm and dropout make state and randomness observable."""

    def __init__(self, norm: bool = True, drop: float = 0.1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6) if norm else nn.Identity()
        self.drop = nn.Dropout(drop)
        self.fc = nn.Linear(6, CLASSES)

    def features(self, x: Tensor) -> Tensor:
        light = x.to(self.fc.weight.dtype) / 255
        return self.drop(torch.relu(self.norm(self.conv(light))).mean((2, 3)))

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.features(x))


class Memory(nn.Module):
    rows: Tensor

    def __init__(self, examples: int, width: int) -> None:
        super().__init__()
        self.register_buffer("rows", torch.zeros(examples, width))


class SmallStep(nn.Module):
    """cross entropy + β·(rows of the batch told apart, against memory); β is a schedule."""

    inputs = ("x", "y", "i")

    def __init__(
        self, examples: int, *, norm: bool = True, drop: float = 0.1, poison: int | None = None
    ) -> None:
        super().__init__()
        generator = torch.random.get_rng_state()
        torch.manual_seed(5)
        self.student = Net(norm, drop)
        self.head = nn.Linear(6, 3)
        self.theta = nn.Parameter(torch.tensor(1.0))
        torch.random.set_rng_state(generator)
        self.memory = Memory(examples, 3)
        self.poison = poison
        for name in ("epoch", "epochs", "step_number"):
            self.register_buffer(name, torch.zeros(()), persistent=False)
        self.staged: list[tuple[Tensor, Tensor]] = []

    @property
    def models(self) -> Mapping[str, nn.Module]:
        return {"student": self.student}

    def asked(self, y: Tensor, i: Tensor) -> dict[str, Tensor]:
        """Its views are made of the images of the batch alone."""
        del y, i
        return {}

    def clock(self, *, epoch: int, epochs: int, step: int) -> None:
        self.epoch.fill_(epoch)
        self.epochs.fill_(epochs)
        self.step_number.fill_(step)

    def forward(self, views: Mapping[str, Tensor], y: Tensor, i: Tensor) -> Out:
        features = self.student.features(views["x"])
        sup = F.cross_entropy(self.student.fc(features), y)
        s = F.normalize(self.head(features), dim=-1)
        every, numbers = gather_rows(s), gather_rows(i)
        pull = (every - self.memory.rows[numbers]).square().mean()
        spread = self.theta.exp() * (every @ every.T).square().mean()
        relation = pull + spread
        if self.poison is not None:
            relation = relation / (self.step_number != self.poison)
        beta = self.epoch / self.epochs
        self.staged.append((numbers.detach(), every.detach()))
        weights = {"sup": torch.ones(()), "rel": beta}
        return Out(sup + beta * relation, {"sup": sup, "rel": relation}, weights, {})

    def commit(self, finite: Tensor | None = None) -> None:
        keep = torch.ones((), dtype=torch.bool) if finite is None else finite
        for numbers, rows in self.staged:
            old = self.memory.rows[numbers]
            self.memory.rows[numbers] = torch.where(keep, old.lerp(rows, 0.5), old)
        self.staged = []

    def trained(self) -> list[tuple[str, str, nn.Parameter]]:
        student = [("student", name, one) for name, one in self.student.named_parameters()]
        head = [("head", name, one) for name, one in self.head.named_parameters()]
        return [*student, *head, ("θ", "θ", self.theta)]


def evaluate(text: str, names: Mapping[str, float]) -> float:
    """What the language's arithmetic will be: products and quotients of numbers and names."""
    value = 1.0
    for part in text.replace("·", "*").split("*"):
        over = [names[word] if word in names else float(word) for word in part.split("/")]
        value *= over[0]
        for divisor in over[1:]:
            value /= divisor
    return value


def protocol(**told: object) -> Training:
    usual: dict[str, object] = {"epochs": 3, "batch": 8, "lr": 0.1, "drops": ["2/3"]}
    return resolve(Protocol.model_validate(usual | told), evaluate)


def images(train: int = 44, test: int = 20) -> Split:
    generator = torch.Generator().manual_seed(1)
    labels = torch.arange(train + test) % CLASSES
    noise = torch.randint(0, 96, (train + test, 1, 6, 6), generator=generator)
    pixels = (noise + 50 * labels[:, None, None, None]).to(torch.uint8)  # brightness is the class
    names = tuple("abcd")
    return Split(
        Images(pixels[:train], labels[:train], names),
        Images(pixels[train:], labels[train:], names),
        (0.5,),
        (0.5,),
    )
