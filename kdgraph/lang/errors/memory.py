"""KD5xx: memory, views and stages."""

from __future__ import annotations

from dataclasses import dataclass

from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.source import Span


@dataclass(frozen=True, kw_only=True)
class TwoWriters(Diagnostic):
    """Two nodes write the same memory: which value it holds would depend on their order.

        modules: {M: "bank(width, momentum=0.5)"}
        loss: nce(s @ M(s)ᵀ) + nce(t @ M(t)ᵀ)

    One memory follows one value. Make a second memory.
    """

    code = "KD501"
    title = "two values write the memory `{memory}`"
    label = "written again here"
    help = "give each value a memory of its own"

    memory: str
    other: Span | None

    def labels(self) -> list[tuple[Span, str]]:
        """Both writers."""
        return [*super().labels(), *([(self.other, "written here")] if self.other else [])]


@dataclass(frozen=True, kw_only=True)
class RandomView(Diagnostic):
    """A view calls something that is no augmentation."""

    code = "KD510"
    title = "`{name}` is no augmentation of images"
    label = "unknown here"
    help = "{advice}"

    name: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class ViewShape(Diagnostic):
    """A view is built from `image`, other views and augmentations, and nothing else.

    views:
      x: crop(flip(image), pad=4)
    """

    code = "KD511"
    title = "`{words}` is no view"
    label = "not made of images"
    help = "{advice}"

    words: str
    advice: str = "build it from `image` and other views, as in `crop(flip(image), pad=4)`"


@dataclass(frozen=True, kw_only=True)
class EmptyStage(Diagnostic):
    """A stage without epochs, or with a name another stage has."""

    code = "KD520"
    title = "two stages are called `{name}`"
    label = "the second one"
    help = "give each stage a name of its own; results are kept under it"

    name: str


@dataclass(frozen=True, kw_only=True)
class NotBuiltYet(Diagnostic):
    """A part of the language that is read and checked, but that no run carries out yet.

    It is refused rather than left out silently: a run without it would be another method.
    """

    code = "KD530"
    title = "`{what}` can be read, but no run carries it out yet"
    label = "not built yet"
    help = "take it out, or wait for a later version; `docs/roadmap.md` says what is next"

    what: str
