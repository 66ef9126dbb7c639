"""Where a run computes, and in what precision."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.run import NoSuchDevice


def choose(name: str = "auto", *, local_rank: int = 0) -> torch.device:
    """The device that `--device` means: `auto` is CUDA where there is one, else the CPU.

    Apple's `mps` is taken only when asked for by name.
    """
    available = _available()
    kind, _, index = name.partition(":")
    if kind == "auto":
        kind = "cuda" if "cuda" in available else "cpu"
    if kind not in available or not (index or "0").isdecimal():
        raise RecipeError(NoSuchDevice(device=name, available=_listed(available)))
    if kind != "cuda":
        return torch.device(kind)
    number = int(index) if index else local_rank
    if number >= torch.cuda.device_count():
        raise RecipeError(NoSuchDevice(device=f"cuda:{number}", available=_listed(available)))
    torch.cuda.set_device(number)
    return torch.device("cuda", number)


def side(name: str = "auto") -> tuple[str, ...]:
    """The devices that several runs may have side by side, as `--device` says them."""
    count = torch.cuda.device_count() if "cuda" in _available() else 0
    if name in {"auto", "cuda"} and count:
        return tuple(f"cuda:{number}" for number in range(count))
    return ("cpu",) if name == "auto" else (name,)


def autocast(precision: str, device: torch.device) -> torch.dtype | None:
    """The type that networks compute in; `None` is the type they have.

    `auto` is bf16 on a GPU that has it. Without loss scaling, float16 is not offered.
    """
    if precision == "bf16":
        return torch.bfloat16
    capable = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.bfloat16 if precision == "auto" and capable else None


def resolved(precision: str, device: torch.device) -> str:
    """What networks compute in, `auto` told by what it comes to on this device."""
    dtype = autocast(precision, device)
    return "float32" if dtype is None else str(dtype).removeprefix("torch.")


def settle(networks: Iterable[nn.Module], device: torch.device) -> None:
    """Move networks to the device, channels last, which convolutions like.

    A step of resnet8 ran two to three times faster so on a CPU too; nets of a few channels lose
    nothing.
    """
    for network in networks:
        network.to(device).to(memory_format=torch.channels_last)


def describe(device: torch.device) -> str:
    """The device by the name a person knows."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def _available() -> tuple[str, ...]:
    gpu = ("cuda",) if torch.cuda.is_available() else ()
    apple = ("mps",) if torch.backends.mps.is_available() else ()
    return (*gpu, *apple, "cpu")


def _listed(available: tuple[str, ...]) -> str:
    count = torch.cuda.device_count()
    many = {"cuda": f"`cuda:0` to `cuda:{count - 1}`" if count > 1 else "`cuda`"}
    return ", ".join(many.get(kind, f"`{kind}`") for kind in available)
