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
class OtherRows(Diagnostic):
    """A bank and a table have one row for each example, so they take one row for each image.

        M: bank(normalize(student(rot).features))     # three rows an image

    Take the rows of one view, as in `student.features`, or `v[…]` of those wanted.
    """

    code = "KD502"
    title = "`{word}` keeps a row for each example, and these rows are `{rows}`"
    label = "not one row for each image"
    help = "give it a value of the view `x`, or of another view with one row an image"

    word: str
    rows: str


@dataclass(frozen=True, kw_only=True)
class BatchInOnce(Diagnostic):
    """What is kept for good can't depend on how many images a batch has.

    once(exp(S))            # (b, n)
    once(mean(exp(S)))      # a number
    """

    code = "KD503"
    title = "`{word}` keeps one value for all batches, and this one has a row for each image"
    label = "as many rows as the batch"
    help = "reduce it first, as in `{word}(mean(…))`"

    word: str


@dataclass(frozen=True, kw_only=True)
class TooFewOthers(Diagnostic):
    """More negatives are asked for than there are examples to draw them from.

    They are drawn without replacement, from the examples of other classes where labels are
    given. A number that depends on the data set belongs into `adapt`:

        K: 16384
        adapt: {digits: {K: 1024}}
    """

    code = "KD504"
    title = "{k} negatives are drawn, and some examples have only {others} others"
    label = "drawn without replacement"
    help = "ask for fewer, under `adapt:` for this setting alone, or write `replace=true`"

    k: int
    others: int


@dataclass(frozen=True, kw_only=True)
class RelaxNeedsOther(Diagnostic):
    """With `mode=relax` the positive is any example of the same class: classes must be known.

    negatives(i, K, other=y, mode=relax)
    """

    code = "KD505"
    title = "`mode=relax` needs to know the classes"
    label = "without labels"
    help = "give the labels, as in `other=y`"


@dataclass(frozen=True, kw_only=True)
class NeedsExamples(Diagnostic):
    """Memory with a row for each example, and draws from all examples, need their number.

    `kdgraph run` knows it from the data. In a loop of your own:

        kdgraph.compile(…, examples=50_000)
    """

    code = "KD506"
    title = "`{words}` needs the number of training examples"
    label = "of which nothing is known"
    help = "give `kdgraph.compile` their number, as in `examples=50_000`"

    words: str


@dataclass(frozen=True, kw_only=True)
class NeedsLabels(Diagnostic):
    """Negatives of other classes are drawn from the labels of all training examples.

    `kdgraph run` takes them from the data. In a loop of your own:

        kdgraph.compile(…, labels=labels)        # int64, one for each example
    """

    code = "KD507"
    title = "`{words}` needs the labels of all training examples"
    label = "of which nothing is known"
    help = "give `kdgraph.compile` all labels, as in `labels=labels`, or leave `other=` out"

    words: str


@dataclass(frozen=True, kw_only=True)
class DrawsFromValues(Diagnostic):
    """A draw is made before the step's program runs, so it knows the batch and nothing else.

    negatives(i, K, other=y)
    pick(bags[i])              # a row of the table that the stage `bags` has computed
    """

    code = "KD508"
    title = "`{word}` is drawn before the step, when this is not known yet"
    label = "computed by the step"
    help = "give it `i`, `y`, a view, rows of a computed table, or a name that is given"

    word: str


@dataclass(frozen=True, kw_only=True)
class OtherChannels(Diagnostic):
    """One model is shown views of different numbers of channels, and a network takes only one.

    A model that sees luminance has one input channel, one that sees colours three:

        a: mse(student(lum).features, student.features)      # lum: luminance(image)

    Show it views of the same channels, or give the other view to another model.
    """

    code = "KD512"
    title = "`{model}` is shown {channels} and {others} channels"
    label = "`{view}` has {channels}"
    help = "show it views of the same channels, or give `{view}` to another model"

    model: str
    view: str
    channels: int
    other: str
    others: int
    seen_at: Span | None = None

    def labels(self) -> list[tuple[Span, str]]:
        """Both taps."""
        other = [(self.seen_at, f"`{self.other}` has {self.others}")] if self.seen_at else []
        return [*super().labels(), *other]


@dataclass(frozen=True, kw_only=True)
class NothingToMeasure(Diagnostic):
    """A model sees views of several rows an image only, of other channels than `x`.

    What it is taught on and measured with is a view of one row an image, of channels that
    it takes. `only(v, j)` makes one of a view of several rows:

        views: {both: "stack(a, b)", one: "only(both, 0)"}
    """

    code = "KD513"
    title = "no view to measure `{model}` with has the channels it takes: {channels}"
    label = "`{view}` has several rows an image"
    help = "show it a view of one row, such as `only({view}, 0)`, as well"

    model: str
    view: str
    channels: int
