"""What a recipe is built against: the models, the data's sizes, and this stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kdgraph.graph.graph import Axes
from kdgraph.graph.network import Network
from kdgraph.lang.syntax import Syntax

STUDENT = "student"
VIEW_SOURCES = ("x", "image")
CLOCK = ("epoch", "epochs", "step")
SOURCES = ("x", "y", "i", *CLOCK)
SIZES = ("classes", "examples")


@dataclass(frozen=True)
class View:
    """A view of the batch, as the loss sees it.

    Attributes:
        rows: how many rows an image; None where that is not known.
        of: the view this one is a slice of, and which row of each image it takes.
        at: values that it is made with, such as the numbers of other images: `image[j]`.
        sizes: channels, height and width; None where nothing of them is known.
        form: what it does to an image even where nothing is drawn, step by step.
        mixes: it mixes two views, so that `share(v)` says how much of the first it shows.
    """

    name: str
    rows: int | None = 1
    of: tuple[str, int] | None = None
    at: tuple[Syntax, ...] = ()
    sizes: tuple[int | None, ...] | None = None
    form: tuple[str, ...] = ()
    mixes: bool = False

    @property
    def tag(self) -> str:
        """The name of its rows: `b`, `3b`."""
        return {1: "b", None: ""}.get(self.rows, f"{self.rows}b")


@dataclass(frozen=True)
class Computed:
    """What is known of a table that a stage has computed; its first axis is all examples."""

    sort: str = "Table"
    axes: tuple[int | None, ...] | None = None


@dataclass(frozen=True)
class Given:
    """What is known of a name that the step is given: sort and axes of its own expression.

    Attributes:
        words: the expression that it replaces.
    """

    sort: str = "Tensor"
    axes: Axes | None = None
    words: str = ""


@dataclass(frozen=True)
class World:
    """Everything outside the recipe that decides its graph.

    Attributes:
        networks: the models by their names in the recipe.
        views: the views by name; `x` is always one of them.
        tests: how many test images there are, which metrics are measured on.
        image: channels, height and width of an image.
        trains: what this stage trains; empty for the student and all that the loss reaches.
        given: names that are inputs instead of being computed.
        types: what is known of these, by name.
        chain: the models of `chain:`, from the largest to the smallest.
        batch: how many images a step sees at least, where that is known.
        least: how many images the smallest batch has, where that is known.
        counted: the data says how many classes there are; False where the student was asked.
        modes: models that this stage runs in another mode than their usual one.
        spare: models that are there because the recipe names them; `teachers` leaves them out.
        computed: the tables of earlier stages, by the stage's name.
    """

    networks: dict[str, Network]
    views: dict[str, View] = field(default_factory=lambda: {"x": View("x")})
    classes: int | None = None
    examples: int | None = None
    tests: int | None = None
    batch: int | None = None
    least: int | None = None
    image: tuple[int, ...] | None = None
    trains: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()
    types: Mapping[str, Given] = field(default_factory=dict)
    chain: tuple[str, ...] = ()
    counted: bool = True
    modes: Mapping[str, str] = field(default_factory=dict)
    spare: frozenset[str] = frozenset()
    computed: Mapping[str, Computed] = field(default_factory=dict)

    def trains_model(self, name: str) -> bool:
        """Whether this stage trains a model."""
        return name in self.trains if self.trains else name == STUDENT

    def trains_part(self, name: str) -> bool:
        """Whether this stage trains a module or a learned scalar, by its full name."""
        if not self.trains:
            return True
        parts = name.split(".")
        return any(".".join(parts[:end]) in self.trains for end in range(1, len(parts) + 1))

    def mode(self, model: str) -> str:
        """The mode that a model runs in: `train` where it is trained, unless the stage says so."""
        return self.modes.get(model, "train" if self.trains_model(model) else "eval")

    def follows(self, model: str) -> bool:
        """Whether a frozen model runs in train mode all the same: `mode: {teacher: train}`."""
        return self.mode(model) == "train" and not self.trains_model(model)

    def rests(self, model: str) -> bool:
        """Whether a model is trained in eval mode: `mode: {student: eval}`."""
        return self.mode(model) == "eval" and self.trains_model(model)

    @property
    def teachers(self) -> tuple[str, ...]:
        """Every model but the student and the spare ones, in the order of the setting."""
        return tuple(name for name in self.networks if name not in {STUDENT, *self.spare})
