"""Mistakes about networks and their weights: KD640 to KD669."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kdgraph.lang.diagnostics import Diagnostic


@dataclass(frozen=True, kw_only=True)
class UnknownNetwork(Diagnostic):
    """A setting names a network that is not in the zoo.

    Names without a colon are networks of the zoo, written exactly as in the papers'
    code: `resnet8x4`, `wrn_40_2`, `MobileNetV2`. Networks of other libraries carry the
    library's name in front:

        models: {teacher: torchvision:resnet50, student: timm:convnext_atto}
    """

    code: ClassVar[str] = "KD640"
    title: ClassVar[str] = "no network is called `{name}`"
    label: ClassVar[str] = "not a network of the zoo"
    help: ClassVar[str] = (
        "{near}\n`torchvision:{name}` and `timm:{name}` are networks of those libraries, where "
        "they have one of that name; `kdgraph list models` shows the zoo"
    )

    name: str
    near: str


@dataclass(frozen=True, kw_only=True)
class UnknownLibrary(Diagnostic):
    """What stands in front of the colon is not a library that networks come from.

    A network is a name of the zoo (`resnet20`), `torchvision:NAME` or `timm:NAME`.
    """

    code: ClassVar[str] = "KD641"
    title: ClassVar[str] = "networks do not come from `{library}`"
    label: ClassVar[str] = "not a library of networks"
    help: ClassVar[str] = "{near}\nwrite `torchvision:{name}` or `timm:{name}`"

    library: str
    name: str
    near: str


@dataclass(frozen=True, kw_only=True)
class UnknownLibraryNetwork(Diagnostic):
    """The library that is named has no such network for classifying images.

    `torchvision:NAME` takes the names of `torchvision.models.list_models`, of which only
    the classification networks are meant; `timm:NAME` takes those of `timm.list_models`.
    """

    code: ClassVar[str] = "KD642"
    title: ClassVar[str] = "{library} has no classification network `{name}`"
    label: ClassVar[str] = "not a name of {library} {version}"
    help: ClassVar[str] = "{near}\n`{lister}` lists the names"

    library: str
    version: str
    name: str
    near: str
    lister: str


@dataclass(frozen=True, kw_only=True)
class LibraryMissing(Diagnostic):
    """A network is asked for whose library is not installed.

    timm is an extra of kdgraph, because most recipes do without it.
    """

    code: ClassVar[str] = "KD643"
    title: ClassVar[str] = "{wanted} needs {library}, which is not installed"
    label: ClassVar[str] = "needs {library}"
    help: ClassVar[str] = "run `pip install {package}`"

    wanted: str
    library: str
    package: str


@dataclass(frozen=True, kw_only=True)
class TorchvisionBroken(Diagnostic):
    """torchvision is installed but does not import beside this PyTorch.

    Both hold compiled code, and one was built for another build of the other: most often
    a PyTorch for processors only beside a torchvision for CUDA. Importing then fails with
    "operator torchvision::nms does not exist". Install the two together, from one index.
    """

    code: ClassVar[str] = "KD644"
    title: ClassVar[str] = "torchvision {torchvision} does not work with torch {torch}"
    label: ClassVar[str] = "needs torchvision"
    help: ClassVar[str] = (
        "importing it says: {reason}\n"
        "install both together: `pip install --force-reinstall torch torchvision`\n"
        "without a GPU: `pip install --force-reinstall torch torchvision "
        "--index-url https://download.pytorch.org/whl/cpu`"
    )

    torchvision: str
    torch: str
    reason: str
