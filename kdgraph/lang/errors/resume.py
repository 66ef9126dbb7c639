"""Mistakes of what a run keeps: its folder, its checkpoints, and going on from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kdgraph.lang.diagnostics import Diagnostic


@dataclass(frozen=True, kw_only=True)
class OtherRun(Diagnostic):
    """The checkpoint was written by another recipe, protocol or seed.

    A run continues bit for bit, which needs the very graph, protocol and seed that began it.
    Start a new run for a changed recipe; its folder gets a name of its own:

        kdgraph run mine.kd --set train.epochs=480
    """

    code: ClassVar = "KD671"
    title: ClassVar = "the checkpoint in `{folder}` belongs to another {what}"
    help: ClassVar = (
        "resume with the {what} it began with (`{saved}`, now `{found}`), or start a new run"
    )

    folder: str
    what: str
    saved: str
    found: str


@dataclass(frozen=True, kw_only=True)
class BrokenCheckpoint(Diagnostic):
    """A checkpoint cannot be read: a file is missing, cut short or changed.

    Checkpoints are written beside the old one and renamed when complete, so this is not
    the trace of a kill; a disk error or an edited file is. The last two are kept, and the
    older one is taken when only the newer one is broken.
    """

    code: ClassVar = "KD672"
    title: ClassVar = "the checkpoint `{path}` cannot be read: {reason}"
    help: ClassVar = "put it back from a copy, or start without `--resume`; no other is whole"

    path: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class SkippedCheckpoint(Diagnostic):
    """The newest checkpoint cannot be read, so the one before it is used.

    Nothing is lost but the time between the two: the steps are done again, in the same order
    and with the same random draws.
    """

    code: ClassVar = "KD673"
    title: ClassVar = "the checkpoint `{path}` cannot be read and is passed over: {reason}"
    help: ClassVar = "the run continues from the checkpoint before it"
    severity: ClassVar = "warning"

    path: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class OtherMachine(Diagnostic):
    """The run continues under another number of threads, ranks, or another version.

    It is right but not the same to the last bit: sums are taken in another order. To continue
    bit for bit, resume under the circumstances that the message names.
    """

    code: ClassVar = "KD674"
    title: ClassVar = "the run began with {what} {saved} and continues with {found}"
    help: ClassVar = "results will be equal in kind but not bit for bit"
    severity: ClassVar = "warning"

    what: str
    saved: str
    found: str


@dataclass(frozen=True, kw_only=True)
class RunExists(Diagnostic):
    """The folder named by `--out` already holds a run.

    A run is never written over another one. Continue it with `--resume`, or name another
    folder. Without `--out`, a free name is found: `runs/kd`, `runs/kd-2`, …
    """

    code: ClassVar = "KD675"
    title: ClassVar = "`{folder}` already holds {state}"
    help: ClassVar = "{advice}"

    folder: str
    state: str
    advice: str = "continue it with `--resume`, or name another folder with `--out`"


@dataclass(frozen=True, kw_only=True)
class NothingToResume(Diagnostic):
    """`--resume` was asked for, but there is no run to continue.

    The run's folder is `runs/<recipe>` unless `--out` names another one. Leave `--resume` out
    to begin a run.
    """

    code: ClassVar = "KD676"
    title: ClassVar = "no run to resume in `{folder}`"
    help: ClassVar = "{advice}"

    folder: str
    advice: str = "leave out `--resume`, or name the run's folder with `--out`"


@dataclass(frozen=True, kw_only=True)
class BrokenWeights(Diagnostic):
    """Weights kept from an earlier run cannot be read, so they are trained again.

    Weights that a recipe asks to `train` are kept in the cache folder (`KDGRAPH_CACHE`, else
    the platform's own) under a hash of everything that determines them. A file that does not
    have its recorded checksum is never used.
    """

    code: ClassVar = "KD682"
    title: ClassVar = "the kept weights in `{path}` cannot be used: {reason}"
    help: ClassVar = "they are trained again now; nothing needs to be done"
    severity: ClassVar = "warning"

    path: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class BrokenTable(Diagnostic):
    """A table kept from an earlier run cannot be read, so it is computed again.

    What a stage computes (`compute:`) is kept in the cache folder (`KDGRAPH_CACHE`, else the
    platform's own) under a hash of everything that determines it. A file that does not have
    its recorded checksum is never used.
    """

    code: ClassVar = "KD688"
    title: ClassVar = "the kept table in `{path}` cannot be used: {reason}"
    help: ClassVar = "it is computed again now; nothing needs to be done"
    severity: ClassVar = "warning"

    path: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class BrokenRunFile(Diagnostic):
    """A file of a run's folder cannot be read: it is cut short, or was edited.

    `config.yaml` says what the run was begun with, and a run goes on as nothing else.
    `result.json` says that a run is finished; without it the end is measured again, from the
    checkpoints.
    """

    code: ClassVar = "KD686"
    title: ClassVar = "`{path}` cannot be read: {reason}"
    help: ClassVar = "{advice}"

    path: str
    reason: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class RunInUse(Diagnostic):
    """Another process is training in the folder of this run.

    Two would write over one another's checkpoints. The folder is free again as soon as the other
    process ends, however it ends.
    """

    code: ClassVar = "KD687"
    title: ClassVar = "another process is running in `{folder}`"
    help: ClassVar = "wait until it ends, or begin another run without `--resume`"

    folder: str
