"""KD2xx: sorts and axes: the pieces don't fit together."""

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

    Of `kl` itself and other plain divergences it is a warning, since the reverse direction is a
    method of its own. It has a word, in which the teacher comes first as well:

        rkl: reverse_kl(softmax(teacher.logits) ‖ softmax(student.logits))
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
class Reversed(Swapped):
    """The same of a plain divergence, where the other direction is a method of its own."""

    severity = "warning"
    help = (
        "the teacher's side comes first; if the other direction is meant, say so: "
        "`reverse_kl(teacher … ‖ student …)`, or `skew_reverse_kl`, `jsd`"
    )


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
class TooFewColumns(Diagnostic):
    """Labels are looked up among fewer columns than there are classes.

        sup: cross_entropy(student.features, y)

    `y` runs from 0 to `classes - 1`, so each class needs a column of its own. The features of a
    narrow network have fewer: a layer must make logits of them first.
    """

    code = "KD208"
    title = "`{function}` is given {size} columns for {classes} classes"
    label = "{size} columns"
    help = "use `student.logits`, or make logits of it: `linear(…, classes)`"

    function: str
    size: int
    classes: int
    other: Span

    def labels(self) -> list[tuple[Span, str]]:
        """The columns, and the labels."""
        return [*super().labels(), (self.other, f"labels from 0 to {self.classes - 1}")]


@dataclass(frozen=True, kw_only=True)
class OneEntry(Diagnostic):
    """A function compares the entries along an axis, and the axis has one.

        kd: kd(teacher.logits ‖ student.logits)   # networks with one output

    A softmax of one score is 1, its logarithm and what is centred are 0, and a normalised vector
    of one entry is 1 or −1, whatever was learned: the loss is perfect from the start and trains
    nothing. Yes or no are two classes; give the network an output for each.
    """

    code = "KD230"
    title = "`{function}` needs two entries or more along axis {axis} of `{slot}`"
    label = "one entry"
    help = "of one it is the same whatever is learned: take logits with a column for each class"

    function: str
    slot: str
    axis: int


@dataclass(frozen=True, kw_only=True)
class AddsNothing(OneEntry):
    """One of the things that a sum goes over has an axis of one entry.

        at: Σ((t, s) in zip(teacher.maps, student.maps)) at(t, s)   # the last maps are 1×1

    The round of that one is the same whatever is learned and adds nothing; the others count.
    """

    severity = "warning"
    help = "this round of the sum adds nothing; leave it out, as in `student.maps[:-1]`"

    @classmethod
    def of(cls, mistake: Diagnostic) -> Diagnostic:
        """The same of one round of a sum, if it is a mistake of this kind."""
        if type(mistake) is not OneEntry:
            return mistake
        return cls(
            span=mistake.span, function=mistake.function, slot=mistake.slot, axis=mistake.axis
        )


@dataclass(frozen=True, kw_only=True)
class NothingLeft(Diagnostic):
    """A kernel is larger than the padded map it moves over, so that no place is left for it.

        narrow: conv(student.maps[2], 64, k=9, pad=0)

    Without `pad` a kernel always has room: as much is padded as keeps the size. A map that is cut
    into cells needs a row and a column for each of them.
    """

    code = "KD224"
    title = "`{function}` leaves nothing of a map of {before}"
    label = "would be {after}"
    help = "{advice}"

    function: str
    before: str
    after: str
    advice: str = "take a smaller `k`, or other `pad`"


@dataclass(frozen=True, kw_only=True)
class UnevenHeads(Diagnostic):
    """The channels of a map can't be parted into so many equal groups.

        mixed: attend(q, k, v, heads=3)

    Each head of `attend` works on a group of channels, and all groups are of one size.
    """

    code = "KD228"
    title = "`{function}` can't part {channels} channels into {heads} heads"
    label = "{channels} channels"
    help = "take a number of heads that divides the channels"

    function: str
    channels: int
    heads: int


@dataclass(frozen=True, kw_only=True)
class NoSquare(Diagnostic):
    """Tokens make a map where their places make a square; a class token has no place.

    map: grid(teacher.blocks[5][:, 1:])   # 1 + 196 tokens, of which 14×14 are places
    """

    code = "KD225"
    title = "{count} tokens are no square of places"
    label = "{count} tokens"
    help = "split off tokens without a place, such as a class token: `grid(v[:, 1:])`"

    count: int


@dataclass(frozen=True, kw_only=True)
class Undefined(Diagnostic):
    """A function of numbers where it has no value: `sqrt(-1)`, `log(0)`, `0^(-1)`."""

    code = "KD223"
    title = "`{words}` is no number"
    label = "{at}"
    help = "{advice}"

    words: str
    at: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class DividesByZero(Diagnostic):
    """A division by a number that is zero, such as a temperature of 0."""

    code = "KD222"
    title = "a division by zero"
    label = "this is 0"
    help = "write a number other than 0"
