"""Which run may begin: never two at once that would train the same thing for all."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from kdgraph.compare.job import Job


def next_job(
    waiting: Iterable[Job], making: Iterable[Collection[str]], made: Collection[str]
) -> Job | None:
    """The first that shares nothing with what others are making right now.

    Args:
        waiting: in the order in which they are wanted.
        making: what each of the runs that go on trains for all, until it has it.
        made: what is there already.
    """
    taken = {name for one in making for name in one} - set(made)
    return next((job for job in waiting if not taken & job.shares), None)


def in_order(jobs: Iterable[Job]) -> list[Job]:
    """Seed by seed, what others wait for first; so an early stop leaves whole rows."""
    return sorted(jobs, key=lambda job: (job.seed, not job.shares))


def slots(jobs: int, devices: tuple[str, ...]) -> list[str]:
    """A device for each of the runs that go on side by side.

    >>> slots(3, ("cuda:0", "cuda:1"))
    ['cuda:0', 'cuda:1', 'cuda:0']
    """
    return [devices[place % len(devices)] for place in range(jobs)]


def side_by_side(wanted: int | None, runs: int, cores: int, devices: tuple[str, ...]) -> int:
    """How many runs go on at once: one a GPU; on the CPU one for two cores.

    >>> side_by_side(None, 9, 4, ("cpu",)), side_by_side(None, 9, 64, ("cuda:0", "cuda:1"))
    (2, 2)
    """
    several = len(devices) if devices[0] != "cpu" else max(1, cores // 2)
    return max(1, min(wanted or several, runs))


def threads(cores: int, jobs: int, said: str) -> str:
    """Of one run, so that all together have the cores once; fewer where the user says so.

    >>> threads(8, 3, ""), threads(8, 3, "1"), threads(2, 4, "")
    ('2', '1', '1')
    """
    share = max(1, cores // jobs)
    return str(min(share, int(said))) if said.isdecimal() and int(said) else str(share)
