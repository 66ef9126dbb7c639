"""How long a step takes to be there: `python -m tests.bench.ready`.

Each figure comes from a process of its own, which has imported torch before the watch starts.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence

from tests.bench.paired import interval

FIRST = """import time, torch
torch.set_num_threads({threads})
from kdgraph.models.build import build
models = {{"teacher": build("{teacher}", 10), "student": build("{student}", 10)}}
x = torch.randn(64, 3, 32, 32)
begun = time.perf_counter()
import kdgraph
kdgraph.compile("icd", models=models, sample=x)
first = time.perf_counter()
kdgraph.compile("icd", models=models, sample=x)
print(first - begun, time.perf_counter() - first)
"""
WHOLE = """import time, torch
torch.set_num_threads({threads})
from tests.bench.contestants import batch, by_hand, compiled, networks
data = batch(64)
step = compiled(networks("{teacher}", "{student}"), data)
hand = by_hand(networks("{teacher}", "{student}"), step)
torch.optim.SGD(step.parameters(), lr=0.1)
begun = time.perf_counter()
if "{who}" == "kdgraph":
    step.compile(fullgraph=True, dynamic=False)
    step(data.x, data.y).total.backward()
else:
    hand.compile(fullgraph=True, dynamic=False)
    hand(data.x, data.y)[0].backward()
print(time.perf_counter() - begun)
"""


def _run(code: str, extra: Mapping[str, str] | None = None) -> list[float]:
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **(extra or {})},
    )
    return [float(word) for word in done.stdout.split()]


def _row(name: str, seconds: Sequence[float]) -> str:
    low, high = interval(seconds)
    middle = statistics.median(seconds)
    return f"{name:44} {middle:6.2f} s [{low:.2f}, {high:.2f}] of {len(seconds)}"


def main() -> None:
    """Print a row for each figure."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rounds", type=int, default=7)
    words.add_argument("--whole-rounds", type=int, default=2)
    words.add_argument("--threads", type=int, default=2)
    words.add_argument("--teacher", default="resnet20")
    words.add_argument("--student", default="resnet8")
    given = words.parse_args()
    facts = {"threads": given.threads, "teacher": given.teacher, "student": given.student}
    both = [_run(FIRST.format(**facts)) for _ in range(given.rounds)]
    print(_row("kdgraph.compile, first in a process", [one[0] for one in both]))
    print(_row("kdgraph.compile, again", [one[1] for one in both]))
    spent: dict[str, list[float]] = {}
    for _ in range(given.whole_rounds):
        for who in ("kdgraph", "handwritten"):
            with tempfile.TemporaryDirectory() as folder:
                extra = {"TORCHINDUCTOR_CACHE_DIR": folder}
                for state in ("cold", "warm"):
                    code = WHOLE.format(who=who, **facts)
                    name = f"torch.compile and one step, {who}, {state}"
                    spent.setdefault(name, []).append(_run(code, extra)[0])
    for name, seconds in spent.items():
        print(_row(name, seconds))


if __name__ == "__main__":
    main()
