"""Mistakes about networks that a plugin adds: KD645 to KD648, KD662, KD622 and KD623."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kdgraph.lang.diagnostics import Diagnostic


@dataclass(frozen=True, kw_only=True)
class NetworkTaken(Diagnostic):
    """A plugin adds a network under a name that another network has.

    The name of a network is the name of the function that builds it. Nothing is overwritten,
    or a setting would mean something else wherever that plugin is loaded.
    """

    code: ClassVar[str] = "KD645"
    title: ClassVar[str] = "the network `{name}` of `{origin}` has a name that is taken"
    label: ClassVar[str] = "taken"
    help: ClassVar[str] = "`{name}` is {other}; give the function another name"

    name: str
    origin: str
    other: str


@dataclass(frozen=True, kw_only=True)
class NetworkSignature(Diagnostic):
    """A function with `@kdgraph.network` can't be called as networks are built.

    It is given the number of classes, and the channels of the images by name:

        @kdgraph.network
        def mynet(classes, *, channels=3):
            return MyNet(channels, classes)
    """

    code: ClassVar[str] = "KD646"
    title: ClassVar[str] = "`{name}` can't be called as `{name}(10, channels=3)`"
    label: ClassVar[str] = "{reason}"
    help: ClassVar[str] = "{reason}\nwrite `def {name}(classes, *, channels=3)` in `{origin}`"

    name: str
    origin: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class NotANetwork(Diagnostic):
    """A function with `@kdgraph.network` gave something that is no network.

    It has to return an `nn.Module` that takes images (b, c, h, w) and gives logits
    (b, classes).
    """

    code: ClassVar[str] = "KD647"
    title: ClassVar[str] = "`{name}` gave {found}"
    label: ClassVar[str] = "a network of `{origin}`"
    help: ClassVar[str] = "return an `nn.Module` with {classes} logits from it, in `{origin}`"

    name: str
    origin: str
    found: str
    classes: int


@dataclass(frozen=True, kw_only=True)
class NetworkWrapped(Diagnostic):
    """A network was compiled, scripted or wrapped before it was given to kdgraph.

    Values are taken out of the network as it runs, from any module inside. A compiled network
    runs without its modules, or anew for each shape, and one that is wrapped for several devices
    hides them. The step holds the loss as well: compile or wrap that.

        step = kdgraph.compile("kd", models=models, sample=x)
        step.compile()                        # in place of torch.compile(student)
        step = DistributedDataParallel(step)  # in place of one around the student
    """

    code: ClassVar[str] = "KD662"
    title: ClassVar[str] = "`{network}` is {how}"
    label: ClassVar[str] = "{how}"
    help: ClassVar[str] = "{advice}"

    network: str
    how: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class NoValues(Diagnostic):
    """A network has weights on the meta device: they have a shape and no values.

    So it is where a network was built under `torch.device("meta")` and its weights were not
    loaded, or only some of them were. Give the others room, then values:

        network.to_empty(device="cpu")
        network.load_state_dict(torch.load("weights.pt"))
    """

    code: ClassVar[str] = "KD622"
    title: ClassVar[str] = "`{weight}` of `{network}` has no values: it is on the meta device"
    label: ClassVar[str] = "without values"
    help: ClassVar[str] = "load its weights before: `load_state_dict(…, assign=True)`"

    network: str
    weight: str


@dataclass(frozen=True, kw_only=True)
class TapComplex(Diagnostic):
    """A tap gives complex numbers, and losses are of real ones.

    Weights may be complex, as those of layers that work on Fourier coefficients. Tap a module
    whose output is real, or let the network give an absolute value, or the real and the
    imaginary part side by side.
    """

    code: ClassVar[str] = "KD623"
    title: ClassVar[str] = "`{path}` of `{network}` gives complex numbers"
    label: ClassVar[str] = "{dtype}"
    help: ClassVar[str] = "tap a real value, such as `v.abs()` of it in the network"

    network: str
    path: str
    dtype: str


@dataclass(frozen=True, kw_only=True)
class WrongAlias(Diagnostic):
    """A plugin says what an alias means in its network, in a way that can't be.

    `logits`, `features` and `stem` are one path each, `maps` and `preact` a tuple of them. A
    path is the name of a module, or of its input:

        @kdgraph.network(aliases={"features": "fc.input", "maps": ("l1", "l2")})
    """

    code: ClassVar[str] = "KD648"
    title: ClassVar[str] = "the alias `{alias}` of the network `{name}` can't be used"
    label: ClassVar[str] = "a network of `{origin}`"
    help: ClassVar[str] = "{reason}; see `aliases=` in `{origin}`"

    name: str
    origin: str
    alias: str
    reason: str
