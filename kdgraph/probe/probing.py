"""A whole probe: a run's student and its teachers, frozen, on the data of another setting."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor

from kdgraph.data.images import Split
from kdgraph.data.load import load
from kdgraph.experiment import Experiment
from kdgraph.lang.protocol import Protocol, Training
from kdgraph.lower.live import live_network
from kdgraph.probe.features import features
from kdgraph.probe.head import Probed, train_head
from kdgraph.probe.subject import Subject, runs_in, size_of, student, teachers
from kdgraph.protocols import Layer, in_numbers
from kdgraph.train import atomic, config, device
from kdgraph.train.evaluate import needed
from kdgraph.train.feed import near
from kdgraph.train.rundir import RunDir
from kdgraph.train.table import Entry
from kdgraph.views.program import run
from kdgraph.viewstep import ViewStep

FORMAT = 1
USUAL = Protocol(
    epochs=120, batch=64, lr=0.05, momentum=0.9, weight_decay=5e-4, schedule="steps",
    drops=("1/4", "1/2", "3/4"), factor=0.1,
)  # fmt: skip
"""of linear transfer, as the field does it"""
GENTLE = ("MobileNet", "ShuffleNet", "ShuffleV")
"""networks whose learning rate is a fifth of that, as the field does it"""


@dataclass
class Probing:
    """Probes what a folder holds.

    Args:
        folder: of a run, or of several seeds.
        experiment: a recipe of plain cross-entropy on the setting; of it data and views are used,
            and what `--set` says of `train`.
        augment: draw the setting's augmentation anew in each epoch; else the images are as they
            are, and their features are computed once.
        say: told of each chapter.
    """

    folder: Path
    experiment: Experiment
    place: torch.device
    seed: int
    augment: bool
    say: Callable[[str], None]
    splits: dict[int, Split] = field(default_factory=dict, init=False)

    def run(self) -> list[Entry]:
        """A row for each teacher that is still there, then the student's; written down too.

        Raises:
            RecipeError: there is no student, or the images do not fit a network.
        """
        runs = runs_in(self.folder)
        whole = RunDir(self.folder)  # of seeds: one run has them, or each is a run
        home = whole if whole.config.exists() else runs[0]
        size = size_of(home)
        students = [student(one) for one in runs]
        known = teachers(home)
        for name, one in {**known, "student": students[0]}.items():
            live_network(name, one.network, self._shape(one, size), one.model)
        rows = [self._row(name, [one], size) for name, one in known.items()]
        rows.append(self._row("student", students, size))
        self._write(rows, students[0], size)
        return rows

    def training(self, model: str) -> Training:
        """How the classifier is trained; `--set train.…` wins."""
        lr = USUAL.model_copy(update={"lr": 0.01}) if model.startswith(GENTLE) else USUAL
        return in_numbers([Layer(lr), self.experiment.layers()[-1]])

    def _split(self, channels: int, size: int | None) -> Split:
        """The data in the network's channels; in the size it was trained on, if none is said."""
        if channels not in self.splits:
            spec = self.experiment.data
            spec = replace(spec, channels=channels, size=spec.size or size)
            self.splits[channels] = load(spec)
        return self.splits[channels]

    def _view(self, subject: Subject) -> tuple[str, Sequence[ViewStep]]:
        """What the network is shown: the setting's images, or its own view of them."""
        if subject.sight:
            return subject.sight.view, subject.sight.steps
        return "x", needed(self.experiment.analysis.views.steps, "x")

    def _shape(self, subject: Subject, size: int | None) -> tuple[int, ...]:
        """Channels, height and width of that."""
        view, steps = self._view(subject)
        image = self._split(subject.channels, size).train.size
        blank = torch.zeros(1, subject.channels, *image, dtype=torch.uint8)
        seen = run(steps, blank, torch.zeros(1).long(), seed=0, stage="probe", epoch=0, train=False)
        return tuple(seen[view].shape[1:])

    def _row(self, name: str, subjects: list[Subject], size: int | None) -> Entry:
        found = []
        for number, one in enumerate(subjects, 1):
            several = f" {number} of {len(subjects)}" if len(subjects) > 1 else ""
            self.say(f"{name}{several}: {one.model}, a linear classifier on its features")
            found.append(self._probe(one, self._split(one.channels, size)))
        last, best = tuple(one.last for one in found), tuple(one.best for one in found)
        return Entry(name, subjects[0].model, last, best)

    def _probe(self, subject: Subject, split: Split) -> Probed:
        training = self.training(subject.model)
        view, steps = self._view(subject)
        shown, kept = near(split.train, self.place), near(split.test, self.place)

        def rows(part: object, epoch: int, *, train: bool) -> Tensor:
            def look(pixels: Tensor, examples: Tensor) -> Tensor:
                return run(
                    steps, pixels, examples, seed=self.seed, stage="probe", epoch=epoch, train=train
                )[view]

            return features(
                subject, shown if part is split.train else kept, look,
                batch=training.eval_batch, device=self.place,
                autocast=device.autocast(training.precision, self.place),
            )  # fmt: skip

        once = None if self.augment else rows(split.train, 0, train=False)
        return train_head(
            lambda epoch: rows(split.train, epoch, train=True) if once is None else once,
            split.train.labels.to(self.place),
            (rows(split.test, 0, train=False), split.test.labels.to(self.place)),
            classes=len(split.train.names),
            training=training,
            seed=self.seed,
        )

    def _write(self, rows: list[Entry], one: Subject, size: int | None) -> None:
        name = self.experiment.setting.name
        split = self._split(one.channels, size)
        told = {
            "format": FORMAT,
            "setting": name,
            "seed": self.seed,
            "augment": self.augment,
            "size": list(split.train.size),
            "examples": [len(split.train), len(split.test)],
            "training": asdict(self.training(one.model)),
            "versions": config.versions(),
            "table": [
                {"name": row.name, "model": row.model, "last": row.last, "best": row.best}
                for row in rows
            ],
        }
        words = json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False)
        atomic.write_text(self.folder / f"probe-{name}.json", words + "\n")
