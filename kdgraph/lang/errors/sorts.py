"""KD2xx: sorts, axes and knobs: the pieces don't fit together."""

from __future__ import annotations

from dataclasses import dataclass

from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.source import Span


@dataclass(frozen=True, kw_only=True)
class AxisClash(Diagnostic):
    """Two inputs of one function disagree about an axis they share.

    A function names its axes: `kl` takes `Distribution[b k]` twice, so both must have the
    same `b` and the same `k`. Here a teacher of 1000 classes meets a student of 100:

        kd: kd(teacher.logits ‖ student.logits)

    Distil from a layer whose width you may choose, or put a connector on one side:

        kd: kd(linear(teacher.logits, 100) ‖ student.logits)
    """

    code = "KD201"
    title = "the inputs of `{function}` differ in axis `{axis}`"
    label = "{axis} = {size}"
    help = "{advice}"

    function: str
    axis: str
    size: str
    other: Span | None
    other_size: str
    advice: str = "give them one size, or put a connector such as `linear` or `conv` on one side"

    def labels(self) -> list[tuple[Span, str]]:
        """Both inputs, each with its size."""
        first = [(self.other, f"{self.axis} = {self.other_size}")] if self.other else []
        return [*first, *super().labels()]


@dataclass(frozen=True, kw_only=True)
class WrongSort(Diagnostic):
    """A function is given a value of another kind than it takes.

    Shapes can't catch this one: logits, probabilities and log-probabilities all have the
    shape `b k`. `kl` takes distributions, so logits need a `softmax`; `cross_entropy` takes
    logits, so a `softmax` before it would be applied twice.
    """

    code = "KD202"
    title = "`{function}` takes {wanted} as `{slot}`, not {found}"
    label = "{found}"
    help = "{advice}"

    function: str
    slot: str
    wanted: str
    found: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class DoubleSoftmax(Diagnostic):
    """A softmax of something that already is a distribution.

        kd: kd(softmax(teacher.logits) ‖ softmax(student.logits))

    `kd` and `cross_entropy` apply the softmax themselves and take logits. The result of a
    double softmax is nearly uniform, trains, and is wrong.
    """

    code = "KD203"
    title = "`{function}` applies a softmax to what already is a distribution"
    label = "a distribution"
    help = "give it the logits: take the inner `softmax` out"

    function: str


@dataclass(frozen=True, kw_only=True)
class Swapped(Diagnostic):
    """The target of a divergence depends on what is trained, and its guess does not.

        kd: kd(student.logits ‖ teacher.logits)

    The teacher's distribution comes first: it is the target, and the student is pulled
    towards it. This way round the student would be the target.
    """

    code = "KD204"
    title = "the target of `{function}` is trained, and its guess is not"
    label = "trained: stands where the target belongs"
    help = "write the teacher's side first: `{function}(teacher … ‖ student …)`"

    function: str
    other: Span | None

    def labels(self) -> list[tuple[Span, str]]:
        """Both inputs."""
        return [*super().labels(), *([(self.other, "not trained")] if self.other else [])]


@dataclass(frozen=True, kw_only=True)
class OtherImages(Diagnostic):
    """Rows are compared that do not come from the same images.

    A view with three rows an image has 3b rows, the default view b. Pick the rows that
    belong together: `y[origin(rot)]`, `only(rot, 0)`.
    """

    code = "KD205"
    title = "`{function}` compares rows that do not come from the same images"
    label = "rows: {rows}"
    help = "{advice}"

    function: str
    rows: str
    other: Span | None
    other_rows: str
    advice: str = "take matching rows with `v[origin(view)]`, or use one view on both sides"

    def labels(self) -> list[tuple[Span, str]]:
        """Both inputs, each with its rows."""
        first = [(self.other, f"rows: {self.other_rows}")] if self.other else []
        return [*first, *super().labels()]


@dataclass(frozen=True, kw_only=True)
class WrongRank(Diagnostic):
    """A value has more or fewer axes than the function takes."""

    code = "KD206"
    title = "`{function}` takes `{slot}` with {axes}"
    label = "this has {found}"
    help = "{advice}"

    function: str
    slot: str
    axes: str
    found: str
    advice: str = "`kdgraph show --as graph` prints the axes of every value"


@dataclass(frozen=True, kw_only=True)
class Exchanged(Diagnostic):
    """Two arguments stand in each other's place.

        sup: cross_entropy(y, student.logits)

    The order of arguments carries meaning: `cross_entropy` takes logits, then labels.
    """

    code = "KD207"
    title = "the arguments of `{function}` are exchanged"
    label = "{found}, where {wanted} belong"
    help = "write `{function}({second}, {first} …)`"

    function: str
    found: str
    wanted: str
    other: Span
    other_found: str
    other_wanted: str

    def facts(self) -> dict[str, object]:
        """The fields, with the words of both arguments."""
        words = {"first": self.span.text if self.span else "", "second": self.other.text}
        return {**super().facts(), **words}

    def labels(self) -> list[tuple[Span, str]]:
        """Both arguments, with what belongs there."""
        return [
            *super().labels(),
            (self.other, f"{self.other_found}, where {self.other_wanted} belong"),
        ]


@dataclass(frozen=True, kw_only=True)
class WrongKnob(Diagnostic):
    """A knob is given a value of another type, or outside its range.

    A knob is a number or a word that stays the same during training, such as `k=1` in
    `conv(v, 64, k=1)`. It may be computed from numbers, sizes and names of numbers.
    """

    code = "KD210"
    title = "`{knob}` of `{function}` takes {wanted}"
    label = "{found}"
    help = "{advice}"

    function: str
    knob: str
    wanted: str
    found: str
    advice: str = "`kdgraph explain {function}` shows what it takes"

    def facts(self) -> dict[str, object]:
        """The fields, with the advice filled in."""
        known = super().facts()
        return {**known, "advice": self.advice.format(**known)}


@dataclass(frozen=True, kw_only=True)
class MovingKnob(Diagnostic):
    """A knob is given something that changes while training: a schedule, or a tensor.

    A knob decides what is built, so it is known before training starts. Factors and
    temperatures may move; widths, kernel sizes and reductions may not.
    """

    code = "KD211"
    title = "`{knob}` of `{function}` must be known before training"
    label = "known only while training"
    help = "give it a number; what moves can be a factor instead, such as `ramp(0, 1)·kd`"

    function: str
    knob: str


@dataclass(frozen=True, kw_only=True)
class MissingArgument(Diagnostic):
    """A call leaves out something that the function needs."""

    code = "KD212"
    title = "`{function}` needs `{slot}`"
    label = "`{slot}` is missing"
    help = "it reads `{usage}`"

    function: str
    slot: str
    usage: str


@dataclass(frozen=True, kw_only=True)
class TooManyArguments(Diagnostic):
    """A call gives more than the function takes."""

    code = "KD213"
    title = "`{function}` takes {counted}, not {given}"
    label = "one too many"
    help = "it reads `{usage}`"

    function: str
    most: int
    given: int
    usage: str

    def facts(self) -> dict[str, object]:
        """The fields, with the number of arguments in words."""
        counted = {0: "no arguments", 1: "one argument"}.get(self.most, f"{self.most} arguments")
        return {**super().facts(), "counted": counted}


@dataclass(frozen=True, kw_only=True)
class UnequalZip(Diagnostic):
    """`zip` runs over collections of different lengths.

    Quietly dropping the last stages would be a different method. Pair the ones you mean,
    or say `short=true` to stop with the shortest.
    """

    code = "KD214"
    title = "`zip` over {lengths} things"
    label = "unequal lengths"
    help = "pick equal parts, such as `teacher.maps[1:]`, or write `zip(…, short=true)`"

    lengths: str


@dataclass(frozen=True, kw_only=True)
class NotACollection(Diagnostic):
    """`Σ` and `zip` run over collections: `teachers`, `student.maps`, `[a, b]`, `zip(…)`."""

    code = "KD215"
    title = "`{words}` is not a collection"
    label = "one thing"
    help = "run over `teachers`, `student.maps`, `zip(…)` or a list `[a, b]`"

    words: str


@dataclass(frozen=True, kw_only=True)
class WrongTarget(Diagnostic):
    """A loop unpacks another number of names than its things have."""

    code = "KD216"
    title = "each thing has {counted}, but the loop names {names}"
    label = "{counted} each"
    help = "write as many names as `zip` has arguments"

    parts: int
    names: int

    def facts(self) -> dict[str, object]:
        """The fields, with the number of parts in words."""
        counted = "one part" if self.parts == 1 else f"{self.parts} parts"
        return {**super().facts(), "counted": counted}


@dataclass(frozen=True, kw_only=True)
class OutOfRange(Diagnostic):
    """An index past the end of a collection."""

    code = "KD217"
    title = "there is no item {index} among {count}"
    label = "counted from 0"
    help = "{advice}"

    index: int
    count: int
    last: int

    def facts(self) -> dict[str, object]:
        """The fields, with what the index may be."""
        advice = f"use 0 to {self.last}" if self.last else "there is only item 0"
        return {**super().facts(), "advice": advice}


@dataclass(frozen=True, kw_only=True)
class WrongIndex(Diagnostic):
    """Brackets after a value take rows, or columns.

    v[j]         rows, by their numbers
    v[:, J]      for each row the columns that J names, of shape (b, k)
    v[:, 1:]     a range of columns
    """

    code = "KD219"
    title = "`{words}` takes neither rows nor columns"
    label = "not an index"
    help = "`v[j]` takes rows, `v[:, J]` columns, `v[:, 1:]` a range of columns"

    words: str


@dataclass(frozen=True, kw_only=True)
class NotAScalarLoss(Diagnostic):
    """A term of the loss must be one number; this one still has axes.

        loss: sup + kl(a ‖ b, reduce=none)

    `mean` and `sum` without `over` reduce everything.
    """

    code = "KD218"
    title = "the term `{term}` is not one number"
    label = "has axes {axes}"
    help = "reduce it: `mean({term})`"

    term: str
    axes: str


@dataclass(frozen=True, kw_only=True)
class UnknownSize(Diagnostic):
    """The loss computes with a size that nobody has told.

        step = kdgraph.compile("loss: examples·…", models=…, sample=x)      # how many examples?

    On a setting the data tell; `kdgraph.compile` takes `examples=` and `classes=`.
    """

    code = "KD220"
    title = "the size `{words}` is not known"
    label = "needed here"
    help = "give it to `kdgraph.compile`, as in `examples=50000`, or write the number"

    words: str


@dataclass(frozen=True, kw_only=True)
class EmptyCollection(Diagnostic):
    """A sum runs over nothing: the term would silently be gone.

    loss: sup + mean(kd(t.logits ‖ student.logits) for t in teachers[5:])
    """

    code = "KD221"
    title = "there is nothing in `{words}` to run over"
    label = "empty"
    help = "run over something, or take the term out"

    words: str


@dataclass(frozen=True, kw_only=True)
class DividesByZero(Diagnostic):
    """A division by a number that is zero, such as a temperature of 0."""

    code = "KD222"
    title = "a division by zero"
    label = "this is 0"
    help = "write a number other than 0"
