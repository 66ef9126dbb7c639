"""Files and folders that appear whole or not at all, whenever the process dies."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

TEMPORARY = ".part-"


def write_text(path: Path, text: str) -> None:
    """Replace a file by this text."""
    handle, name = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(name).chmod(0o644)
    Path(name).replace(path)
    sync_folder(path.parent)


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], about: Mapping[str, object] | None = None
) -> str:
    """Replace a file by these tensors; its sha256.

    Each tensor is written as a copy of its own, so tied weights and views may be among them.
    `about` goes into the head of the file.
    """
    copies = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in tensors.items()}
    handle, name = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    save_file(copies, temporary, metadata=_one(about))
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    temporary.chmod(0o644)
    temporary.replace(path)
    sync_folder(path.parent)
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
