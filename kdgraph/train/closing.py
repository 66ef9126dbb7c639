"""What is measured when all is trained: every student beside its teachers, on both data sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from torch import nn

from kdgraph.data.images import Split
from kdgraph.experiment import Experiment
from kdgraph.lower.prepared import Prepared
from kdgraph.normalisation import Normalisation
from kdgraph.train import device as devices
from kdgraph.train.cast import normalised
from kdgraph.train.evaluate import looker
from kdgraph.train.events import Compared, Listener
from kdgraph.train.feed import near
from kdgraph.train.fidelity import Fidelity, fidelity
from kdgraph.train.method import Place

Found = Mapping[tuple[str, str], Fidelity]
"""by who was measured, and on which images: `train` or `test`"""


@dataclass(frozen=True)
class Likeness:
    """A row of the table of fidelity: each measure, one value for each seed.

    Attributes:
        name: who, as the table of accuracies calls it.
        data: `train`, as the images are without augmentation, or `test`.
    """

    name: str
    data: str
    measures: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


def fidelities(
    experiment: Experiment,
    students: Mapping[str, tuple[str, nn.Module]],
    teachers: Mapping[str, nn.Module],
    normalisations: Mapping[str, Normalisation],
    split: Split,
    place: Place,
) -> Found:
    """Measure every student on the training and on the test images, in one pass each.

    Args:
        experiment: says what the networks see, in which precision.
        students: by the name of their row: which model it is, and the network.
        teachers: by the recipe's names; where there are several, they are averaged.
        normalisations: of each model's pixels.
        split: the data.
        place: device and ranks.
    """
    protocol = experiment.protocol()
    scales = normalised(normalisations)
    views = experiment.analysis.homes
    homes = {name: views[name] for name in teachers}
    homes |= {name: views[model] for name, (model, _) in students.items()}
    look = looker(experiment.analysis.views.steps, homes.values())

    def ready(model: str, network: nn.Module) -> nn.Module:
        return Prepared(scales[model], network).to(place.device)

    found: dict[tuple[str, str], Fidelity] = {}
    for data, examples in (("train", split.train), ("test", split.test)):
        measured = fidelity(
            {name: ready(*one) for name, one in students.items()},
            {name: ready(name, network) for name, network in teachers.items()},
            near(examples, place.device),
            look,
            batch=protocol.eval_batch,
            device=place.device,
            autocast=devices.autocast(protocol.precision, place.device),
            world=place.world,
            homes=homes,
        )
        found |= {(name, data): one for name, one in measured.items()}
    return found


def tell(journal: Listener, found: Found) -> None:
    """Write down what was found."""
    for (name, data), one in found.items():
        journal(Compared(name=name, data=data, measures=one.told()))


def likenesses(seeds: Sequence[Found]) -> tuple[Likeness, ...]:
    """The rows of all seeds together, the teachers' first; what nobody has is left out."""
    names = dict.fromkeys(key for found in seeds for key in found)
    made = []
    for who, data in names:
        told = [dict(found[who, data].told()) for found in seeds if (who, data) in found]
        measures = {name: tuple(one[name] for one in told) for name in told[0]}
        made.append(Likeness(who, data, measures))
    return tuple(made)
