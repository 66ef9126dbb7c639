"""Ctrl-C means: finish this step, write a checkpoint, say how to go on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

EXIT_CODE = 130


class Interrupted(SystemExit):
    """The run stopped because it was asked to, with its checkpoint written."""

    def __init__(self) -> None:
        super().__init__(EXIT_CODE)


@dataclass
class Wish:
    """Whether the user has asked to stop."""

    stop: bool = False


@contextmanager
def interruptible() -> Iterator[Wish]:
    """Turn the first Ctrl-C, or SIGTERM, into a wish; the second one acts as ever."""
    wish = Wish()
    if threading.current_thread() is not threading.main_thread():
        yield wish
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in signals}

    def heard(number: int, frame: FrameType | None) -> None:
        del frame
        wish.stop = True
        signal.signal(number, before[number] or signal.SIG_DFL)

    for number in signals:
        signal.signal(number, heard)
    try:
        yield wish
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
