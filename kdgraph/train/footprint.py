"""How much memory a training took at its highest: of the GPU, else of the process."""

from __future__ import annotations

import sys

import torch

KIBI = 1024


def restart(device: torch.device) -> None:
    """Count from here, where the device can; a process keeps the peak of its whole life."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def peak(device: torch.device) -> int | None:
    """Bytes at the highest; nothing where the system does not tell."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if sys.platform == "win32":
        return None
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * KIBI
