"""What a method is tried on: the data, the models, and how they are trained."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from kdgraph import files
from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.names import UnknownKey, UnknownSetting
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.errors.text import WrongShape
from kdgraph.lang.expressions import Collector
from kdgraph.lang.find import load_text, refuse_special
from kdgraph.lang.protocol import Protocol
from kdgraph.lang.source import Source, Span
from kdgraph.lang.syntax import Syntax
from kdgraph.lang.validate import Model, merged, validated
from kdgraph.lang.yaml_tree import Mapping, Node, Scalar, plain, read_tree, words
from kdgraph.normalisation import MEAN, STD, Normalisation, is_mean, is_std

SECTIONS = ("title", "data", "models", "train", "extends")
DEEPEST = 5


class Data(BaseModel):
    """The `data:` section."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    name: str
    """a data set that kdgraph knows; `kdgraph list data`"""
    root: str | None = None
    """its folder"""
    augment: str = "image"
    """the view `x` of recipes that have no views of their own"""
    size: int | None = None
    """height and width that every image is brought to"""
    channels: int | None = None
    """1 for grey, 3 for colour"""
    classes: int | None = None
    """how many classes a folder has, so that a check need not look"""
    fraction: float = 1.0
    """share of the training images, equal in every class"""
    label_noise: float = 0.0
    """share of the training labels that are replaced by another class"""
    limit: int | None = None
    """at most so many training images"""
    test_limit: int | None = None
    """at most so many test images"""


def _mean(numbers: tuple[float, ...]) -> tuple[float, ...]:
    if not is_mean(numbers):
        raise ValueError(MEAN)
    return numbers


def _std(numbers: tuple[float, ...]) -> tuple[float, ...]:
    if not is_std(numbers):
        raise ValueError(STD)
    return numbers


class Start(BaseModel):
    """Where a model begins: between its own start and another model's weights."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, populate_by_name=True
    )

    source: str = Field(alias="from")
    """another model of the setting, of the same network"""
    share: float = Field(ge=0, le=1)
    """how much of the other model's weights: 0 for none, 1 for all"""


class ModelSpec(BaseModel):
    """One entry of `models:`; a name alone is a network with random weights."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, arbitrary_types_allowed=True
    )

    name: str
    """a network: of the zoo, of a plugin, `torchvision:…`, or `timm:…`"""
    weights: str = "random"
    """`random`, `train`, a file of weights, or `torchvision:…`, `timm:…`"""
    start: Start | None = None
    """`{from: teacher, share: 0.25}`: begin between these weights and another model's"""
    mean: Annotated[tuple[float, ...], AfterValidator(_mean)] | None = None
    """what its pixels are normalised with, a number from 0 to 1 for each channel"""
    std: Annotated[tuple[float, ...], AfterValidator(_std)] | None = None
    """the same; both or neither. Without them what its weights were trained with"""
    spare: bool = False
    """there only for recipes that name it: an assistant, a peer"""
    select: Literal["last", "best"] = "last"
    """of `weights: train`: the epoch whose weights are taken"""
    data: dict[str, object] = Field(default_factory=dict)
    """of `weights: train`: what differs in its data, such as `fraction: 1`"""
    train: Protocol = Field(default_factory=Protocol)
    """of `weights: train`: what differs from the setting's own `train`"""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {"name": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _both(self) -> ModelSpec:
        if (self.mean is None) != (self.std is None):
            msg = "both `mean` and `std`, or neither"
            raise ValueError(msg)
        if self.mean and self.std and len(self.mean) != len(self.std):
            msg = "as many numbers in `mean` as in `std`"
            raise ValueError(msg)
        return self

    @property
    def normalisation(self) -> Normalisation | None:
        """What the setting says that its pixels are normalised with."""
        if self.mean is None or self.std is None:
            return None
        return Normalisation(self.mean, self.std)


class _Models(BaseModel):
    """The `models:` section."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, ModelSpec]

    student: ModelSpec


@dataclass(frozen=True)
class Setting:
    """A setting, read and checked.

    Attributes:
        protocol: the `train:` section.
        augment: the expression of `data.augment`.
        spans: where each model is named, for messages.
    """

    name: str
    source: Source
    data: Data
    models: dict[str, ModelSpec]
    protocol: Protocol
    augment: Syntax | None
    title: str = ""
    spans: dict[str, Span] = field(default_factory=dict)


def find_setting(name: str, beside: Path | None = None, span: Span | None = None) -> Path:
    """The file of a setting: a path, a path beside the recipe, or a shipped name."""
    for path in [Path(name), *([beside / name] if beside else [])]:
        if path.is_file():
            return path
    shipped = {path.stem: path for path in files.settings()}
    if name in shipped:
        return shipped[name]
    refuse_special(name, span)
    advice = suggest(name, shipped) or f"the shipped ones are {', '.join(shipped)}"
    raise RecipeError(UnknownSetting(span=span, name=name, advice=advice))


def read_setting(
    path: Path, values: Dictionary[str, object] | None = None, depth: int = 0
) -> Setting:
    """A setting from its file.

    Args:
        path: the file.
        values: what the command line sets on top, nested as in the file.
        depth: how many settings extend this one.

    Raises:
        RecipeError: with every mistake of the file.
    """
    source = load_text(path)
    tree = read_tree(source)
    mistakes = list(_keys(tree))
    base: dict[str, object] = {}
    extends = tree.get("extends")
    if isinstance(extends, Scalar) and depth < DEEPEST:
        base = _plain(find_setting(extends.text, path.parent, extends.span), depth + 1)
    more = merged(base, {}) if base else {}
    own = {key.text: plain(value) for key, value in tree.entries if key.text != "extends"}
    top = merged(_long(merged(more, own)), _long(values or {}))
    sections = {name: tree.get(name) for name in ("data", "models", "train")}
    data = _section(Data, sections["data"], "data", top, mistakes, values)
    models = _section(_Models, sections["models"], "models", top, mistakes, values)
    protocol = _section(Protocol, sections["train"], "train", top, mistakes, values)
    augment = _augment(sections["data"], data, mistakes)
    if mistakes or data is None or models is None or protocol is None:
        raise RecipeError(*mistakes)
    listed = {**(models.__pydantic_extra__ or {}), "student": models.student}
    order = [name for name in _written(top) if name in listed]
    node = sections["models"]
    spans = {k.text: v.span for k, v in node.entries} if isinstance(node, Mapping) else {}
    spans |= _said(values or {})
    title = tree.get("title")
    return Setting(
        name=path.stem,
        source=source,
        data=data,
        models={name: listed[name] for name in order},
        protocol=protocol,
        augment=augment,
        title=title.text if isinstance(title, Scalar) else "",
        spans=spans,
    )


def _written(top: Dictionary[str, object]) -> list[str]:
    models = top.get("models")
    return list(models) if isinstance(models, dict) else []


def _long(values: Dictionary[str, object]) -> dict[str, object]:
    """The values with every model as a mapping, so that one in brief sets its name alone."""
    models = values.get("models")
    if not isinstance(models, Dictionary):
        return dict(values)
    spelled = {name: {"name": one} if isinstance(one, str) else one for name, one in models.items()}
    return {**values, "models": spelled}


def _said(values: Dictionary[str, object]) -> dict[str, Span]:
    """Where the command line speaks of a model."""
    models = values.get("models")
    spans: dict[str, Span] = {}
    for name, told in models.items() if isinstance(models, Dictionary) else ():
        inner = next(iter(told.items()), None) if isinstance(told, Dictionary) else None
        path, value = (f"{name}.{inner[0]}", inner[1]) if inner else (name, told)
        head = f"--set models.{path}="
        source = Source("command line", f"{head}{value}")
        spans[name] = Span(source, len(head), len(source.text))
    return spans


def _plain(path: Path, depth: int) -> dict[str, object]:
    tree = read_tree(load_text(path))
    extends = tree.get("extends")
    own = {key.text: plain(value) for key, value in tree.entries if key.text != "extends"}
    if isinstance(extends, Scalar) and depth < DEEPEST:
        return merged(_plain(find_setting(extends.text, path.parent), depth + 1), own)
    return own


def _keys(tree: Mapping) -> list[Diagnostic]:
    return [
        UnknownKey(
            span=key.span,
            section="a setting",
            key=key.text,
            advice=suggest(key.text, SECTIONS) or f"a setting takes {', '.join(SECTIONS)}",
        )
        for key, _ in tree.entries
        if key.text not in SECTIONS
    ]


def _section(
    kind: type[Model], node: Node | None, name: str, top: Dictionary[str, object],
    mistakes: list[Diagnostic], values: Dictionary[str, object] | None,
) -> Model | None:  # fmt: skip
    if node is not None and not isinstance(node, Mapping):
        mistakes.append(
            WrongShape(span=node.span, key=name, expected="a mapping", found=words(node))
        )
        return None
    try:
        more = top.get(name)
        return validated(
            kind, node, name, more if isinstance(more, dict) else None, (values or {}).get(name)
        )
    except RecipeError as error:
        mistakes += error.diagnostics
        return None


def _augment(node: Node | None, data: Data | None, mistakes: list[Diagnostic]) -> Syntax | None:
    if data is None:
        return None
    written = node.get("augment") if isinstance(node, Mapping) else None
    collect = Collector()
    if isinstance(written, Scalar) and written.text == data.augment:
        tree = collect.tree(written, "data.augment")
    else:
        from kdgraph.lang.override import value_tree

        tree = value_tree("data.augment", data.augment)
    mistakes += collect.mistakes
    return tree
