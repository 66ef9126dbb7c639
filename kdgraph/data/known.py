"""What is known of a data set without reading it: classes, channels, sizes, statistics."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kdgraph.data.spec import DataSpec

Channels = tuple[float, ...]


@dataclass(frozen=True)
class Facts:
    """A data set's numbers; `None` where only the data can tell.

    `mean` and `std` are of the training pixels, scaled to [0, 1], one number a channel.
    `get` says how to come by the data. `owned` marks the sets that are the user's own.
    """

    classes: int | None = None
    channels: int | None = None
    height: int | None = None
    width: int | None = None
    mean: Channels | None = None
    std: Channels | None = None
    train: int | None = None
    test: int | None = None
    get: str = ""
    owned: bool = False


ELSEWHERE = "or name another folder with `--set data.root=…`"
CLASS_FOLDERS = "put train/<class>/*.jpg and test/<class>/*.jpg (or val/) there"
SHARDS = "put train-00000-of-0000N.parquet and test-… (or validation-…) there"

KNOWN: dict[str, Facts] = {
    "digits": Facts(10, 1, 8, 8, (0.3061,), (0.3761,), 1257, 540),
    "synthetic": Facts(10, 3, 16, 16, train=512, test=256),
    "cifar10": Facts(
        10,
        3,
        32,
        32,
        (0.4914, 0.4822, 0.4465),
        (0.2470, 0.2435, 0.2616),
        50000,
        10000,
        get="unpack cifar-10-python.tar.gz there, which is kept on\n"
        "https://www.cs.toronto.edu/~kriz/cifar.html,\n"
        f"or {SHARDS},\n{ELSEWHERE}",
    ),
    "cifar100": Facts(
        100,
        3,
        32,
        32,
        (0.5071, 0.4867, 0.4408),
        (0.2675, 0.2565, 0.2761),
        50000,
        10000,
        get="unpack cifar-100-python.tar.gz there, which is kept on\n"
        "https://www.cs.toronto.edu/~kriz/cifar.html,\n"
        f"or {SHARDS},\n{ELSEWHERE}",
    ),
    "stl10": Facts(
        10,
        3,
        96,
        96,
        (0.4467, 0.4398, 0.4066),
        (0.2603, 0.2566, 0.2713),
        5000,
        8000,
        get="unpack stl10_binary.tar.gz of https://cs.stanford.edu/~acoates/stl10/ there,\n"
        f"or {SHARDS},\n{ELSEWHERE}",
    ),
    "tinyimagenet": Facts(
        200,
        3,
        64,
        64,
        (0.4802, 0.4481, 0.3975),
        (0.2770, 0.2691, 0.2821),
        100000,
        10000,
        get="unpack http://cs231n.stanford.edu/tiny-imagenet-200.zip there,\n"
        f"or {CLASS_FOLDERS},\nor {SHARDS},\n{ELSEWHERE}",
    ),
    "imagenet": Facts(
        1000,
        3,
        None,
        None,
        (0.485, 0.456, 0.406),
        (0.229, 0.224, 0.225),
        1281167,
        50000,
        get=f"{CLASS_FOLDERS},\n{ELSEWHERE}",
    ),
    "folder": Facts(channels=3, get=f"{CLASS_FOLDERS},\n{ELSEWHERE}", owned=True),
    "parquet": Facts(channels=3, get=f"{SHARDS},\n{ELSEWHERE}", owned=True),
}


def facts(spec: DataSpec) -> Facts:
    """What is known of the data a setting asks for; its own numbers win.

    >>> facts(DataSpec("cifar100", size=64)).height
    64
    >>> facts(DataSpec("cifar100", limit=256, fraction=0.5)).train
    256
    """
    known = KNOWN[spec.name]
    other = spec.channels is not None and spec.channels != known.channels
    return replace(
        known,
        classes=known.classes if spec.classes is None else spec.classes,
        channels=known.channels if spec.channels is None else spec.channels,
        height=known.height if spec.size is None else spec.size,
        width=known.width if spec.size is None else spec.size,
        mean=None if other else known.mean,
        std=None if other else known.std,
        train=_used(spec, known.train, spec.limit, spec.fraction),
        test=_used(spec, known.test, spec.test_limit),
    )


def _used(
    spec: DataSpec, there: int | None, limit: int | None, fraction: float = 1.0
) -> int | None:
    """How many of the images are used; made-up ones are as many as the limit says."""
    if there is None or (limit is not None and limit < 1) or not 0 < fraction <= 1:
        return there
    there = limit if spec.name == "synthetic" and limit is not None else there
    total = round(fraction * there)
    return max(1, total if limit is None else min(total, limit))
