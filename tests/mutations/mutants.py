"""Lines that keep the promises, each with what it would be if somebody broke it, and the test that must find out.

`find` stands exactly once in the file. `proof` are arguments of pytest, or of the simulator for a clause of the rules
of convergence.
"""

from dataclasses import dataclass

RULES = "master/convergence.py"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One line changed."""

    promise: str
    file: str
    find: str
    put: str
    proof: tuple[str, ...]


def plays(history: str) -> tuple[str, ...]:
    """A known history, which must fail."""
    return ("tests.simulation", "--known", history)


CLAUSES = (
    Mutant(
        "an answer to what we send is an echo",
        RULES,
        "echo = (len(held) > 1 and value in held) or (recent is not None and value in recent.replaced)",
        "echo = False",
        plays("a whole row on its way when its partner is told"),
    ),
    Mutant(
        "what is in flight makes the known copy uncertain",
        RULES,
        "copy.known[name] = Held(copy.holds(name) | {value}, now)\n    copy.rounds",
        "copy.known[name] = Held(frozenset((value,)), now)\n    copy.rounds",
        plays("a lost delivery"),
    ),
    Mutant(
        "a value that crossed our delivery leaves both possible",
        RULES,
        "Held(frozenset((value, flight.crossed.get(name, value))), now)",
        "Held(frozenset((value,)), now)",
        plays("an outranked value typed between our delivery and its answer"),
    ),
    Mutant(
        "a value received just after our answer leaves both possible",
        RULES,
        "Held(frozenset((value, recent.sent)) if recent else frozenset((value,)), now)",
        "Held(frozenset((value,)), now)",
        plays("a value typed just before ours lands and heard just after"),
    ),
    Mutant(
        "an echo moves the record's number",
        RULES,
        "return bool(self.stated or self.echoed)",
        "return bool(self.stated)",
        plays("a value set back at once"),
    ),
    Mutant(
        "that the record exists is in flight with every delivery but a delete",
        RULES,
        "Flight(token, number, forced, dict(sent), ",
        "Flight(token, number, forced, {n: v for n, v in sent.items() if n != EXISTS or v is False}, ",
        plays("a delete that our update undoes"),
    ),
    Mutant(
        "a partner that said gone is not given the record back",
        RULES,
        "return exists and not (said is not None and said.value is False and said.stamp >= stamp)",
        "return exists",
        plays("a delete by one who is outranked"),
    ),
    Mutant(
        "a first row states that the record exists",
        RULES,
        "if name == EXISTS and name not in copy.image:",
        "if name == EXISTS and False:",
        plays("a record made by two at once"),
    ),
    Mutant(
        "an exchange without an end is parked as a loop",
        RULES,
        "return len(recent) >= ALL_ROUNDS or max(Counter(recent).values(), default=0) >= SAME_ROUNDS",
        "return False",
        plays("a partner that upper-cases what it is told"),
    ),
    Mutant(
        "what a whole row leaves out is blank",
        RULES,
        "if name != EXISTS and name not in spoken and any(value is not None for value in held.values):",
        "if name == EXISTS:",
        plays("a field left out of a whole row"),
    ),
    Mutant(
        "a record that is there again may have lost what its row does not name",
        RULES,
        "copy.known[name] = Held(copy.holds(name) | NOTHING, now)",
        "copy.known[name] = Held(copy.holds(name), now)",
        plays("a record made again with less"),
    ),
    Mutant(
        "after a refusal both the old value and the one that crossed are possible",
        RULES,
        "copy.known[name] = Held(before | crossed, now)",
        "copy.known[name] = Held(crossed or before, now)",
        plays("a refusal of what crossed"),
    ),
    Mutant(
        "every value replaced within the window is remembered",
        RULES,
        "replaced = (earlier | flight.before[name]) - {value}",
        "replaced = flight.before[name] - {value}",
        plays("an old value that crosses two quick corrections"),
    ),
)


PROMISES = (
    Mutant(
        "what is not in the journal after an uncertain commit is not acknowledged",
        "intake/grouping.py",
        "outcome if id_ in stored else _unavailable(error)",
        "outcome",
        ("tests/intake/test_grouping.py", "-k", "was_not_done and sqlite"),
    ),
    Mutant(
        "a request is a repeat only if nobody changed its records in between",
        "intake/repeats.py",
        "if change <= self.seen:",
        "if change >= 0:",
        ("tests/intake/test_repeats.py", "-k", "sqlite"),
    ),
    Mutant(
        "two processes decide about one request one after the other",
        "db.py",
        "    if numbers:\n",
        "    if not numbers:\n",
        ("tests/intake/test_repeats.py", "-k", "two_processes or at_once and postgresql"),
    ),
    Mutant(
        "records that change are locked",
        "db.py",
        "return statement.with_for_update(key_share=True, skip_locked=skip_locked)",
        "return statement",
        ("tests/master/test_store_at_work.py", "-k", "first_insert and postgresql"),
    ),
    Mutant(
        "a row that says out of use brings nothing back",
        "master/convergence.py",
        "if revives or False not in copy.holds(EXISTS):",
        "if True:",
        ("tests/master/test_scenarios.py", "-k", "out_of_use and sqlite"),
    ),
    Mutant(
        "a connection writes only its entities",
        "master/store.py",
        "return partner.writes is None or write.entity in partner.writes",
        "return True",
        ("tests/master/test_scenarios.py", "-k", "only_its_entities and sqlite"),
    ),
    Mutant(
        "a waiting delivery is told of a newer number",
        "outbox/pump.py",
        '"wanted": case((newer, statement.excluded.wanted), else_=DELIVERIES.c.wanted)',
        '"wanted": DELIVERIES.c.wanted',
        ("tests/outbox/test_settling.py", "-k", "sqlite"),
    ),
    Mutant(
        "the cursor skips no record",
        "outbox/pump.py",
        ".order_by(RECORDS.c.changed)",
        ".order_by(RECORDS.c.code.desc())",
        ("tests/outbox/test_settling.py", "-k", "skips_none and sqlite"),
    ),
    Mutant(
        "a delivery is settled only if nothing newer was asked for",
        "outbox/settle.py",
        "return bool(row.wanted > parcel.number or row.forced != parcel.forced)",
        "return False",
        ("tests/outbox/test_settling.py", "-k", "sqlite"),
    ),
    Mutant(
        "an old token settles nothing",
        "outbox/settle.py",
        "DELIVERIES.c.token == claim.token",
        "DELIVERIES.c.copy_id > 0",
        ("tests/outbox/test_settling.py", "-k", "old_token and sqlite"),
    ),
    Mutant(
        "two workers never have the same copy in flight",
        "outbox/claim.py",
        "DELIVERIES.c.lease_until <= now,",
        "DELIVERIES.c.lease_until >= 0,",
        ("tests/outbox/test_settling.py", "-k", "sqlite"),
    ),
    Mutant(
        "only what differs travels",
        "outbox/claim.py",
        "forced = row.forced > copy.sent_number",
        "forced = True",
        ("tests/outbox/test_telling.py", "-k", "sqlite"),
    ),
)
