"""What the operating system refuses: folders, disks, limits."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import ClassVar

from kdgraph.lang.diagnostics import Diagnostic

ADVICE = {
    errno.ENOSPC: "free some space; a run goes on from its newest checkpoint with `--resume`",
    errno.EDQUOT: "free some space; a run goes on from its newest checkpoint with `--resume`",
    errno.EFBIG: "the file is larger than this system allows; see `ulimit -f`",
    errno.EMFILE: "allow more open files, such as `ulimit -n 4096`",
    errno.ENFILE: "close other programs: too many files are open on this machine",
    errno.EIO: "check the disk",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ENOENT: "check the path",
    errno.ENOTDIR: "a file is where a folder is needed; choose another place",
    errno.EEXIST: "a file is where a folder is needed; choose another place",
    errno.EISDIR: "a folder is where a file is needed; choose another place",
    errno.EACCES: "choose a place that you have permission for",
    errno.EPERM: "choose a place that you have permission for",
    errno.EROFS: "choose a place that can be written to",
}
NAMELESS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EMFILE, errno.ENFILE, errno.EIO}
)
"""errors of the machine, which are no fault of a program even where no file is named"""


@dataclass(frozen=True, kw_only=True)
class SystemRefused(Diagnostic):
    """The operating system refused to read or write: no space, no permission, a wrong kind of file.

    The message has the system's own reason. A run that was stopped by it keeps its newest
    checkpoint, and goes on from there with `--resume` when the reason is gone.
    """

    code: ClassVar = "KD630"
    title: ClassVar = "{what}: {reason}"
    help: ClassVar = "{advice}"

    path: str
    reason: str
    advice: str

    @property
    def what(self) -> str:
        """What can't be used, in words."""
        return f"can't use `{self.path}`" if self.path else "can't read or write"

    def facts(self) -> dict[str, object]:
        """The fields, and what can't be used."""
        return {**super().facts(), "what": self.what}


@dataclass(frozen=True, kw_only=True)
class UnusableFolder(Diagnostic):
    """The output folder of a run cannot be created or written to.

    By default it is `runs/<recipe>` in the current folder; `--out` names another one:

        kdgraph run icd --out /data/me/icd
    """

    code: ClassVar = "KD631"
    title: ClassVar = "can't keep a run in `{folder}`: {reason}"
    help: ClassVar = "name a folder that you can write to with `--out`"

    folder: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class UnusableCache(Diagnostic):
    """The folder of cached teachers cannot be created or written to.

    It is named by the environment variable `KDGRAPH_CACHE`, by default the platform's own folder
    for such files, such as `~/.cache/kdgraph`:

        KDGRAPH_CACHE=/data/me/cache kdgraph run icd
    """

    code: ClassVar = "KD632"
    title: ClassVar = "can't keep trained weights in `{folder}`: {reason}"
    help: ClassVar = "let the environment variable `KDGRAPH_CACHE` name a folder to write to"

    folder: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class NoCurrentFolder(Diagnostic):
    """The folder that the command was started in does not exist any more.

    Another program has removed it. Names of files are looked up there, so no command can work.
    """

    code: ClassVar = "KD633"
    title: ClassVar = "the current folder does not exist any more"
    help: ClassVar = "change to a folder that exists, and start the command there"


def reason_of(error: OSError) -> str:
    """What the system says, as part of a message."""
    return (error.strerror or str(error)).lower()


def refusal(error: OSError) -> SystemRefused | None:
    """What to say of an error of the system; nothing where it may be a fault of our own."""
    if error.filename is None and error.errno not in NAMELESS:
        return None
    path = "" if error.filename is None else str(error.filename)
    advice = ADVICE.get(error.errno or 0, "check the path and the disk")
    return SystemRefused(path=path, reason=reason_of(error), advice=advice)
