"""Where a stage stands, on disk: tensors and a manifest, complete at any moment.

A checkpoint is a folder with a number, made under another name and renamed when it is complete
and has reached the disk. So the newest folder with a number is the newest checkpoint, and no
pointer can disagree with it. The manifest has the checksum of the tensors and one of its own.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.resume import BrokenCheckpoint, OtherRun, SkippedCheckpoint
from kdgraph.train import atomic
from kdgraph.train.manifest import (
    Circumstances,
    Identity,
    Manifest,
    Place,
    differences,
    read_manifest,
    write_manifest,
)

TENSORS = "tensors.safetensors"


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of one stage: numbered folders, and a file that names the newest."""

    folder: Path
    identity: Identity
    circumstances: Circumstances
    keep: int = 2

    def save(self, place: Place, tensors: Mapping[str, Tensor]) -> Path:
        """Write one more, then remove all but the last few."""
        atomic.sweep(self.folder)
        numbers = [int(one.name) for one in self._all()]
        path = self.folder / f"{max(numbers, default=0) + 1:06d}"
        with atomic.new_folder(path) as draft:
            digest = atomic.write_tensors(draft / TENSORS, tensors)
            manifest = Manifest(
                identity=self.identity,
                circumstances=self.circumstances,
                place=place,
                sha256=digest,
            )
            write_manifest(draft, manifest)
        for old in self._all()[: -self.keep]:
            shutil.rmtree(old, ignore_errors=True)
        return path

    def clear(self) -> None:
        """Remove all: a run that begins anew must not go on from them later."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def load(self, warn: Callable[[Diagnostic], None]) -> tuple[Place, dict[str, Tensor]] | None:
        """The newest that can be read, or nothing where there is none.

        One of another recipe, protocol or seed is refused. Another machine is warned about.
        """
        faults: list[tuple[Path, str]] = []
        for path in reversed(self._all()):
            try:
                manifest = read_manifest(path)
                tensors = atomic.read_tensors(path / TENSORS, manifest.sha256)
            except ValueError as fault:
                faults.append((path, str(fault)))
                continue
            self._refuse_other(path, manifest)
            for broken, reason in faults:
                warn(SkippedCheckpoint(path=str(broken), reason=reason))
            for difference in differences(manifest.circumstances, self.circumstances):
                warn(difference)
            return manifest.place, tensors
        if faults:
            path, reason = faults[0]
            raise RecipeError(BrokenCheckpoint(path=str(path), reason=reason))
        return None

    def _all(self) -> list[Path]:
        """Complete ones, oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted(one for one in self.folder.iterdir() if one.name.isdecimal())

    def _refuse_other(self, path: Path, manifest: Manifest) -> None:
        saved, found = manifest.identity.told, self.identity.told
        for what in [*found, *(one for one in saved if one not in found)]:
            one, other = saved.get(what, "unset"), found.get(what, "unset")
            if one != other:
                raise RecipeError(OtherRun(folder=str(path), what=what, saved=one, found=other))
