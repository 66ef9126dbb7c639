"""One process at a time; the system lets go of the lock when its holder dies."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.system import UnusableCache, reason_of

PATIENCE = 0.2


@contextmanager
def locked(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock that a file stands for.

    Args:
        path: the file; it is made, and stays.
        waiting: called once, if another process holds the lock.

    Raises:
        RecipeError: the file can't be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        mistake = UnusableCache(folder=str(path.parent), reason=reason_of(error))
        raise RecipeError(mistake) from error
    try:
        if not _take(handle):
            waiting()
            while not _take(handle):
                time.sleep(PATIENCE)
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def hold(folder: Path) -> int | None:
        """Nothing: this system can't lock a folder."""
        del folder

    def _take(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def hold(folder: Path) -> int | None:
        """Lock a folder at once, until its handle is closed; nothing where that can't be.

        Raises:
            BlockingIOError: another process holds it.
        """
        handle = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise
        except OSError:  # a file system without such locks
            os.close(handle)
            return None
        return handle

    def _take(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without such locks
            return True
        return True
