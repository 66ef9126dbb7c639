"""Files and folders that appear whole or not at all, whenever the process dies."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

TEMPORARY = ".part-"
SEAL, END = ',\n "seal": "', '"\n}\n'
"""what stands around a file's own checksum, at its end"""


def write_text(path: Path, text: str) -> None:
    """Replace a file by this text."""
    with _replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A file to write, which takes the place of this one when it has reached the disk."""
    with naming(path):
        handle, name = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.chmod(0o644)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(path.parent)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let an error of the system say which file it is about; a full disk does not by itself."""
    try:
        yield
    except OSError as fault:
        if fault.filename is None or TEMPORARY in str(fault.filename):
            fault.filename = str(path)
        raise


def write_sealed(path: Path, words: Mapping[str, object], *, allow_nan: bool = False) -> None:
    """Replace a file by these words as JSON, the last of them a checksum of all before it.

    Args:
        path: the file.
        words: what is written.
        allow_nan: whether numbers may be infinite or none, which is JSON for Python only.
    """
    body = json.dumps(words, indent=1, ensure_ascii=False, allow_nan=allow_nan)
    body = body.removesuffix("\n}")
    write_text(path, f"{body}{SEAL}{_sha256(body)}{END}")


def read_sealed(path: Path, *, older: bool = False) -> dict[str, object]:
    """The words of such a file, without the checksum.

    Args:
        path: the file.
        older: whether a file without a checksum is taken, as kdgraph once wrote them.

    Raises:
        ValueError: it is missing, no JSON object, or was changed.
    """
    try:
        text = path.read_bytes().decode()
        words = json.loads(text)
    except OSError as fault:
        msg = f"`{path.name}`: {fault.strerror or fault}"
        raise ValueError(msg) from fault
    except (ValueError, RecursionError) as fault:
        msg = f"`{path.name}` is not JSON"
        raise ValueError(msg) from fault
    body, seal, digest = text.rpartition(SEAL)
    if digest != _sha256(body) + END and (seal or not older):
        msg = f"`{path.name}` does not have its recorded checksum"
        raise ValueError(msg)
    if not isinstance(words, dict):
        msg = f"`{path.name}` holds no names with values"
        raise ValueError(msg)  # noqa: TRY004 - of a file, not of an argument
    words.pop("seal", None)
    return words


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], about: Mapping[str, object] | None = None
) -> str:
    """Replace a file by these tensors; its sha256.

    Each tensor is written as a copy of its own, so tied weights and views may be among them.
    `about` goes into the head of the file.
    """
    copies = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in tensors.items()}
    with _replacing(path) as temporary:
        try:
            save_file(copies, temporary, metadata=_one(about))
        except SafetensorError as fault:
            number = re.search(r"(?:os error |code: )(\d+)", str(fault))
            if number is None:
                raise
            raise OSError(int(number[1]), os.strerror(int(number[1]))) from fault
        with temporary.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    return digest


def _one(about: Mapping[str, object] | None) -> dict[str, str] | None:
    """One entry: several would be written in another order each time."""
    return {"kdgraph": json.dumps(dict(about), sort_keys=True)} if about else None


def read_tensors(path: Path, digest: str) -> dict[str, Tensor]:
    """The tensors of a file that has this sha256.

    Raises:
        ValueError: the file is missing, cut short or changed.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != digest:
            msg = f"`{path.name}` does not have its recorded checksum"
            raise ValueError(msg)
        return load_file(path)
    except (OSError, SafetensorError) as fault:
        msg = f"`{path.name}`: {fault}"
        raise ValueError(msg) from fault


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder to fill, which gets its name when it is complete and never before."""
    with naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=path.parent))
        try:
            yield temporary
            temporary.chmod(0o755)
            sync_folder(temporary)
            temporary.rename(path)
            sync_folder(path.parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove what processes that died left half written."""
    for remnant in folder.glob(f"{TEMPORARY}*"):
        if remnant.is_dir():
            shutil.rmtree(remnant, ignore_errors=True)
        else:
            remnant.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make names in a folder survive a power cut, where the system knows how."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
