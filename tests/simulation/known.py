"""Histories that each need one clause of the rules of convergence: the counterexamples to leaving it out."""

from tests.simulation.history import Call, Export, Fate, Habit, History, Step, Style

PLAIN = Habit(style=Style.CHANGED)
ABOVE = Habit(rank=1, style=Style.CHANGED)
SERVER = Habit(style=Style.CHANGED, numbers=True)
FILING = Habit(files=True)
DEAF = Habit(files=True, deaf=True)


def history(*steps: Step, habits: tuple[Habit, ...] = (PLAIN, PLAIN, PLAIN), calls: tuple[Call, ...] = ()) -> History:
    """A history of three partners whose values are each typed once."""
    return History(habits, steps, calls)


def types(at: float, partner: int, value: str | None, field: str = "name", delay: float = 0.02) -> Step:
    """A user types a value."""
    return Step(at, partner, "K1", "set", field, value, delay)


def deletes(at: float, partner: int, delay: float = 0.02) -> Step:
    """A user deletes the record."""
    return Step(at, partner, "K1", "delete", delay=delay)


def filed(*steps: Step, exports: tuple[Export, ...], filing: Habit = FILING) -> History:
    """A history of a partner with files, the first, and two others; values may be typed again."""
    return History((filing, PLAIN, PLAIN), steps, unique=False, exports=exports)


def lost(at: float, value: str | None, field: str = "name") -> Step:
    """A user of the first partner types a value, and the post about it is lost."""
    return Step(at, 0, "K1", "set", field, value, lost=True)


KNOWN = {
    "a whole row on its way when its partner is told": history(
        types(1, 0, "v1"),
        types(20, 0, "v2", field="phone", delay=3.5),
        types(20.1, 1, "v3"),
        habits=(Habit(style=Style.WHOLE), PLAIN, PLAIN),
    ),
    "a lost delivery": history(types(1, 0, "v1"), calls=(Call(Fate.LOST), Call(Fate.LOST))),
    "a value that comes while its partner is told": history(
        types(1, 0, "v1"), types(20, 0, "v2"), types(21, 0, "v3"), calls=(Call(there=2.0),) * 4
    ),
    "an outranked value typed between our delivery and its answer": history(
        types(1, 0, "v1"),
        types(20, 0, "v2"),
        types(21, 1, "v3"),
        habits=(ABOVE, PLAIN, PLAIN),
        calls=(Call(there=0.01, back=2.0),) * 4,
    ),
    "a value typed just before ours lands and heard just after": history(
        types(1, 0, "v1"), types(20, 1, "v2", delay=2.0), types(20.1, 0, "v3")
    ),
    "a value set back at once": History(
        (PLAIN, PLAIN, PLAIN), (types(1, 0, "va"), types(20, 1, "vb"), types(22, 0, "va")), unique=False
    ),
    "a delete that our update undoes": history(
        types(1, 0, "v1"), types(20, 0, "v2"), deletes(21, 1), calls=(Call(), Call(), Call(there=2.0), Call(there=2.0))
    ),
    "a delete by one who is outranked": history(types(1, 0, "v1"), deletes(20, 1), habits=(ABOVE, PLAIN, PLAIN)),
    "a record made by two at once": history(
        types(1, 0, "v1"),
        types(3, 1, "v2", field="phone"),
        deletes(30, 0),
        habits=(PLAIN, ABOVE, PLAIN),
        calls=(Call(there=7.0), Call(there=7.0)),
    ),
    "a partner that upper-cases what it is told": history(
        types(1, 0, "v1"), habits=(ABOVE, Habit(echoes=True, shouts=True), PLAIN)
    ),
    "a field left out of a whole row": history(
        types(1, 0, "v1"),
        types(20, 1, "v2", field="phone"),
        types(40, 1, None),
        habits=(PLAIN, Habit(style=Style.WHOLE), PLAIN),
    ),
    "a record with blank fields": history(types(1, 0, "v1"), types(20, 1, "v2", field="phone")),
    "a record made again with less": history(types(1, 1, "v1"), deletes(20, 2), types(40, 2, "v2", field="phone")),
    "a refusal of what crossed": history(
        Step(4.0, 2, "K1", "set", "phone", "v1", 2.0),
        Step(4.05, 1, "K1", "set", "email", "v2", 2.0),
        Step(7.05, 1, "K1", "set", "phone", "v4", 0.1),
        Step(7.55, 1, "K1", "set", "phone", "v5", 3.5),
        habits=(Habit(), Habit(style=Style.CHANGED), Habit(style=Style.EVERY)),
        calls=(
            Call(wait=0.01, there=7.0, back=2.0, echo=0.01),
            Call(wait=0.01, there=2.0, back=0.3, echo=0.4),
            Call(Fate.LOST, wait=0.1, there=0.3, back=0.01, echo=0.4),
            Call(Fate.REFUSED, wait=3.0, there=2.0, back=0.3, echo=4.0),
        ),
    ),
    "an old value that crosses two quick corrections": history(
        types(1, 1, "v1"),
        types(20, 1, "v2", field="phone", delay=3.5),
        types(20.1, 0, "v3"),
        types(21, 0, "v4"),
        habits=(PLAIN, Habit(style=Style.WHOLE), PLAIN),
    ),
    "a delete while a loop is parked": history(
        types(1, 0, "v1"), deletes(30, 0), habits=(ABOVE, Habit(echoes=True, shouts=True), PLAIN)
    ),
    "a record made anew while a loop would be parked": history(
        types(1, 0, "v1"), deletes(30, 0), types(60, 0, "v2"), habits=(ABOVE, Habit(echoes=True, shouts=True), PLAIN)
    ),
    "a server that answers its own number": history(
        types(1, 0, "v1"), types(20, 0, "v2"), deletes(40, 0), habits=(PLAIN, SERVER, PLAIN)
    ),
    "a server whose answer is lost and then garbled": history(
        types(1, 0, "v1"),
        types(60, 0, "v2"),
        habits=(PLAIN, SERVER, SERVER),
        calls=(Call(Fate.ANSWER_LOST), Call(Fate.GARBLED), Call(Fate.BROKEN), Call(Fate.ANSWER_LOST)),
    ),
    "a server's row that its user makes again under another number": history(
        types(1, 0, "v1"), deletes(20, 1), types(40, 1, "v2"), deletes(60, 0), habits=(PLAIN, SERVER, PLAIN)
    ),
    "a server that had too many calls": history(
        types(1, 0, "v1"),
        types(3, 2, "v2"),
        Step(3.5, 0, "K2", "set", "name", "v3"),
        habits=(PLAIN, SERVER, PLAIN),
        calls=(Call(Fate.LATER, later=90.0),) * 3,
    ),
    "a server that wants a longer rest than another call of the same moment": history(
        types(1, 0, "v1"),
        Step(1.2, 0, "K2", "set", "name", "v2", 0.02),
        habits=(PLAIN, SERVER, SERVER),
        calls=(Call(Fate.TROUBLE, there=0.3),) * 2 + (Call(Fate.LATER, there=0.5, later=90.0),) * 2,
    ),
    "a server that wants a rest while another call of the same moment is accepted": history(
        types(1, 0, "v1"),
        Step(2, 0, "K2", "set", "name", "v2", 0.02),
        habits=(PLAIN, Habit(style=Style.CHANGED, echoes=True, numbers=True), Habit(style=Style.CHANGED)),
        calls=(
            Call(Fate.TROUBLE),
            Call(),
            Call(there=1.0, back=4.5),
            Call(there=1.0, back=4.5),
            Call(Fate.LATER, there=0.3, later=90.0),
        ),
    ),
    "everything again while one answers nothing": history(
        types(1, 0, "v1"),
        Step(20, 1, "", "resync"),
        Step(21, 0, "", "force"),
        habits=(ABOVE, PLAIN, SERVER),
        calls=(Call(), Call(), Call(Fate.LOST), Call(Fate.LATER), Call(Fate.GARBLED)),
    ),
    "a file exported before a live post and collected after it": filed(
        types(1, 0, "v1"), types(25, 0, "v2"), exports=(Export(20, 0, wait=15.0),)
    ),
    "a file collected after a live post that changed nothing": filed(
        types(1, 0, "v1"), lost(10, "v2"), types(25, 0, "v1"), exports=(Export(20, 0, wait=15.0),)
    ),
    "a file collected after a live post that leaves a field out": filed(
        types(1, 0, "v1"),
        lost(10, "v2", "phone"),
        lost(22, None, "phone"),
        types(25, 0, "v3"),
        exports=(Export(20, 0, wait=15.0),),
    ),
    "a file collected after another partner spoke": filed(
        types(1, 0, "v1"), lost(20, "v2"), types(45, 1, "v3"), exports=(Export(40, 0, wait=40.0),), filing=DEAF
    ),
    "a file collected after its partner was told": filed(
        types(1, 0, "v1"), types(45, 1, "v3"), exports=(Export(40, 0, wait=40.0),)
    ),
    "a file collected after a delete": filed(types(1, 0, "v1"), deletes(25, 0), exports=(Export(20, 0, wait=15.0),)),
    "two files in the wrong order": filed(
        types(1, 0, "v1"),
        lost(15, "v2"),
        lost(25, "v1"),
        exports=(Export(20, 0, wait=40.0), Export(30, 0, wait=6.0)),
    ),
}
