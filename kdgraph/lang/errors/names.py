"""KD3xx: names that mean nothing here, or mean two things."""

from __future__ import annotations

from dataclasses import dataclass

from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.source import Span


@dataclass(frozen=True, kw_only=True)
class UnknownName(Diagnostic):
    """An expression uses a name that nothing defines.

    A value is a name of `where`, a view, a model (`teacher`, `student`), a source
    (`x y i epoch epochs step`) or a size (`classes`, `examples`). Define it:

        where:
          λ: 0.5
    """

    code = "KD301"
    title = "nothing is called `{name}`"
    label = "unknown"
    help = "{advice}"

    name: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class UnknownFunction(Diagnostic):
    """A call names a function that is neither in the language, in `define`, nor in `modules`.

    `kdgraph list` shows the vocabulary. New words come from `define:` in the recipe, from an
    installed plugin, or from `--plugin FILE`.
    """

    code = "KD302"
    title = "no function is called `{name}`"
    label = "unknown"
    help = "{advice}"

    name: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class UnknownKnob(Diagnostic):
    """A call gives a keyword that the function does not take.

    kd: kd(teacher.logits ‖ student.logits, temperature=4)      # the knob is `T`
    """

    code = "KD303"
    title = "`{function}` takes no `{knob}`"
    label = "unknown here"
    help = "{advice}"

    function: str
    knob: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class UnknownView(Diagnostic):
    """A model is applied to a name that is neither a view nor a value."""

    code = "KD304"
    title = "no view is called `{name}`"
    label = "unknown view"
    help = "{advice}"

    name: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class UnknownModel(Diagnostic):
    """A tap names a model that the setting does not have.

    The models are those of the setting's `models:` section, or of `models=` in a call of
    `kdgraph.compile`. One more is said by `--set models.a1=resnet20`, or in the setting; where
    that says `spare: true` it is there only for the recipes that name it.
    """

    code = "KD305"
    title = "no model is called `{name}`"
    label = "unknown model"
    help = "{advice}"

    name: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class UnknownKey(Diagnostic):
    """A section has a key that it does not take; a mistyped key is never ignored."""

    code = "KD306"
    title = "{section} takes no key `{key}`"
    label = "unknown key"
    help = "{advice}"

    section: str
    key: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class UnknownSetting(Diagnostic):
    """`setting:` or `--on` names a setting that is not there.

    A setting is a file `<name>.yaml` with `data`, `models` and `train`; those that travel
    with kdgraph are found by name, your own by path.
    """

    code = "KD307"
    title = "no setting is called `{name}`"
    label = "not found"
    help = "{advice}"

    name: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class UnknownRecipe(Diagnostic):
    """`extends:`, `use:` or the command line names a recipe that is not there."""

    code = "KD308"
    title = "no recipe is called `{name}`"
    label = "not found"
    help = "{advice}"

    name: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class UnknownPart(Diagnostic):
    """A stage trains something that the recipe does not have.

        stages: [{name: head, trains: [hed]}]

    A stage trains models, modules of `modules:` or `where`, and learned scalars.
    """

    code = "KD309"
    title = "stage `{stage}` trains `{name}`, which this recipe does not have"
    label = "nothing to train"
    help = "{advice}"

    stage: str
    name: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class NameClash(Diagnostic):
    """One name is defined in two places that would hide each other.

    A name of `where` can't be that of a view, a model or a source as well.
    """

    code = "KD320"
    title = "`{name}` already is {what}"
    label = "defined again here"
    help = "give one of the two another name"

    name: str
    what: str


@dataclass(frozen=True, kw_only=True)
class OnlyInModules(Diagnostic):
    """A word that stands for several modules, one for each map of a model, needs a name.

        where:
          z: branches(student, 10)

    In `modules:` it has one, and each of its modules is applied to its own map:

        modules: {h: "branches(student, 10)"}
        where:
          z: h[0](student.maps[0])
    """

    code = "KD351"
    title = "`{word}` makes a module for each map of a model, and is named in `modules:`"
    label = "has no name here"
    help = (
        "write it in `modules:`, as in `h: {word}(student, 10)`, and `h[0](student.maps[0])` here"
    )

    word: str


@dataclass(frozen=True, kw_only=True)
class HiddenWord(Diagnostic):
    """A word of a plugin has the name of something that the language or its library has already.

        @primitive
        def kd(z: Logits[Tensor, "b k"]) -> Scalar: ...

    A recipe that calls `kd` means the library's, and would never reach the plugin's. A function of
    `define:` may have such a name: it holds in its own recipe alone.
    """

    code = "KD350"
    title = "the word `{name}` of `{origin}` is hidden: {what} has this name"
    help = "give the function in Python another name"

    name: str
    origin: str
    what: str


@dataclass(frozen=True, kw_only=True)
class UnusedName(Diagnostic):
    """A name of `where`, `views` or `modules` that no loss reaches. Often a typo elsewhere."""

    code = "KD321"
    title = "`{name}` is never used"
    label = "no loss reaches it"
    help = "use it in `loss`, or delete the line"
    severity = "warning"

    name: str


@dataclass(frozen=True, kw_only=True)
class IdleLoss(Diagnostic):
    """A recipe has a `loss` beside `stages` that each have one of their own.

    A stage minimises its own `loss`; only one without takes the recipe's. Here nothing ever
    minimises `sup`:

        loss: sup
        stages:
          - {name: student, loss: sup + kd}
    """

    code = "KD328"
    title = "no stage minimises `loss`"
    label = "each stage has a loss of its own"
    help = "delete it, or leave `loss` out of the stage that should minimise it"
    severity = "warning"


@dataclass(frozen=True, kw_only=True)
class NotAValue(Diagnostic):
    """A name stands where a value is needed, but is a model, a module, a collection or a record."""

    code = "KD322"
    title = "`{name}` is {what}, not a value"
    label = "{what}"
    help = "{advice}"

    name: str
    what: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class UnknownField(Diagnostic):
    """A record or a recipe in `use` has no field of this name."""

    code = "KD323"
    title = "`{owner}` has no `{name}`"
    label = "unknown"
    help = "{advice}"

    owner: str
    name: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class UnknownOverride(Diagnostic):
    """`--set` names something that neither the recipe nor the setting has.

    Names of the recipe stand alone, those of the setting begin with `data`, `models` or `train`:

        kdgraph run kd --set T=2 --set train.epochs=3 --set models.student=resnet8
    """

    code = "KD324"
    title = "`--set {name}={value}`: there is no `{name}` to set"
    help = "{advice}"

    name: str
    value: str
    advice: str


@dataclass(frozen=True)
class Disagreement(Diagnostic):
    """A recipe of `use` and the one that uses it say different things about the whole step.

    A step has one default view, and one way in which views go through a model. A recipe
    that makes `x` in its own manner can be used where `x` is the same:

        use: [sskd]
        views: {x: sskd.x}
    """

    code = "KD326"
    title = "`{recipe}` and this recipe disagree about {what}"
    label = "used here"
    help = "{advice}"

    recipe: str
    what: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class TwoMeanings(Diagnostic):
    """A function that is defined twice: a word is never overwritten."""

    code = "KD325"
    title = "the function `{name}` is defined twice"
    label = "defined again here"
    help = "give one of the two another name"

    name: str
    first: Span | None = None

    def labels(self) -> list[tuple[Span, str]]:
        """The second place, and the first where it is in a file."""
        return [*super().labels(), *([(self.first, "first defined here")] if self.first else [])]
