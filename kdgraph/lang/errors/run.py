"""Mistakes of a run: its protocol, its folder, its checkpoints, its devices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kdgraph.lang.diagnostics import Diagnostic


@dataclass(frozen=True, kw_only=True)
class NonFinite(Diagnostic):
    """A loss or its gradient became infinite or not a number, and the run was stopped.

    From that step on no weight and no memory was changed, and no checkpoint was written, so
    the newest checkpoint holds finite numbers. Usual reasons: a learning rate too high for the
    batch, a logarithm or a division that meets zero, a temperature that a schedule drives to
    zero. Try one of

        kdgraph run mine.kd --set train.lr=0.01
        kdgraph run mine.kd --set train.clip=5 --set train.warmup=1
    """

    code: ClassVar = "KD670"
    title: ClassVar = "{culprit} is not finite in epoch {epoch}, step {step}"
    help: ClassVar = (
        "lower `train.lr`, or set `train.clip` or `train.warmup`; "
        "the newest checkpoint was written before this step"
    )

    term: str
    epoch: int
    step: int

    @property
    def culprit(self) -> str:
        """The term in words; a term's name may be its whole source text."""
        return f"`{self.term}`" if self.term else "the gradient"

    def facts(self) -> dict[str, object]:
        """The fields, and the culprit in words."""
        return {**super().facts(), "culprit": self.culprit}


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
    help: ClassVar = "continue it with `--resume`, or name another folder with `--out`"

    folder: str
    state: str


@dataclass(frozen=True, kw_only=True)
class NothingToResume(Diagnostic):
    """`--resume` was asked for, but there is no run to continue.

    The run's folder is `runs/<recipe>` unless `--out` names another one. Leave `--resume` out
    to begin a run.
    """

    code: ClassVar = "KD676"
    title: ClassVar = "no run to resume in `{folder}`"
    help: ClassVar = "leave out `--resume`, or name the run's folder with `--out`"

    folder: str


@dataclass(frozen=True, kw_only=True)
class WorldMismatch(Diagnostic):
    """The number of devices asked for is not the number of processes that were started.

    Under `torchrun`, the launcher decides: leave `--devices` out, or give the same number. A
    job that silently ran as several jobs of one device each would train the wrong thing.
    """

    code: ClassVar = "KD677"
    title: ClassVar = "`--devices {devices}`, but the launcher started {world} process(es)"
    help: ClassVar = "leave out `--devices` under `torchrun`, or give it {world}"

    devices: int
    world: int


@dataclass(frozen=True, kw_only=True)
class NoSuchDevice(Diagnostic):
    """The device asked for is not on this machine, or torch was installed without it.

    `--device auto` takes a CUDA device where there is one and the CPU elsewhere. A CPU build
    of torch sees no GPU: `python -c "import torch; print(torch.version.cuda)"` prints `None`.
    """

    code: ClassVar = "KD678"
    title: ClassVar = "no device `{device}` here"
    help: ClassVar = "use `--device auto`; devices here: {available}"

    device: str
    available: str


@dataclass(frozen=True, kw_only=True)
class UnknownPart(Diagnostic):
    """`train.groups` gives settings to a part that this stage does not train.

    A key is a model, a module, a learned scalar or a layer or parameter inside one of them
    (`student.fc`); `vectors` means all parameters of at most one axis (biases and norms).
    Where several keys fit a parameter, the narrowest wins:

        train:
          groups: {student: {lr: 0.01}, vectors: {weight_decay: 0}}
    """

    code: ClassVar = "KD679"
    title: ClassVar = "`train.groups` names `{part}`, which this stage does not train"
    help: ClassVar = "{hint}trained here: {trained}"

    part: str
    hint: str
    trained: str


@dataclass(frozen=True, kw_only=True)
class NoBatches(Diagnostic):
    """An epoch has not a single batch.

    `drop_last` leaves out a batch that is not full, so a data set smaller than one batch gives
    none; a batch of one example is always left out, since batch norm cannot train on it.
    """

    code: ClassVar = "KD680"
    title: ClassVar = "{examples} example(s) give no batch of {batch}"
    help: ClassVar = "take more examples or a smaller `train.batch`, or leave out `train.drop_last`"

    examples: int
    batch: int


@dataclass(frozen=True, kw_only=True)
class BatchOfOne(Diagnostic):
    """Batch norm cannot train on a batch of one.

    It divides by how much the images of a batch differ, and one image does not differ from
    itself. A short last batch of one is left out for this reason; where every batch is that
    small nothing would be left. On several ranks each of them needs two images.
    """

    code: ClassVar = "KD699"
    title: ClassVar = "batch norm cannot train on batches of {batch}"
    help: ClassVar = (
        "write `--set train.batch={fewest}` or more, or take a network without batch norm"
    )

    batch: int
    fewest: int


@dataclass(frozen=True, kw_only=True)
class UnevenBatch(Diagnostic):
    """The batch cannot be shared out evenly among the ranks.

    `train.batch` counts the examples of one step over all ranks, so that a recipe means the
    same on one device and on eight. Every rank takes the same number of rows.
    """

    code: ClassVar = "KD681"
    title: ClassVar = "a batch of {batch} cannot be split evenly among {world} ranks"
    help: ClassVar = "make `train.batch` a multiple of {world}"

    batch: int
    world: int


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
class BadProtocolValue(Diagnostic):
    """A value under `train:` is not one the training can use.

    Numbers may be expressions of `epochs` (and `lr` and `weight_decay` of `batch`, too).
    A duration below 1 is a share of the epochs, an expression that contains `epochs` or a
    number from 1 on counts epochs:

        train: {epochs: 240, drops: [5/8, 3/4, 210], warmup: epochs/24}
    """

    code: ClassVar = "KD683"
    title: ClassVar = "`train.{field}` is `{found}`"
    help: ClassVar = "it must be {wanted}"

    field: str
    found: str
    wanted: str


@dataclass(frozen=True, kw_only=True)
class NothingTrained(Diagnostic):
    """A stage has no parameter to train.

    A stage trains the models, modules and scalars that its `trains:` names, by default the
    student and all that the loss reaches. A stage that only makes a table says `compute:`.
    """

    code: ClassVar = "KD684"
    title: ClassVar = "stage `{stage}` trains no parameter"
    help: ClassVar = "name what it trains with `trains: [student]`"

    stage: str


@dataclass(frozen=True, kw_only=True)
class UnevenEpoch(Diagnostic):
    """The last batch of an epoch cannot be shared out evenly, so a few examples sit out.

    Every rank takes the same number of rows. The examples left out differ from epoch to epoch,
    since each epoch has an order of its own.
    """

    code: ClassVar = "KD685"
    title: ClassVar = "{left} example(s) of each epoch sit out, to give {world} ranks equal rows"
    help: ClassVar = "choose a batch that leaves a remainder divisible by {world} to use them all"
    severity: ClassVar = "warning"

    left: int
    world: int


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
