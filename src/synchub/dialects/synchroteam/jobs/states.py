"""The states of jobs, and which may follow which (docs/decisions.md).

Work may go on and be taken back as it comes, up to completed. Only what is completed can be validated, which is final;
what is not validated can be cancelled. A cancelled job can be planned again, and nothing else.
"""

from enum import IntEnum

from synchub.dialects.synchroteam.faults import Declined


class State(IntEnum):
    """What has become of a job, in the vendor's numbers."""

    CREATED = 0
    SCHEDULED = 1
    SYNCHRONIZED = 2
    STARTED = 3
    SUSPENDED = 4
    COMPLETED = 5
    VALIDATED = 6
    CANCELLED = 7


PLANNED = frozenset({State.CREATED, State.SCHEDULED})
_OPEN = frozenset(State) - {State.VALIDATED, State.CANCELLED}
_FOLLOWING = {
    **dict.fromkeys(_OPEN, _OPEN | {State.CANCELLED}),
    State.COMPLETED: frozenset(State),
    State.VALIDATED: frozenset({State.VALIDATED}),
    State.CANCELLED: PLANNED | {State.CANCELLED},
}


def check_move(held: int, wanted: int) -> None:
    """See that a job may go from one state to another.

    Raises:
        Declined: it may not.
    """
    if wanted not in _FOLLOWING[State(held)]:
        raise Declined(f"a job that is {_name(held)} cannot become {_name(wanted)}")


def _name(state: int) -> str:
    return f"{State(state).name.lower()} ({state})"


def planned(begin: object) -> int:
    """The state of a job about which nobody said one."""
    return State.SCHEDULED if begin else State.CREATED
