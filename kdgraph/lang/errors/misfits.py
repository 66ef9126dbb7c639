"""KD2xx: values in places of a network, or of another value, that can't take them."""

from __future__ import annotations

from dataclasses import dataclass

from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.source import Span


@dataclass(frozen=True, kw_only=True)
class OtherWidth(Diagnostic):
    """A module of a network is applied to a value of another width than it was made for.

        guess: student.fc(teacher.features)

    A classifier of 64 features can't see 256 of them, nor can a convolution of 64 channels. Put
    a connector before it:

        guess: student.fc(linear(teacher.features, width(student.features)))
    """

    code = "KD241"
    title = "`{function}` takes {wanted}, not {found}"
    label = "{found}"
    help = "{advice}"

    function: str
    wanted: str
    found: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class OtherNumbers(Diagnostic):
    """Rows are named by numbers of something else: classes, or examples of the data set.

        near: mse(student.features[y], teacher.features)

    `y` runs over the classes and `i` over all examples, whereas a batch has as many rows as it has
    images. `M[i]` takes rows of a bank or a table, which has one for each example.
    """

    code = "KD244"
    title = "`{words}` names {named}, and there are {rows}"
    label = "numbers of {named}"
    help = "rows of a batch are named by `origin(view)`; `M[i]` takes those of a bank or a table"

    words: str
    named: str
    rows: str


@dataclass(frozen=True, kw_only=True)
class WideAsBatch(Diagnostic):
    """A module is given vectors that are as long as the batch, which is not always the same.

        z: linear(s @ tᵀ, 10)

    A layer has a weight for each number of a vector. Scores of each image with each have as many as
    there are images, fewer in a last short batch, and labels are one number for each image.
    """

    code = "KD245"
    title = "`{word}` is given vectors that are as long as the batch"
    label = "axes {axes}"
    help = "give it vectors of one length, with a row for each image: `student.features`"

    word: str
    axes: str


@dataclass(frozen=True, kw_only=True)
class EmptyValue(Diagnostic):
    """Something is computed of no numbers at all: a mean of them is none.

        far: mean(student.logits[:, 10:])

    Of ten classes, the columns from the eleventh on are none. The same holds of `gate(p, 0)` and of
    `learn(0, shape=[0])`.
    """

    code = "KD243"
    title = "`{function}` is given no numbers: `{slot}` has the axes {axes}"
    label = "empty"
    help = "leave something to compute with, or take this out"

    function: str
    slot: str
    axes: str


@dataclass(frozen=True, kw_only=True)
class ExamplesForColumns(Diagnostic):
    """What was drawn are numbers of examples, and the value has no column for each of them.

        near: info_nce(student.logits[:, J])
        J: negatives(i, 256, other=y)

    `negatives` draws from all training examples, so it takes columns of a value that has one
    for each of these, such as the scores against a bank:

        near: info_nce((s @ Mᵀ)[:, J])
        M: bank(s, momentum=0.5)
    """

    code = "KD242"
    title = "`{draw}` names {examples} examples, and there are {count} columns"
    label = "numbers of examples"
    help = "take columns of a value with one for each example: `(v @ Mᵀ)[:, J]` of a bank `M`"

    draw: str
    examples: int
    count: int
    other: Span | None

    def labels(self) -> list[tuple[Span, str]]:
        """The value and the numbers."""
        first = [(self.other, f"{self.count} columns")] if self.other else []
        return [*first, *super().labels()]
