"""KD4xx: the graph as a whole: circles, terms without gradient, sizes out of hand."""

from __future__ import annotations

from dataclasses import dataclass

from kdgraph.lang.diagnostics import Diagnostic


@dataclass(frozen=True, kw_only=True)
class Cycle(Diagnostic):
    """Names of `where` that need each other.

        where:
          a: b + 1
          b: 2·a

    The names of `where` may stand in any order, but none may need itself.
    """

    code = "KD401"
    title = "`{name}` needs itself: {path}"
    label = "the circle closes here"
    help = "break the circle: one of these names must not use the next"

    name: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Recursion(Diagnostic):
    """A function that calls itself. Functions are expanded when the graph is built."""

    code = "KD402"
    title = "the function `{name}` calls itself"
    label = "the circle closes here"
    help = "write the repetition as `Σ(… in …)`"

    name: str


@dataclass(frozen=True, kw_only=True)
class NothingTrained(Diagnostic):
    """A term of the loss that nothing trained has a part in: its gradient is zero everywhere.

        loss: sup + kl(softmax(teacher.logits) ‖ softmax(teacher.logits/2))

    Such a term only costs time.
    """

    code = "KD403"
    title = "nothing trained has a part in the term `{term}`"
    label = "no gradient comes from here{stage}"
    help = "use {trained} in it, or take it out"

    term: str
    stage: str = ""
    trained: str = "the student, a module or a learned scalar"


@dataclass(frozen=True, kw_only=True)
class Unreached(Diagnostic):
    """Something is trained, but no loss reaches it: it would stay as it started."""

    code = "KD404"
    title = "`{part}` is trained, but no loss reaches it"
    label = "no gradient arrives here"
    help = "{advice}"

    part: str
    advice: str = "use it in the loss of this stage, or take it out of `trains`"


@dataclass(frozen=True, kw_only=True)
class NoLoss(Diagnostic):
    """A recipe without a loss has nothing to minimise."""

    code = "KD405"
    title = "the recipe has no `loss`"
    label = "nothing to minimise"
    help = "add a line such as `loss: sup + 0.9·kd`, or `extends:` a recipe that has one"


@dataclass(frozen=True, kw_only=True)
class TooLarge(Diagnostic):
    """The graph, a number or a loop is larger than anything a person would write.

    Sizes are bounded so that a hostile recipe can't exhaust the machine: `9^9^9^9`, or a
    function that calls another ten times, ten levels deep.
    """

    code = "KD406"
    title = "{what}"
    label = "too large"
    help = "write a smaller one"

    what: str


@dataclass(frozen=True, kw_only=True)
class LargeMetric(Diagnostic):
    """A metric compares every test image with every other, and there are many.

        metrics:
          alike: mean((s @ sᵀ)²)

    A metric is one number of the whole test set, so the matrix has a row and a column for each
    image: 400 MB for 10 000 images, 10 GB for 50 000. Compare the first rows alone, or
    write the same number without the matrix: this one is `mean((sᵀ @ s)²)` up to a factor.

        metrics:
          alike: mean((s[:5000] @ s[:5000]ᵀ)²)
    """

    code = "KD421"
    title = "the metric `{name}` holds a matrix of {size}"
    label = "each of {tests} test images with each"
    help = "compare fewer rows: `v[:5000]` takes the first 5000"
    severity = "warning"

    name: str
    size: str
    tests: int


@dataclass(frozen=True, kw_only=True)
class EmptyLoss(Diagnostic):
    """Every term of the loss has weight zero, so that nothing is left to minimise.

    kdgraph run kd --set α=0 --set γ=0
    """

    code = "KD418"
    title = "nothing is left of the loss: every term has weight zero"
    help = "give at least one term another weight"


@dataclass(frozen=True, kw_only=True)
class AllFrozen(Diagnostic):
    """Nothing of what a stage trains asks for a gradient, so that no step could change anything.

    A parameter with `requires_grad=False` stays as it is: freezing a part of the student is
    how it is kept from learning. Here nothing else is left:

        student.requires_grad_(False)
        models = {"teacher": teacher, "student": student}
        kdgraph.compile("kd", models=models, sample=x)
    """

    code = "KD420"
    title = "nothing is left to train: no parameter of {parts} asks for a gradient"
    help = "set `requires_grad=True` on what is to learn, before compiling"

    parts: str


@dataclass(frozen=True, kw_only=True)
class SharedWeights(Diagnostic):
    """Two models share a parameter that one of them trains, while the other is frozen.

    The frozen one would move. Give each a copy of its own, as `copy.deepcopy(model)` makes one.
    A student may stand on the teacher's weights, as adapters do, where it does not train them:

        teacher.requires_grad_(False)
        models = {"teacher": teacher, "student": WithAdapters(teacher)}

    A student that learns from itself needs no second model: `detach(student(a).logits)`
    is what it says of another view, held constant.
    """

    code = "KD419"
    title = "`{trained}` is trained and `{frozen}` is frozen, but they share `{parameter}`"
    help = (
        "give one of them a copy: `copy.deepcopy(…)`\n"
        "or do not train what they share: `requires_grad_(False)`"
    )

    trained: str
    frozen: str
    parameter: str


@dataclass(frozen=True, kw_only=True)
class SharedBuffers(Diagnostic):
    """A model in train mode moves a buffer that another model holds as well.

    Batch norm in train mode moves its running statistics. A student that stands on the teacher's
    layers, as adapters do, would change the teacher with each batch. Hold it in eval mode, by its
    stage or in its own `train()`, or give it a copy of these layers:

        stages:
          - {name: student, trains: [student], mode: {student: eval}}
    """

    code = "KD440"
    title = "`{moving}` runs in train mode and moves `{buffer}`, which `{other}` shares"
    help = (
        "hold it in eval mode, `mode: {{{moving}: eval}}` in its stage\n"
        "or give one of them a copy: `copy.deepcopy(…)`"
    )

    moving: str
    other: str
    buffer: str
