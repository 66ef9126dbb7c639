"""Whether two ranks start, train and stop without an abort: `python -m tests.bench.ranks`.

Runs of two ranks, one after the other or several at once, of recipes of all kinds; every fourth
one is stopped by Ctrl-C and taken up again. It counts the exit codes and what is said on stderr.
"""

from __future__ import annotations

import argparse
import signal
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path

from tests.end_to_end.command import finish, start, tiny

RECIPES = ("ce", "kd", "dist", "icd", "crd", "bingo", "sskd", "fitnet")
"""labels, rows alone, classes, rows that meet, banks, a queue, views and stages, a regressor"""
SECONDS = 600
STOPPED = 130


def once(number: int, recipe: str, folder: Path) -> str:
    """One run from its start to its end, or over a stop; what was wrong with it, or nothing."""
    place = folder / str(number)
    place.mkdir()
    few = ("--set", "K=8") if recipe in {"crd", "bingo"} else ()
    words = ["run", recipe, "--devices", "2", "--device", "cpu", "--on", str(tiny(place))]
    words += ["--no-alone", "--out", "it", *few]
    again = {"folder": place, "cache": folder / "cache"}
    process = start(*words, **again)
    if number % 4 == 3:
        while process.poll() is None and not (place / "it" / "metrics.jsonl").is_file():
            time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        code, _, err = finish(process, SECONDS)
        if code == STOPPED and not err:
            process = start(*words, "--resume", **again)
        elif code or err:
            return f"{recipe}: {code}: {err}"
        else:
            return ""
    code, _, err = finish(process, SECONDS)
    return f"{recipe}: {code}: {err}" if code or err else ""


def main() -> None:
    """Run and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=30)
    parser.add_argument("--at-once", type=int, default=1)
    asked = parser.parse_args()
    recipes = list(islice(cycle(RECIPES), asked.starts))
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(asked.at_once) as pool:
        jobs = [pool.submit(once, n, one, Path(folder)) for n, one in enumerate(recipes)]
        wrong = [job.result() for job in jobs]
    counted = Counter(bool(one) for one in wrong)
    seconds = time.perf_counter() - begun
    print(f"{counted[False]} of {asked.starts} runs of two ranks were right, {seconds:.0f} s")
    for one in filter(None, wrong):
        print(one)


if __name__ == "__main__":
    main()
