"""KD33x: questions on the command line that name something that is not there."""

from __future__ import annotations

from dataclasses import dataclass

from kdgraph.lang.diagnostics import Diagnostic


@dataclass(frozen=True, kw_only=True)
class UnknownTopic(Diagnostic):
    """`kdgraph explain` was asked about something that it does not know.

    It explains words (`kl`), functions of the library (`kd`), recipes (`icd`), mistakes
    (`KD201`), networks (`resnet20`), data sets (`cifar10`), settings (`digits`) and sections
    of the language (`recipe`, `stages`, `views`, `taps`). `kdgraph list` names them all.
    """

    code = "KD331"
    title = "nothing to explain is called `{name}`"
    help = "{advice}"

    name: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class UnknownStage(Diagnostic):
    """`--stage` names a stage that the recipe does not have.

    A recipe without `stages:` has one, which is called `student`.
    """

    code = "KD332"
    title = "the recipe has no stage `{name}`"
    help = "{advice}"

    name: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class UnwritableFile(Diagnostic):
    """A file that a command was asked to write can't be written.

    The folder is missing rights, the disk is full, or the name is that of a folder.
    """

    code = "KD333"
    title = "can't write `{path}`: {reason}"
    help = "choose another file with `-o`"

    path: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class UnknownList(Diagnostic):
    """`kdgraph list` was asked for a kind of thing that it does not know.

    kdgraph list words        the vocabulary
    kdgraph list recipes      the methods that travel with kdgraph
    """

    code = "KD334"
    title = "there is no list of `{name}`"
    help = "{advice}"

    name: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class UnknownOption(Diagnostic):
    """A command was given an option that it does not have.

    What belongs to a recipe or to a setting has no option of its own: each value of either is
    given by its name, and a setting as a whole by `--on`:

        kdgraph run kd --on cifar100 --set train.epochs=3 --set T=2
        kdgraph run kd --set models.student=resnet8 --set train.lr=0.01
    """

    code = "KD335"
    title = "`kdgraph {command}` has no option `{name}`"
    help = "{advice}"

    command: str
    name: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class UnknownCommand(Diagnostic):
    """The first word after `kdgraph` is none of its commands.

    `kdgraph --help` names them.
    """

    code = "KD336"
    title = "kdgraph has no command `{name}`"
    help = "{advice}"

    name: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class MissingValue(Diagnostic):
    """`--set` is followed by one word: a name, `=` and a value, without spaces between them.

        kdgraph run kd --set T=2 --set train.epochs=3

    A value with spaces or brackets is put in quotes: `--set 's=normalize(student.features)'`.
    """

    code = "KD337"
    title = "`--set {word}` does not say which value"
    help = "write `--set {name}=…`, in one word"

    word: str
    name: str
