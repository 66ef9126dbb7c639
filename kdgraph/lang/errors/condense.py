"""Mistakes of `condense:`: what an example is worth, and when the training set shrinks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kdgraph.lang.diagnostics import Diagnostic


@dataclass(frozen=True, kw_only=True)
class NoCondenseValue(Diagnostic):
    """Examples are ranked by `value`, and a recipe that condenses has to say what it is.

    condense: {value: entropy(softmax(student.logits)), keep: 0.7}
    """

    code: ClassVar = "KD540"
    title: ClassVar = "`condense` does not say what an example is worth"
    label: ClassVar = "has no `value`"
    help: ClassVar = "add one, as in `value: entropy(softmax(student.logits))`"


@dataclass(frozen=True, kw_only=True)
class NotPerImage(Diagnostic):
    """The value that examples are ranked by is not one number for each image of the batch.

    `student.logits` has a number for each class, a mean has one for the whole batch, and a view
    of three rows an image has three. One number is left of the classes by `entropy` or by
    `max(…, over=-1)`; of several rows an image `v[only]` or the upright view gives one.

        condense: {value: entropy(softmax(student.logits))}
    """

    code: ClassVar = "KD541"
    title: ClassVar = "`condense.value` is not one number for each image"
    label: ClassVar = "{found}"
    help: ClassVar = "ranked is what an image is worth, as in `entropy(softmax(student.logits))`"

    found: str


@dataclass(frozen=True, kw_only=True)
class BadCondenseValue(Diagnostic):
    """A value of `condense:` that is out of range.

        condense:
          value: entropy(softmax(student.logits))
          rounds: 6
          every: epochs/6
          keep: 0.7
          mix: 0.3
          cost: 0.03

    `keep` is the share of the examples that is left in the end, `rounds` the equal steps that
    lead there, `every` the epochs between two of them.
    """

    code: ClassVar = "KD542"
    title: ClassVar = "`condense.{key}` is `{found}`"
    label: ClassVar = "it has to be {wanted}"
    help: ClassVar = "write a value that is {wanted}"

    key: str
    found: str
    wanted: str


@dataclass(frozen=True, kw_only=True)
class NothingToCondense(Diagnostic):
    """No stage trains the student, so that nothing is learned of what its images are worth.

    `condense` works in the stages that train the student, each of which begins with all the
    images.
    """

    code: ClassVar = "KD543"
    title: ClassVar = "`condense` has no stage to work in"
    label: ClassVar = "no stage trains the student"
    help: ClassVar = "take it out, or let a stage train the student"


@dataclass(frozen=True, kw_only=True)
class TooManyMixed(Diagnostic):
    """Mixed images are kept in memory, and these would not fit.

    A data set that fits into memory has room for them as well. One that is read from files
    while it trains stays on disk as it is; only its mixed images are kept, at most one for each
    image that is mixed in some round. Condense without mixing, or at a smaller size:

        kdgraph run kcd --on imagenet --set condense.mix=0
    """

    code: ClassVar = "KD544"
    title: ClassVar = "{count} mixed images need {needed}, and {limit} are kept at most"
    help: ClassVar = "set `condense.mix=0`, a larger `condense.keep`, or a smaller `data.size`"

    count: int
    needed: str
    limit: str
