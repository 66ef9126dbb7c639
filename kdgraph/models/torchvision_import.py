"""Import torchvision, or say what to install where it does not fit this PyTorch."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.models import LibraryMissing, TorchvisionBroken
from kdgraph.lang.source import Span


def import_torchvision(wanted: str = "this recipe", *, span: Span | None = None) -> ModuleType:
    """The module torchvision.

    Its compiled half is built against one build of PyTorch. Beside another, importing it
    fails with "operator torchvision::nms does not exist", and a second try fails in yet
    other words, since parts of the first are left behind.

    Args:
        wanted: what needs it, for the message: "`torchvision:resnet18`", "the data `cifar10`".
        span: where that is written, for the caret.

    Raises:
        RecipeError: torchvision is missing, or was built for another PyTorch.
    """
    try:
        return import_module("torchvision")
    except ModuleNotFoundError as error:
        if error.name != "torchvision":
            raise
        missing = LibraryMissing(
            wanted=wanted, library="torchvision", package="torchvision", span=span
        )
        raise RecipeError(missing) from None
    except (AttributeError, ImportError, OSError, RuntimeError) as error:
        broken = TorchvisionBroken(
            torchvision=_version("torchvision"),
            torch=_version("torch"),
            reason=str(error).strip().partition("\n")[0],
            span=span,
        )
        raise RecipeError(broken) from error


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "of unknown version"
