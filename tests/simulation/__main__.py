"""`python -m tests.simulation --runs 50000 [--first SEED]`: random histories on demand."""

import argparse
import gc
import sys
import time

from tests.simulation.known import KNOWN
from tests.simulation.run import Stores, failure, report


def main() -> int:
    """Play the histories that are asked for; exit code 1 at a violation."""
    parser = argparse.ArgumentParser(description="random histories of convergence")
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--as-found", action="store_true", help="show a failing history without shrinking it")
    parser.add_argument("--known", choices=KNOWN, help="play one of the known counterexamples instead")
    asked = parser.parse_args()
    gc.freeze()  # what was imported lives to the end: nobody need look through it again and again
    if asked.known:
        failed = failure(Stores(), KNOWN[asked.known])
        sys.stdout.write(failed or "it holds")
        return 1 if failed else 0
    began = time.monotonic()
    found = report(Stores(), range(asked.first, asked.first + asked.runs), as_found=asked.as_found)
    sys.stdout.write(found or f"{asked.runs} histories hold, in {time.monotonic() - began:.0f} s")
    sys.stdout.write("\n")
    return 1 if found else 0


sys.exit(main())
