"""How soon the command line answers: `python -m tests.bench.start`."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.paired import interval

MISTAKE = """loss: sup + kd
where:
  sup: cross_entropy(softmax(student.logits), y)
  kd:  kd(teacher.logits || studnet.logits, T=4)
"""
INSIDE = """import sys
from kdgraph.cli import main
sys.argv = ["kdgraph", {words}]
try:
    main()
except SystemExit:
    pass
print("torch" in sys.modules)
"""


def _seconds(words: Sequence[str]) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, *words], capture_output=True, check=False)
    return time.perf_counter() - begun


def _loads_torch(words: Sequence[str]) -> bool:
    code = INSIDE.format(words=", ".join(map(repr, words)))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()[-1] == "True"


def main() -> None:
    """Print a row for each command, with what it takes beyond Python itself."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rounds", type=int, default=15)
    rounds = words.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        wrong = Path(folder) / "mistake.kd"
        wrong.write_text(MISTAKE, encoding="utf-8")
        commands = {
            "kdgraph --help": ["--help"],
            "check, a mistake of the language": ["check", str(wrong)],
            "check icd, sizes from the table": ["check", "icd"],
            "explain kl": ["explain", "kl"],
            "list": ["list"],
        }
        bare: list[float] = []
        spent: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(rounds):
            bare.append(_seconds(["-c", "pass"]))
            for name, given in commands.items():
                spent[name].append(_seconds(["-m", "kdgraph", *given]))
        print(_row("python -c pass", bare))
        for name, seconds in spent.items():
            beyond = statistics.median(a - b for a, b in zip(seconds, bare, strict=True))
            torch = "torch" if _loads_torch(commands[name]) else "no torch"
            print(f"{_row(name, seconds)}  {beyond:+.2f} s beyond Python, {torch}")


def _row(name: str, seconds: Sequence[float]) -> str:
    low, high = interval(seconds)
    return f"{name:34} {statistics.median(seconds):5.2f} s [{low:.2f}, {high:.2f}]"


if __name__ == "__main__":
    main()
