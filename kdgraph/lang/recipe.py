"""What a recipe says, section by section: expressions parsed, nothing resolved yet."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from kdgraph.lang.source import Source, Span
from kdgraph.lang.syntax import Compare, Syntax, canonical
from kdgraph.lang.yaml_tree import Mapping

JOINT = "joint"


@dataclass(frozen=True)
class Entry:
    """A name with its expression."""

    name: str
    key: Span
    tree: Syntax


@dataclass(frozen=True)
class Slot:
    """A parameter of a function: a name, and a default where it has one."""

    name: str
    default: Syntax | None = None


@dataclass(frozen=True)
class Function:
    """A function of `define:` or of the library: expanded where it is called.

    Attributes:
        require: comparisons that hold for the numbers it is called with.
    """

    name: str
    key: Span
    slots: tuple[Slot, ...]
    value: Syntax
    where: dict[str, Entry] = field(default_factory=dict)
    comment: str = ""
    require: tuple[Compare, ...] = ()

    def __str__(self) -> str:
        """The head of the function."""
        from kdgraph.lang.write import write

        shown = (
            s.name if s.default is None else f"{s.name}={write(s.default)}" for s in self.slots
        )
        return f"{self.name}({', '.join(shown)})"


@dataclass(frozen=True)
class Stage:
    """One round of training: what is trained, by which loss, for how long.

    Attributes:
        each: a loop such as `m in chain[1:]`: its name and the things it runs over.
        trains: what is trained; empty for the student and all that the loss reaches.
        train: protocol entries that hold for this stage only.
        mode: models that run in another mode than their usual one.
        mode_spans: where each of these models is named.
        span: its name, or the whole of it where it has none.
        compute: makes a table instead of training.
        bound: of a stage that a loop made: its name with the model it stands for.
    """

    name: str
    span: Span
    trains: tuple[tuple[str, Span], ...] = ()
    loss: Syntax | None = None
    epochs: Syntax | None = None
    train: Mapping | None = None
    mode: tuple[tuple[str, str], ...] = ()
    mode_spans: tuple[Span, ...] = ()
    each: tuple[str, Syntax] | None = None
    compute: Syntax | None = None
    bound: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Recipe:
    """A method: the loss, its names, its views, modules and stages."""

    source: Source
    loss: Syntax | None = None
    title: str = ""
    cite: str = ""
    where: dict[str, Entry] = field(default_factory=dict)
    views: dict[str, Entry] = field(default_factory=dict)
    modules: dict[str, Entry] = field(default_factory=dict)
    define: dict[str, Function] = field(default_factory=dict)
    metrics: dict[str, Entry] = field(default_factory=dict)
    stages: tuple[Stage, ...] = ()
    condense: dict[str, Entry] = field(default_factory=dict)
    adapt: dict[str, dict[str, Entry]] = field(default_factory=dict)
    use: dict[str, Recipe] = field(default_factory=dict)
    use_spans: dict[str, Span] = field(default_factory=dict)
    chain: tuple[str, ...] = ()
    chain_spans: tuple[Span, ...] = ()
    setting: tuple[str, Span] | None = None
    train: Mapping | None = None
    forward_said: str = ""

    @property
    def forward(self) -> str:
        """How the views of a model go through it: `joint`, unless the recipe says `separate`."""
        return self.forward_said or JOINT

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.source.path.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".kd")

    @property
    def called(self) -> str:
        """Its name in recipes that use it, where `-` is a minus: `tf-kd` is `tf_kd`."""
        return canonical(self.name.replace("-", "_"))

    @property
    def source_span(self) -> Span:
        """The start of the file, for what no words of it stand for."""
        return Span(self.source, 0, 0)

    def knows(self, name: str) -> bool:
        """Whether it has a name of `where`; `crd.K` is one of a recipe that it uses."""
        head, dot, rest = name.partition(".")
        if not dot:
            return name in self.where
        return head in self.use and self.use[head].knows(rest)

    @property
    def inner_names(self) -> tuple[str, ...]:
        """The names of the recipes that it uses, `crd.K`."""
        return tuple(
            f"{head}.{name}"
            for head, other in self.use.items()
            for name in (*other.where, *other.inner_names)
        )

    def over(self, base: Recipe) -> Recipe:
        """This recipe on top of the one it extends.

        `where`, `views`, `modules`, `define`, `metrics` and `adapt` merge by name; `loss`,
        `stages` and `condense` are replaced where they are given. A name that this recipe gives a
        value no longer yields to the other's `adapt`, which was meant for the other's value.
        """
        own = {*self.where, *self.views, *self.modules}
        adapt = {
            setting: {name: entry for name, entry in told.items() if name not in own}
            for setting, told in base.adapt.items()
        }
        return replace(
            self,
            loss=self.loss or base.loss,
            title=self.title or base.title,
            cite=self.cite or base.cite,
            where={**base.where, **self.where},
            views={**base.views, **self.views},
            modules={**base.modules, **self.modules},
            define={**base.define, **self.define},
            metrics={**base.metrics, **self.metrics},
            adapt={
                name: {**adapt.get(name, {}), **self.adapt.get(name, {})}
                for name in (*adapt, *(one for one in self.adapt if one not in adapt))
            },
            use={**base.use, **self.use},
            use_spans={**base.use_spans, **self.use_spans},
            stages=self.stages or base.stages,
            condense=self.condense or base.condense,
            chain=self.chain or base.chain,
            chain_spans=self.chain_spans if self.chain else base.chain_spans,
            setting=self.setting or base.setting,
            train=self.train or base.train,
            forward_said=self.forward_said or base.forward_said,
        )
