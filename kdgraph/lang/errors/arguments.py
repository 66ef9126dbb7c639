"""KD2xx: what a call is given: knobs, arguments, sizes."""

from __future__ import annotations

from dataclasses import dataclass

from kdgraph.lang.diagnostics import Diagnostic


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
class Required(Diagnostic):
    """A number of a call is outside what the function requires.

        kd: kd(teacher.logits ‖ student.logits, T=-4)

    A function of `define:` may say what its arguments must be, as those of the library do:

        soft(t, s, T=4):
          value: T²·kl(softmax(t/T) ‖ softmax(s/T))
          require: T > 0

    Numbers, sizes, the ends of schedules and the starts of learned scalars are compared; what is
    known only while training is not.
    """

    code = "KD231"
    title = "`{function}` requires `{condition}`"
    label = "`{side}` is {value}{when}"
    help = "give it a number for which that holds"

    function: str
    condition: str
    side: str
    value: str
    when: str = ""


@dataclass(frozen=True, kw_only=True)
class NegativeTemperature(Diagnostic):
    """Logits are divided by a number below 0, which turns their order around.

        kd: kl(softmax(teacher.logits/T) ‖ softmax(student.logits/T))   # T: -4

    The least likely class would become the likeliest, for teacher and student alike, and the
    loss would train all the same.
    """

    code = "KD232"
    title = "`{function}` takes logits that are divided by a number not above 0"
    label = "this is {value}{when}"
    help = "a temperature is above 0; to turn the order around on purpose, write `-v/4`"

    function: str
    value: str
    when: str = ""


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
class UnknownSize(Diagnostic):
    """The loss computes with a size that nobody has told.

        step = kdgraph.compile("loss: examples·…", models=…, sample=x)

    On a setting the data tell; `kdgraph.compile` takes `examples=` and `classes=`.
    """

    code = "KD220"
    title = "the size `{words}` is not known"
    label = "needed here"
    help = "give it to `kdgraph.compile`, as in `examples=50000`, or write the number"

    words: str
