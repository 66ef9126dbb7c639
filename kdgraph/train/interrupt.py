"""Ctrl-C means: finish this step, write a checkpoint, say how to go on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

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
def interruptible(*, patient: bool = False) -> Iterator[Wish]:
    """Turn the first Ctrl-C, or SIGTERM, into a wish; the second one stops at once.

    Args:
        patient: take further ones as the same wish. A launcher passes on what the terminal
            has sent to its processes already, and has its own way with those that stay.
    """
    wish = Wish()
    if threading.current_thread() is not threading.main_thread():
        yield wish
        return
    signals = (int(signal.SIGINT), int(signal.SIGTERM))
    before = {number: signal.getsignal(number) for number in signals}

    def heard(number: int, frame: FrameType | None) -> None:
        del frame
        wish.stop = True
        if not patient:
            signal.signal(number, _second(number, before[number]))

    for number in signals:
        signal.signal(number, heard)
    try:
        yield wish
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


def _second(number: int, before: object) -> Any:  # noqa: ANN401 - as `signal` types it
    """What a second signal does: a Ctrl-C still gives the terminal back and the folder."""
    if number == signal.SIGINT and before == signal.SIG_DFL:
        return signal.default_int_handler
    return before or signal.SIG_DFL
