"""Mistakes of a run: its numbers, its protocol, its devices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kdgraph.lang.diagnostics import Diagnostic


@dataclass(frozen=True, kw_only=True)
class NonFinite(Diagnostic):
    """A loss, its gradient, or what training keeps became infinite or not a number.

    What training keeps are weights, running statistics of batch norm, memory, and the state of
    the optimiser; a loss may stay finite while these do not. The run was stopped: from that step
    on no weight and no memory was changed, and no checkpoint was written, so the newest
    checkpoint holds finite numbers. Usual reasons: a learning rate too high for the
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
class RankDied(Diagnostic):
    """One of the processes of a run was ended from outside, and the others with it.

    `SIGKILL` is what the system ends a process with when memory has run out (its log says so),
    and what a scheduler ends a job with. Nothing is lost but the steps since the last checkpoint:

        kdgraph run mine.kd --devices 2 --resume
    """

    code: ClassVar = "KD697"
    title: ClassVar = "rank {rank} of {world} was ended by {signal}"
    help: ClassVar = "`--resume` goes on from the newest checkpoint; is there enough memory?"

    rank: int
    world: int
    signal: str


@dataclass(frozen=True, kw_only=True)
class LostContact(Diagnostic):
    """Another process of this run has ended, or the network to it is down.

    Why it ended is said by that process, or by the launcher. Nothing is lost but the steps since
    the last checkpoint: the same command with `--resume` goes on from there.
    """

    code: ClassVar = "KD698"
    title: ClassVar = "rank {rank} of {world} has lost contact with the others"
    help: ClassVar = "see why another one has ended; `--resume` goes on from the newest checkpoint"

    rank: int
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
