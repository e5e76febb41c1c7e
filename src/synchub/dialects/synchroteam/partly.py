"""Requests of many rows, of which the good ones count: why the others do not is kept for the operator."""

from collections.abc import Callable, Sequence

from synchub.intake.submission import Answer, Arrival, Submission
from synchub.master.writes import Verdict, Write

MOST_TOLD = 20


def submitted(
    arrival: Arrival, writes: Sequence[Write], why: Sequence[str], answer: Callable[[Sequence[Verdict]], Answer]
) -> Submission:
    """What the good rows ask for; `why` has a sentence for each bad one. Where none is good, it is a refusal."""
    if why and not writes:
        return Submission(arrival, (), answer, refusal="; ".join(why[:MOST_TOLD]))
    if writes:
        writes[0].problems.extend(why)
    return Submission(arrival, writes, answer)
