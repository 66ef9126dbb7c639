r"""Whether a student says what its teacher says, and how sure both are: one pass over images.

Everything is counted for each image and divided once, so the size of a batch changes nothing.
The teacher is $p_t$, the mean of the teachers' probabilities; temperature is 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from kdgraph.data.batches import batches
from kdgraph.data.images import Examples
from kdgraph.losses.calibration import gaps, together
from kdgraph.losses.divergence import kl_log
from kdgraph.losses.supervised import cross_entropy
from kdgraph.train.distributed import ALONE, World
from kdgraph.train.evaluate import Look, casting, resting

BINS = 10


@dataclass(frozen=True)
class Fidelity:
    r"""One network on one set of images.

    Attributes:
        accuracy: the share of images that it gets right.
        nll: the mean of $-\log p(y)$, in nats.
        ece: the expected calibration error in ten bins, as a share.
        agreement: the share of images on which it names the teacher's class.
        kl: the mean of $\mathrm{KL}(p_t \,\|\, p_s)$, in nats.
    """

    accuracy: float
    nll: float
    ece: float
    agreement: float | None = None
    kl: float | None = None

    def told(self) -> dict[str, float]:
        """The measures there are, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@torch.no_grad()
def fidelity(
    students: Mapping[str, nn.Module],
    teachers: Mapping[str, nn.Module],
    examples: Examples,
    look: Look,
    *,
    batch: int,
    device: torch.device,
    autocast: torch.dtype | None = None,
    world: World = ALONE,
    homes: Mapping[str, str] | None = None,
) -> dict[str, Fidelity]:
    """Measure networks against the mean of the teachers, in evaluation mode.

    Args:
        students: networks that give logits, by any names.
        teachers: the same of the teachers; without any, agreement and divergence are not told.
        examples: the images.
        look: makes the views of a batch.
        batch: examples of one step, on each rank.
        device: where the networks are.
        autocast: what the networks compute in, as in training.
        world: each rank looks at its share; all give the same answer.
        homes: the view that each network sees, by the names given here, where it is not `x`.

    Returns:
        the students by their names, and the teachers together under all of their names.
    """
    networks = {**teachers, **students}
    at_home = dict.fromkeys(networks, "x") | dict(homes or {})
    for network in networks.values():
        world.follow(network)
    shares = batches(
        torch.arange(len(examples)),
        batch=batch * world.size, least=0, rank=world.rank, world=world.size,
    )  # fmt: skip
    sums: dict[str, Tensor] = {}
    with ExitStack() as inside:
        for network in networks.values():
            inside.enter_context(resting(network))
        for part in examples.read(one for one in shares if len(one)):
            pixels = part.pixels.to(device, non_blocking=True)
            labels = part.labels.to(device, non_blocking=True)
            seen = look(pixels, part.examples.to(device, non_blocking=True))
            with casting(device, autocast):
                said = {name: _exact(one(seen[at_home[name]])) for name, one in networks.items()}
            taught = together([said[name] for name in teachers]) if teachers else None
            heard = {} if taught is None else {", ".join(teachers): taught}
            heard |= {name: said[name] for name in students}
            for name, logits in heard.items():
                found = _sums(logits, taught, labels)
                sums[name] = sums[name] + found if name in sums else found
    return {
        name: _shares(world.total(found), len(examples), taught=bool(teachers) and name in students)
        for name, found in sums.items()
    }


def _exact(logits: Tensor) -> Tensor:
    """In double precision, where the device has it: sums are over many images."""
    return logits.float() if logits.device.type == "mps" else logits.double()


def _sums(logits: Tensor, taught: Tensor | None, labels: Tensor) -> Tensor:
    """What is added up: right, surprise, agreement, divergence, then the gap of each bin."""
    log_p = torch.log_softmax(logits, dim=-1)
    said = logits.argmax(dim=-1)
    zero = log_p.new_zeros(())
    same = zero if taught is None else (said == taught.argmax(dim=-1)).sum()
    apart = zero if taught is None else kl_log(taught, log_p, reduce="sum")
    right = (said == labels).sum()
    surprise = cross_entropy(logits, labels, reduce="sum")
    first = torch.stack([one.to(log_p.dtype) for one in (right, surprise, same, apart)])
    return torch.cat([first, gaps(logits, labels, BINS)])


def _shares(sums: Tensor, count: int, *, taught: bool) -> Fidelity:
    right, surprise, same, apart, *gap = (value / count for value in sums.tolist())
    return Fidelity(
        accuracy=right,
        nll=surprise,
        ece=sum(map(abs, gap)),
        agreement=same if taught else None,
        kl=apart if taught else None,
    )
