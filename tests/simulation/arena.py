"""One history played through: the real store, pump, claim and settle; partners, network and clock are the simulator's.

`play` raises `Violation` if the promises of convergence are broken.
"""

import heapq
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from uuid import UUID, uuid4

from sqlalchemy import Engine, bindparam, func, select
from sqlalchemy.orm import Session
from tests.simulation.exports import MARGIN, Files, Sheet
from tests.simulation.history import FIELDS, KEYS, SILENT, STORED, UNSPOKEN, Call, Export, Fate, History, Step
from tests.simulation.partners import ENTITY, Partner, Post, Violation
from tests.simulation.servers import told

from synchub import clock, db
from synchub.clock import SECOND
from synchub.connections.tables import Connection
from synchub.master import copies as copying
from synchub.master import store
from synchub.master.copies import EXISTS, Copy, Row
from synchub.master.entities import ENTITIES
from synchub.master.tables import Change, CrossReference, MasterRecord
from synchub.master.values import Value
from synchub.master.writes import Batch
from synchub.outbox import dead_letters
from synchub.outbox.backoff import Retry
from synchub.outbox.claim import Claim, claim
from synchub.outbox.pump import pump
from synchub.outbox.sender import Outcome, Parcel, Verdict
from synchub.outbox.settle import Policy, settle
from synchub.outbox.tables import Delivery, State
from synchub.outbox.worker import WAITS
from synchub.resync import asking
from synchub.resync.working import RESYNCS, Put, advance

START = 1_800_000_000 * SECOND
LEASE = 30 * SECOND
SILENCE = 12 * SECOND
"""When a worker stops waiting for an answer; nothing lands after that."""
MOST_CALLS = 150
POLICY = Policy(Retry([1.0, 5.0], jitter=lambda: 1.0))

RECORDS = db.table_of(ENTITIES[ENTITY])
SHARED = db.table_of(MasterRecord)
COPIES = db.table_of(CrossReference)
# Statements are built once, and skip the object layer: thousands of histories ask them again and again.
_RECORDS = (
    select(SHARED.c["id", "code", "exists", "exists_stamp"], *(RECORDS.c[name] for name in FIELDS))
    .join(RECORDS, RECORDS.c.id == SHARED.c.id)
    .order_by(SHARED.c.id)
)
_COPIES = select(COPIES).where(COPIES.c.connection_id != 0).order_by(COPIES.c.record_id, COPIES.c.id)
_IN_STATE = (
    select(COPIES)
    .join(Delivery, Delivery.copy_id == COPIES.c.id)
    .where(Delivery.state.in_(bindparam("states", expanding=True)))
    .order_by(COPIES.c.id)
)
_DUE = (
    select(Delivery.connection_id, Delivery.due, Delivery.lease_until, Connection.backoff_until)
    .join(Connection, Connection.id == Delivery.connection_id)
    .where(Delivery.state == State.WAITING)
)
_STEPS = select(func.count()).select_from(db.table_of(Change))


class Target:
    """What the outbox asks about a partner of the simulator; the simulator sends by itself."""

    def __init__(self, batch: int) -> None:
        self.batch = batch

    def told(self, entity: str) -> frozenset[str]:
        return frozenset((*FIELDS, UNSPOKEN)) if entity == ENTITY else frozenset()

    def required(self, entity: str) -> Mapping[str, Value]:
        return {}

    def gone(self, entity: str) -> Row:
        return {}

    def check(self, parcel: Parcel) -> str | None:
        return None

    def shape(self, parcel: Parcel) -> None:
        pass

    def send(self, parcels: Sequence[Parcel], deadline: float) -> Outcome:
        raise AssertionError("the simulator sends by itself")

    def close(self) -> None:
        pass


@dataclass(slots=True)
class Arena:
    """The state of one run."""

    engine: Engine
    history: History
    now: int = START
    events: list[tuple[int, int, Callable[[], None]]] = field(default_factory=list)
    order: "count[int]" = field(default_factory=count)
    partners: list[Partner] = field(default_factory=list)
    connections: dict[int, Connection] = field(default_factory=dict)
    seen: set[tuple[int, str, str, str]] = field(default_factory=set)
    edits: dict[tuple[str, str], list[tuple[int, str | None]]] = field(default_factory=dict)
    calls: int = 0
    makers: set[tuple[int, str]] = field(default_factory=set)
    accepted: set[tuple[int, str]] = field(default_factory=set)
    looks: set[int] = field(default_factory=set)
    told: list[str] = field(default_factory=list)
    answered: dict[tuple[int, str], str] = field(default_factory=dict)
    quiet: dict[int, int] = field(default_factory=dict)
    puts: list[tuple[int | None, Put]] = field(default_factory=list)
    files: Files = field(default_factory=Files)

    def play(self) -> None:
        """Play the history and see that all promises hold."""
        for number, habit in enumerate(self.history.habits, 1):
            self.partners.append(Partner(number, habit))
        self._join()
        for step in self.history.steps:
            self._at(step.at, lambda step=step: self._act(step))
        for export in self.history.exports:
            self._at(export.at, lambda export=export: self._export(export))
        self._run()
        self._export_all()
        self._mend()
        self._check_converged()
        self._check_nothing_lost()
        self._check_later_words()
        self._check_nobody_unmade()
        self._check_numbers()
        self._check_forced()
        self._check_echoes()

    def _join(self) -> None:
        for partner in self.partners:
            who = {"id": partner.number, "name": f"P{partner.number}", "guid": UUID(int=partner.number)}
            where = {} if partner.habit.deaf else {"url": "simulated"}
            made = Connection(**who, dialect="simulated", rank=partner.habit.rank, created_at=START, settings=where)
            self.connections[partner.number] = made
        with db.writing(self.engine) as session:
            session.add_all(self.connections.values())

    def _tell(self, what: str) -> None:
        """Note what happens, for whoever reads a failure."""
        self.told.append(f"{(self.now - START) / SECOND:9.3f}  {what}")

    # What happens, and when

    def _at(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self.events, (self.now + int(seconds * SECOND), next(self.order), act))

    def _run(self) -> None:
        """Let everything happen until nothing is left to happen."""
        while self.events or self._wait_for_work():
            moment, _, act = heapq.heappop(self.events)
            self.now = max(self.now + 1, moment)
            act()

    def _wait_for_work(self) -> bool:
        """When nothing happens by itself, look at each target that still has something due, at the time it is."""
        with db.reading(self.engine) as session:
            due = session.execute(_DUE).all()
        for number, *moments in due:
            self._look_soon(number, max(max(moments) - self.now, 0) / SECOND)
        return bool(due)

    def _resync(self, source: int | None) -> None:
        """Everything again: from a partner, or as the hub has it."""
        message = uuid4()

        def enter(session: Session) -> None:
            total = asking.count_all(session, source, None)
            asking.enter(session, asking.Wish(source), total, 1, message, queued=True)

        db.retrying(self.engine, enter)
        put = db.retrying(self.engine, lambda session: advance(session, RESYNCS.c.message_id == message))
        if put is not None:
            self.puts.append((source, put))
        self._tell(f"everything again from {source or 'the hub'}: {put.restated if put else 0} restated")
        for other in self.partners:
            self._look_soon(other.number, self._call().wait)

    def _act(self, step: Step) -> None:
        if step.action in {"resync", "force"}:
            self._resync(step.partner + 1 if step.action == "resync" else None)
            return
        partner = self.partners[step.partner]
        post = partner.user(step)
        lost = step.lost and partner.habit.files
        self._tell(f"P{partner.number} {step.action}s {step.key}.{step.field}={step.value}{' (lost)' * lost}")
        if post is not None and not lost:
            self._post(partner, post, step.delay)
            if step.twice:
                self._post(partner, Post(post.write, at=post.at), step.delay + 0.05)

    def _post(self, partner: Partner, post: Post, delay: float) -> None:
        """Send a post; posts of one partner arrive in the order in which they were sent."""
        post.at = post.at or self.now
        last = partner.posts[-1][0] if partner.posts else 0
        moment = max(self.now + int(delay * SECOND), last + 1)
        partner.posts.append((moment, post))
        self._at((moment - self.now) / SECOND, lambda: self._hear(partner))

    def _hear(self, partner: Partner) -> None:
        """The next post of a partner arrives."""
        _, post = partner.posts.popleft()
        write = post.write
        batch = Batch(partner.number, None, [write])
        verdict = db.retrying(self.engine, lambda session: store.apply(session, [batch]))[0].verdicts[0]
        self._tell(f"P{partner.number} posts {write.mode.value} {write.key} {write.fields}: {verdict.kind.value}")
        for name, value in write.fields.items():
            self.seen.add((partner.number, write.key, name, str(value)))
        if partner.habit.files:
            self.files.know(partner.number, write.key, post.at)
        if post.makes and (partner.number, write.key) not in self.accepted:
            self.makers.add((partner.number, write.key))
        if post.edit:
            name, value = post.edit
            self.edits.setdefault((write.key, name), []).append((partner.number, value))
        for other in self.partners:
            self._look_soon(other.number, self._call().wait)

    def _export(self, export: Export) -> None:
        """A partner begins to write a file."""
        partner = self.partners[export.partner]
        if not partner.habit.files:
            return
        sheet = Sheet(partner)
        for key, part in zip(KEYS, export.reads, strict=True):
            self._at(export.takes * part, lambda key=key: sheet.read(key, self.now))
        end = self.now + int(export.takes * SECOND)
        self._at(export.takes + export.wait, lambda: self._collect(sheet, end - MARGIN))

    def _export_all(self) -> None:
        """Every partner that has files writes one in which there is everything that it holds."""
        if any(partner.habit.files for partner in self.partners):
            self.now += MARGIN + 60 * SECOND
            for partner in self.partners:
                self._export(Export(0, partner.number - 1))
            self._run()

    def _collect(self, sheet: Sheet, as_of: int) -> None:
        """A file is read as of a time; what it says must be newer than all that was known of its partner."""
        verdicts = self.files.collect(self.engine, sheet, as_of)
        moment = f"{(as_of - START) / SECOND:.3f}"
        self._tell(f"P{sheet.partner.number}'s file as of {moment}, {sheet.rows}: {verdicts}")
        for key, row in sheet.rows.items():
            for name, value in row.items():
                self.seen.add((sheet.partner.number, key, name, value))
        for other in self.partners:
            self._look_soon(other.number, self._call().wait)

    def _call(self) -> Call:
        """The next call of the script, without taking it."""
        return self.history.calls[self.calls] if self.calls < len(self.history.calls) else Call()

    def _look_soon(self, number: int, seconds: float) -> None:
        if number not in self.looks and not self.partners[number - 1].habit.deaf:
            self.looks.add(number)
            self._at(seconds, lambda: self._look(number))

    # What a worker does

    def _look(self, number: int) -> None:
        """Pump and claim for one target, in one transaction, as nobody else is there; send what there is."""
        self.looks.discard(number)
        connection = self.connections[number]
        target = Target(1 if self.partners[number - 1].habit.numbers else 10)
        with db.writing(self.engine) as session:
            found = session.execute(WAITS, {"target": number, "now": self.now}).one_or_none()
            behind, due = found or (False, False)
            if behind:
                pump(session, connection, target, 100, self.now)
            claimed = claim(session, connection, target, self.now, lease=LEASE) if behind or due else None
        if claimed and claimed.parcels:
            self._send(self.partners[number - 1], claimed)

    def _send(self, partner: Partner, claimed: Claim) -> None:
        call = self._call()
        self.calls += 1
        if self.calls > MOST_CALLS:
            raise Violation("an exchange without an end")
        carried = ", ".join(f"{parcel.key} {parcel.sent}" for parcel in claimed.parcels)
        self._tell(f"P{partner.number} is sent {carried}: {call.fate.value}")
        self._check_blanks(partner, claimed)
        self._check_manners(partner, claimed)
        if call.fate is not Fate.KILLED_BEFORE:
            self._at(call.there, lambda: self._arrive(partner, claimed, call))

    def _arrive(self, partner: Partner, claimed: Claim, call: Call) -> None:
        """A call arrives at the partner, or would; who had no answer gives up after a while."""
        if call.fate in STORED:
            self._tell(f"P{partner.number} stores {', '.join(parcel.key for parcel in claimed.parcels)}")
            self._see(partner, claimed)
            stored = self.now
        else:
            stored = 0
        outcome, echoes = told(partner, claimed.parcels, call)
        for echo in echoes:
            self._post(partner, echo, call.echo)
        if call.fate is not Fate.KILLED_AFTER:
            wait = SILENCE / SECOND - call.there if call.fate in SILENT else call.back if call.fate in STORED else 0
            self._at(wait, lambda: self._settle(partner, claimed, outcome, stored))

    def _see(self, partner: Partner, claimed: Claim) -> None:
        """Note what the hub knows that the partner holds now."""
        for parcel in claimed.parcels:
            for name in FIELDS:
                if parcel.sent.get(name) is not None:
                    self.seen.add((partner.number, parcel.key, name, str(partner.spell(str(parcel.sent[name])))))

    def _settle(self, partner: Partner, claimed: Claim, outcome: Outcome, stored: int) -> None:
        with db.writing(self.engine) as session:
            settle(session, claimed, claimed.parcels, outcome, policy=POLICY, started=self.now)
        self._tell(f"P{partner.number} settled: {outcome.verdict.value}")
        if outcome.verdict is Verdict.ACCEPTED:
            self.accepted |= {(partner.number, parcel.key) for parcel in claimed.parcels}
            for parcel in claimed.parcels:
                self.files.know(partner.number, parcel.key, stored, parcel.sent)
        for parcel in claimed.parcels:
            if parcel.copy in outcome.their_ids:
                self.answered[partner.number, parcel.key] = outcome.their_ids[parcel.copy]
        if outcome.retry_after:
            quiet = self.now + int(outcome.retry_after * SECOND)
            self.quiet[partner.number] = max(quiet, self.quiet.get(partner.number, 0))
        self._look_soon(partner.number, self._call().wait)

    # What must hold

    def _check_blanks(self, partner: Partner, claimed: Claim) -> None:
        """No blank goes over a value that the hub never saw, but where posts are lost."""
        if partner.habit.files:
            return
        waiting = {post.write.key for _, post in partner.posts}
        for parcel in claimed.parcels:
            row = partner.rows.get(parcel.key, {})
            for name in FIELDS:
                held = row.get(name)
                unseen = held is not None and (partner.number, parcel.key, name, held) not in self.seen
                if unseen and name in parcel.sent and parcel.sent[name] is None and parcel.key not in waiting:
                    raise Violation(f"a blank was sent over {name}={held} of P{partner.number}")
            if row and UNSPOKEN in parcel.sent:
                raise Violation(f"P{partner.number} was sent {UNSPOKEN}={parcel.sent[UNSPOKEN]}, which only it knows")

    def _check_manners(self, partner: Partner, claimed: Claim) -> None:
        """Nobody is called before the time that it named, nor without the number that it answered."""
        if self.now < self.quiet.get(partner.number, 0):
            raise Violation(f"P{partner.number} was called before the time that it named")
        for parcel in claimed.parcels:
            number = self.answered.get((partner.number, parcel.key))
            if parcel.their_id != number:
                raise Violation(f"P{partner.number} was sent {parcel.key} as {parcel.their_id}, not as {number}")

    def _check_numbers(self) -> None:
        """Every copy has the number that its partner answered last."""
        for _, copies in self._records().values():
            for copy in copies:
                number = self.answered.get((copy.connection, copy.key))
                if copy.their_id != number:
                    raise Violation(f"{copy.key} is kept as {copy.their_id} of P{copy.connection}, not as {number}")

    def _check_forced(self) -> None:
        """Every copy that was to be sent again was, or was left alone by its partner's own word; but the source's."""
        looping = {copy.id for copy in self._in_state({State.LOOP})}
        copies = {copy.id: copy for _, found in self._records().values() for copy in found}
        for source, put in self.puts:
            for copy in (copies[id_] for id_ in put.copies):
                if copy.connection == source:
                    raise Violation(f"{copy.key} is forced at P{source}, which asked for its own word")
                if copy.sent_number < put.number and copy.id not in looping:
                    raise Violation(f"{copy.key} was not sent again to P{copy.connection}")

    def _mend(self) -> None:
        """What an operator does at last: retry what was refused, and see that a loop ends with a word of its own."""
        self._retry({State.PARKED})
        if looped := self._in_state({State.LOOP}):
            self.now += 700 * SECOND
            for place, key in enumerate(KEYS):
                holders = [one.number for one in self.partners if key in one.rows and not one.habit.shouts]
                if holders and any(copy.key == key for copy in looped):
                    step = Step(0, holders[0] - 1, key, "set", "name", f"nudge{place}")
                    self._at(place, lambda step=step: self._act(step))
            self._run()
            self._retry({State.PARKED})
        self.now += 60 * SECOND
        if bad := [copy for copy in self._in_state(set(State)) if not self._shouts(copy.connection)]:
            raise Violation(f"deliveries are stuck: {bad}")

    def _retry(self, states: Collection[State]) -> None:
        while copies := self._in_state(states):
            self.quiet.clear()  # who retries has a target in trouble called at once
            with clock.replaced(lambda: self.now), db.writing(self.engine) as session:
                dead_letters.retry(session, [copy.id for copy in copies])
            self._run()

    def _in_state(self, states: Collection[State]) -> list[Copy]:
        with db.reading(self.engine) as session:
            return [copying.load(row) for row in session.execute(_IN_STATE, {"states": list(states)})]

    def _shouts(self, number: int) -> bool:
        return self.partners[number - 1].habit.shouts

    def _records(self) -> dict[str, tuple[Row, list[Copy]]]:
        """The golden record of each key with `exists` and its copies."""
        with db.reading(self.engine) as session:
            records = session.execute(_RECORDS).all()
            copies = [copying.load(row) for row in session.execute(_COPIES)]
        found = {}
        for record in records:
            golden = {name: getattr(record, name) for name in FIELDS if getattr(record, name) is not None}
            state: Row = {EXISTS: record.exists, "stamp": record.exists_stamp, **golden}
            found[str(record.code)] = (state, [copy for copy in copies if copy.record == record.id])
        return found

    def _check_converged(self) -> None:
        """Every partner holds every record as it is, or nothing where it is gone; who loops is shown, not told."""
        looping = {copy.id for copy in self._in_state({State.LOOP})}
        deaf = {partner.number for partner in self.partners if partner.habit.deaf}
        for key, (state, copies) in self._records().items():
            golden = {name: str(state[name]) for name in FIELDS if name in state}
            told = [copy for copy in copies if copy.connection not in deaf]
            if state[EXISTS] and len(told) != len(self.partners) - len(deaf):
                raise Violation(f"somebody was not told of {key}")
            for copy in told:
                if copy.id in looping:
                    continue
                held = self.partners[copy.connection - 1].rows.get(copy.key)
                wish = golden if state[EXISTS] and not _left(copy, int(state["stamp"] or 0)) else None
                if self._shouts(copy.connection):
                    held, wish = _upper(held), _upper(wish)
                if held != wish:
                    raise Violation(f"P{copy.connection} holds {key}={held}, not {wish}")

    def _check_nothing_lost(self) -> None:
        """The last word of the best rank stands, where no limit of the rules can have been met."""
        restated = any(step.action == "resync" for step in self.history.steps)
        posts_lost = any(partner.habit.files for partner in self.partners)
        shouted = any(partner.habit.shouts for partner in self.partners)
        if restated or not self.history.unique or shouted or posts_lost:
            return
        deleted = {step.key for step in self.history.steps if step.action == "delete"}
        cleared = {(step.key, step.field) for step in self.history.steps if step.value is None}
        records = self._records()
        for (key, name), words in self.edits.items():
            if key in deleted or (key, name) in cleared:
                continue
            best = max(self.partners[number - 1].habit.rank for number, _ in words)
            last = [value for number, value in words if self.partners[number - 1].habit.rank == best][-1]
            stands = records[key][0].get(name)
            if stands != last and not str(stands).startswith("nudge"):
                raise Violation(f"{name} of {key} is {stands}, but the last word was {last}")

    def _check_later_words(self) -> None:
        """Of what partners stated last, that of the best rank stands, then the latest; files speak for their times."""
        if any(step.action == "resync" for step in self.history.steps):
            return
        ranks = {partner.number: partner.habit.rank for partner in self.partners}
        stood = {key: state for key, (state, _) in self._records().items()}
        for (key, name), (value, who) in self.files.words(self.engine, ranks).items():
            if stood[key].get(name) != value:
                raise Violation(f"{name} of {key} is {stood[key].get(name)}, but P{who} said {value} later")

    def _check_nobody_unmade(self) -> None:
        """What the one of the best rank has made, and never deleted, exists."""
        ranks = sorted((partner.habit.rank, partner.number) for partner in self.partners)
        best = ranks[-1][1]
        deleted = {step.key for step in self.history.steps if step.action == "delete" and step.partner == best - 1}
        for key, (state, _) in self._records().items():
            made = (best, key) in self.makers and key not in deleted and ranks[-1][0] > ranks[-2][0]
            if made and not state[EXISTS]:
                raise Violation(f"{key} is gone, although P{best} made it and outranks all others")

    def _check_echoes(self) -> None:
        """When everybody sends everything again, nothing changes and nobody is called."""
        if any(partner.habit.shouts for partner in self.partners):
            return
        before, calls, steps = self._what_is_known(), self.calls, self._steps()
        for partner in self.partners:
            for key in partner.rows:
                self._post(partner, Post(partner.everything(key)), 1)
        self._run()
        self._export_all()
        if self._what_is_known() != before or self._steps() != steps:
            raise Violation("an echo of everything changed something")
        if self.calls != calls:
            raise Violation("an echo of everything was answered by a call")

    def _what_is_known(self) -> list[tuple[Row, list[Copy]]]:
        """All records and copies, but for the times at which nothing new was heard."""
        found = self._records().values()
        return [(state, [replace(copy, heard_at=0) for copy in copies]) for state, copies in found]

    def _steps(self) -> int:
        with db.reading(self.engine) as session:
            return session.scalars(_STEPS).one()


def _left(copy: Copy, stated: int) -> bool:
    """Whether a partner said gone at or after the moment at which the winner stated that the record exists."""
    said = copy.image.get(EXISTS)
    return said is not None and said.value is False and said.stamp >= stated


def _upper(row: Mapping[str, str] | None) -> dict[str, str] | None:
    return None if row is None else {name: value.upper() for name, value in row.items()}


def play(engine: Engine, history: History) -> None:
    """Play a history on a migrated store in which nothing has happened yet.

    Raises:
        Violation: a promise of convergence was broken.
    """
    arena = Arena(engine, history)
    try:
        with clock.replaced(lambda: arena.now):
            arena.play()
    except Violation as violation:
        violation.add_note("\n".join(arena.told))
        raise
