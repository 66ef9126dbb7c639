"""KD1xx: the text itself, before any name in it means something."""

from __future__ import annotations

from dataclasses import dataclass

from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.source import Span


@dataclass(frozen=True, kw_only=True)
class UnexpectedWord(Diagnostic):
    """The expression can't go on with what stands here.

    An expression is arithmetic over names, taps and calls:

        loss: sup + 0.9·kd(teacher.logits ‖ student.logits, T=4)

    Here a sign is missing before the word, or the word is one too many.
    """

    code = "KD101"
    title = "`{found}` can't stand here"
    label = "expected {expected}"
    help = "{advice}"

    found: str
    expected: str
    advice: str = "write a sign such as `·` or `+` before it, or take it out"


@dataclass(frozen=True, kw_only=True)
class EndsEarly(Diagnostic):
    """The expression stops where something must follow.

        loss: sup + λ·

    A sign needs a value on both sides, and YAML ends a plain value at ` #` and at a
    line that is indented less.
    """

    code = "KD102"
    title = "the expression ends too early"
    label = "expected {expected}"
    help = "{advice}"

    expected: str
    advice: str = "finish the expression, or take the last sign out"


@dataclass(frozen=True, kw_only=True)
class UnknownCharacter(Diagnostic):
    """A character that no expression uses.

    The signs of the language are `+ - · * / ^ ² ³ @ ᵀ ‖ | Σ ( ) [ ] , : = < >` and dots
    in numbers and taps. Curly quotes and other dashes often come from a word processor.
    """

    code = "KD103"
    title = "unknown character `{character}` ({words})"
    label = "not part of the language"
    help = "{advice}"

    character: str
    words: str
    advice: str = "take it out, or write the sign that was meant"


@dataclass(frozen=True, kw_only=True)
class UnbalancedBracket(Diagnostic):
    """A bracket without its partner.

        kd: kl(softmax(teacher.logits ‖ softmax(student.logits))

    Each `(` needs a `)`, each `[` a `]`, and they close in the order they opened.
    """

    code = "KD104"
    title = "`{bracket}` has no partner"
    label = "{words}"
    help = "{advice}"

    bracket: str
    words: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class TooDeep(Diagnostic):
    """An expression or a file is nested deeper than a person could read.

    Depth is bounded so that a hostile file can't exhaust the machine. Give a name in
    `where` to a part of the expression.
    """

    code = "KD105"
    title = "nested more than {limit} levels deep"
    label = "here"
    help = "{advice}"

    limit: int
    advice: str = "give inner parts names of their own in `where`"


@dataclass(frozen=True, kw_only=True)
class TooLong(Diagnostic):
    """A file or an expression is longer than a person would write.

    Length is bounded so that a hostile file can't exhaust the machine. Give names in `where`
    to parts of a long expression.
    """

    code = "KD106"
    title = "{what} of more than {limit} letters"
    label = "starts here"
    help = "write a shorter one, in parts that have names of their own in `where`"

    what: str
    limit: int


@dataclass(frozen=True, kw_only=True)
class TooManyFiles(Diagnostic):
    """A recipe extends and uses others, these use more, and in the end there are too many.

    A file counts each time that it is read. Ten levels of recipes that each use five of the next
    would be ten million.
    """

    code = "KD120"
    title = "more than {limit} recipes are read for this one"
    label = "one too many"
    help = "use and extend fewer recipes: name those that are needed where they are needed"

    limit: int


@dataclass(frozen=True, kw_only=True)
class NotYaml(Diagnostic):
    """The file is not the YAML that a recipe is written in.

    A recipe is a mapping of sections, `loss: …`, `where: …`, indented by spaces. A value
    that starts with one of ``[ { ` @ % | > ' "`` or holds `: ` must stand in quotes or
    after `|`.
    """

    code = "KD110"
    title = "not valid YAML: {problem}"
    label = "{context}"
    help = "{advice}"

    problem: str
    context: str = "here"
    advice: str = "indent with spaces, and put an expression that starts with a sign in quotes"


@dataclass(frozen=True, kw_only=True)
class DuplicateKey(Diagnostic):
    """One name is given two values.

        where:
          T: 4
          T: 2

    Plain YAML would silently keep the last one.
    """

    code = "KD111"
    title = "`{key}` is given twice"
    label = "given again here"
    help = "keep one of the two"

    key: str
    first: Span

    def labels(self) -> list[tuple[Span, str]]:
        """The second place, and the first."""
        return [*super().labels(), (self.first, "first given here")]


@dataclass(frozen=True, kw_only=True)
class TagRefused(Diagnostic):
    """YAML tags (`!name`) are refused: a recipe is data and cannot run code."""

    code = "KD112"
    title = "YAML tags such as `{tag}` are not part of a recipe"
    label = "a tag"
    help = "take the tag out; an expression that starts with `!` must be quoted"

    tag: str


@dataclass(frozen=True, kw_only=True)
class AliasRefused(Diagnostic):
    """YAML anchors and aliases are not used in recipes: names in `where` do their work.

    a: &x 3        # YAML takes `&x` out of the value, silently
    b: *x
    """

    code = "KD113"
    title = "YAML anchors and aliases (`&`, `*`) are not part of a recipe"
    label = "YAML reads this as an anchor or an alias"
    help = "name the value in `where` and use the name; quote an expression that holds `&` or `*`"


@dataclass(frozen=True, kw_only=True)
class LostToYaml(Diagnostic):
    """YAML took part of an expression away before kdgraph could read it.

    Inside braces a comma ends the value, and ` #` starts a comment everywhere:

        where: {kd: kd(teacher.logits, student.logits)}

    is read as `kd: kd(teacher.logits` and a key `student.logits)`. Quotes keep it whole.
    """

    code = "KD114"
    title = "YAML cuts this expression {where}"
    label = "the expression ends here for YAML"
    help = "{advice}"

    where: str
    advice: str = 'put the whole expression in quotes: "…"'


@dataclass(frozen=True, kw_only=True)
class WrongShape(Diagnostic):
    """A section holds another kind of value than it takes.

        where: kd(teacher.logits, student.logits)

    `where` takes names with expressions, one on each line; `stages` takes a list;
    `loss` takes one expression.
    """

    code = "KD115"
    title = "`{key}` takes {expected}, not {found}"
    label = "{found}"
    help = "{advice}"

    key: str
    expected: str
    found: str
    advice: str = "see `kdgraph explain recipe`"


@dataclass(frozen=True, kw_only=True)
class UnreadableFile(Diagnostic):
    """The file can't be read as UTF-8 text, or is not there."""

    code = "KD116"
    title = "can't read `{path}`: {reason}"
    help = "{advice}"

    path: str
    reason: str
    advice: str = "check the path; `kdgraph list recipes` names the recipes that ship with kdgraph"


@dataclass(frozen=True, kw_only=True)
class ControlCharacter(Diagnostic):
    """A character that no text file should hold, such as a NUL."""

    code = "KD117"
    title = "the file holds the character {name}, which no recipe may hold"
    label = "here"
    help = "save the file again as plain UTF-8 text"

    name: str


@dataclass(frozen=True, kw_only=True)
class NotANumber(Diagnostic):
    """A place that takes a number is given something that does not come to one.

        train: {epochs: "epochs/0"}

    Durations are arithmetic on numbers and `epochs`; a value of the loss can't stand there.
    """

    code = "KD118"
    title = "`{words}` does not come to a number"
    label = "not a number"
    help = "write arithmetic on numbers, as in `epochs/6`"

    words: str


@dataclass(frozen=True, kw_only=True)
class WrongValue(Diagnostic):
    """A key of a setting, or of `train:`, is given a value that it does not take."""

    code = "KD119"
    title = "`{key}` takes {expected}"
    label = "{found}"
    help = "{advice}"

    key: str
    expected: str
    found: str
    advice: str = "`kdgraph explain setting` shows every key"
