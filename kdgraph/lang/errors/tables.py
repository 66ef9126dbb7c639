"""KD5xx: tables that a stage computes, and views that are made with other images."""

from __future__ import annotations

from dataclasses import dataclass

from kdgraph.lang.diagnostics import Diagnostic


@dataclass(frozen=True, kw_only=True)
class NotMixed(Diagnostic):
    """Only a view that mixes two others has a share: how much of the first it shows.

    views: {m: "cutmix(a, b)"}
    where: {λ: share(m)}
    """

    code = "KD514"
    title = "`{words}` is no view that mixes two others"
    label = "nothing is mixed here"
    help = "name a view that is made by `cutmix` or `mixup`, as in `m: cutmix(a, b)`"

    words: str


@dataclass(frozen=True, kw_only=True)
class LateView(Diagnostic):
    """Views are made before the step's program runs: what they are made with is known by then.

    The number of another image comes from the numbers of the batch, from a table that an
    earlier stage has computed, or from a draw, never from what a network says in this step.

        views: {p: "image[j]"}
        where: {j: pick(bags[i])}
    """

    code = "KD515"
    title = "a view is made with `{words}`, which only the step computes"
    label = "computed by the step"
    help = "make it of `i`, `y`, a table of an earlier stage, and draws, as in `pick(bags[i])`"

    words: str


@dataclass(frozen=True, kw_only=True)
class DrawnMetric(Diagnostic):
    """A metric is made of draws alone: it would measure nothing.

        metrics:
          coins: mean(gate(0.5, 3))

    A metric is a number of the test images and of what was trained.
    """

    code = "KD546"
    title = "the metric `{name}` is made of draws alone"
    label = "nothing is measured here"
    help = "measure a model, as in `mean(entropy(softmax(student.logits)))`, or take it out"

    name: str


@dataclass(frozen=True, kw_only=True)
class NoNumberEach(Diagnostic):
    """`image[j]` takes the number of another training image for each image of the batch.

    views: {p: "image[j]"}
    where: {j: pick(bags[i])}

    One number for all, as in `image[3]`, a table of numbers, or fractions such as `y/2` say no such
    thing.
    """

    code = "KD545"
    title = "`image[{words}]` takes the number of an image for each image"
    label = "this {found}"
    help = "make it of `i`, a table of an earlier stage, and draws, as in `pick(bags[i])`"

    words: str
    found: str


@dataclass(frozen=True, kw_only=True)
class NotComputedYet(Diagnostic):
    """A table is there after the stage that computes it, for the images of the training set.

        stages:
          - {name: bags, compute: "neighbours(teacher.features, 5)"}
          - {name: student, loss: near}

    Metrics are measured on test images, which have no row in it.
    """

    code = "KD531"
    title = "the table `{name}` is not there yet where this is computed"
    label = "asked for here"
    help = "put the stage `{name}` before the stage that asks for it"

    name: str


@dataclass(frozen=True, kw_only=True)
class NotOfABatch(Diagnostic):
    """What looks at all training images is computed by a stage of its own, once.

    A step of training sees one batch, and can't tell what is nearest among all images:

        stages:
          - {name: bags, compute: "neighbours(teacher.features, 5)"}
    """

    code = "KD532"
    title = "`{word}` looks at all training images, and a step has one batch of them"
    label = "only in `compute:` of a stage, and outermost there"
    help = "write a stage for it, as in `- {{name: bags, compute: …}}`, and `bags[i]` here"

    word: str


@dataclass(frozen=True, kw_only=True)
class NothingToTrain(Diagnostic):
    """A stage that computes a table trains nothing, so it has no loss and no epochs."""

    code = "KD533"
    title = "a stage with `compute:` trains nothing, so `{key}` means nothing in it"
    label = "of a stage that trains"
    help = "take it out, or move it into a stage of its own"

    key: str


@dataclass(frozen=True, kw_only=True)
class NoRowEach(Diagnostic):
    """A table has a row for each training image, so its value has a row for each image.

    compute: teacher.features             # (b, d): a table of (examples, d)
    compute: mean(teacher.features)       # a number: no table
    """

    code = "KD534"
    title = "a table has a row for each image, and this value has none"
    label = "{axes}"
    help = "compute a value with a row for each image, such as `teacher.features`"

    axes: str


@dataclass(frozen=True, kw_only=True)
class TooFewNeighbours(Diagnostic):
    """An example has as many neighbours as there are other examples, and no more."""

    code = "KD535"
    title = "{k} neighbours are asked for, and each example has {others} others"
    label = "of all training images"
    help = "ask for fewer, under `adapt:` for this setting alone"

    k: int
    others: int
