"""The five ForceResync methods: what is asked for, that it is kept and done, and how the answer tells it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import HUB, Connection
from synchub.dialects.dialect import Hub
from synchub.dialects.superoffice.explaining import ENGLISH, Sentence, say
from synchub.dialects.superoffice.wire import (
    ENTITIES,
    TABLES,
    ActorType,
    ChangedData,
    ChangedDataItem,
    OfKeys,
    OfRecords,
    PluginResponse,
    Status,
)
from synchub.errors import Unavailable
from synchub.intake import journal
from synchub.intake.submission import Arrival, Submission
from synchub.master.tables import MasterRecord
from synchub.resync import asking, working
from synchub.resync.asking import Found, Wish
from synchub.resync.reading import Progress, refused_of
from synchub.resync.tables import State
from synchub.resync.watching import Outcome, ask, change, watch, watch_all
from synchub.resync.working import Put

RECORDS = db.table_of(MasterRecord)

UNKNOWN_CONNECTION = "UNKNOWN_CONNECTION_ID"
UNKNOWN_RECORDS = "UNKNOWN_INTERNAL_KEY_ID"
UNKNOWN_KEYS = "UNKNOWN_ERP_KEY"
UNKNOWN_ACTOR = "UNSUPPORTED_ACTOR_TYPE"
MOST_SHOWN = 20

Named = OfRecords | OfKeys


@dataclass(frozen=True, slots=True)
class Order:
    """One call: what it names, whether blanks count, and whether its caller waits."""

    named: Named
    blanks: bool = True
    queued: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What an order comes to: a wish for so many records, and what of the order names none.

    `error` is its code if nothing can be done at all, and `why` the sentence about that.
    """

    wish: Wish
    total: int = 0
    unknown: Sequence[Any] = ()
    error: str = ""
    why: Sentence | None = None


async def carry_out(hub: Hub, connection: Connection, order: Order, arrival: Arrival, language: str) -> PluginResponse:
    """Do what is ordered, and say how it went.

    Raises:
        Unavailable: the store cannot take it now.
    """
    plan = await ask(hub.engine, lambda session: plan_of(session, connection, order))
    if plan.why is not None:
        answer = _answer([plan.why], Status.ERROR, language, error=plan.error)
        await hub.committer.hand_in(Submission(arrival, (), lambda _: answer.dump(), refusal=answer.tech_explanation))
        return answer
    accepted = _answer([_under_way(0, plan.total)], Status.OK_WITH_INFO, language)

    def enter(session: Session) -> None:
        asking.enter(session, plan.wish, plan.total, connection.id, arrival.id, queued=order.queued)

    await hub.committer.hand_in(Submission(arrival, (), lambda _: accepted.dump(), beside=enter))
    hub.wake()
    if order.queued:
        return accepted
    try:
        answer = await _follow(hub, plan, arrival, language)
        await change(hub.engine, lambda session: journal.amend(session, arrival.id, answer.dump()))
    except Unavailable:
        return accepted  # It is committed and will be done; only how far it has come cannot be seen.
    return answer


def plan_of(session: Session, asker: Connection, order: Order) -> Plan:
    """What an order comes to, as the store is now."""
    named, entities = order.named, None if asker.writes is None else frozenset(asker.writes)
    source = named.erp_connection_id if named.erp_connection_id > HUB else None
    wish = Wish(source, entities, None, order.blanks)
    if source is not None and session.get(Connection, source) is None:
        return Plan(wish, error=UNKNOWN_CONNECTION, why=say("There is no connection %(id)d.", id=source))
    if isinstance(named, OfKeys) and named.erp_actor_type is not ActorType.UNKNOWN:
        entity = ENTITIES.get(named.erp_actor_type)
        if entity is None or entity not in (entities or {entity}):
            why = say("Records of the type %(type)s are not kept here.", type=named.erp_actor_type)
            return Plan(wish, error=UNKNOWN_ACTOR, why=why)
        wish = Wish(source, frozenset((entity,)), None, order.blanks)
    return _planned(session, wish, named)


def _planned(session: Session, wish: Wish, named: Named) -> Plan:
    given: Sequence[Any] = named.internal_key_ids if isinstance(named, OfRecords) else named.external_keys
    if not given:
        return Plan(wish, asking.count_all(session, wish.source, wish.entities))
    found = _found(session, wish, named)
    if not found.records:
        code = UNKNOWN_RECORDS if isinstance(named, OfRecords) else UNKNOWN_KEYS
        return Plan(wish, unknown=found.unknown, error=code, why=_unknown(found.unknown))
    return Plan(Wish(wish.source, wish.entities, found.records, wish.blanks), len(found.records), found.unknown)


def _found(session: Session, wish: Wish, named: Named) -> Found:
    if isinstance(named, OfRecords):
        return asking.by_id(session, wish.source, wish.entities, named.internal_key_ids)
    return asking.by_key(session, wish.source, wish.entities, named.external_keys)


async def _follow(hub: Hub, plan: Plan, arrival: Arrival, language: str) -> PluginResponse:
    """Wait for what was asked for, as long as the setting says, and tell what came of it."""
    put = None
    if plan.wish.is_small:
        which = working.RESYNCS.c.message_id == arrival.id
        put = await change(hub.engine, lambda session: working.advance(session, which))
        hub.wake()
    if put is None:
        progress = await watch_all(hub.engine, arrival.id, hub.settings.resync_wait)
        refused, told = await ask(hub.engine, lambda session: _came_of(session, plan.wish, progress))
        return told_of_all(progress, refused, plan, told, language)
    outcome = await watch(hub.engine, put, hub.settings.resync_wait)
    changes = await ask(hub.engine, lambda session: _changes(session, outcome.done))
    return told_of(outcome, put, plan, changes, language)


def told_of(outcome: Outcome, put: Put, plan: Plan, changes: ChangedData, language: str) -> PluginResponse:
    """The answer about named records."""
    refused, count = sorted(outcome.refused), len(put.records)
    came = None if refused else _done(count)
    if outcome.under_way:
        came = _under_way(len(outcome.done), count)
    sentences = _told(came, refused, plan, _gone(put.gone) if put.gone else None)
    status = _standing(bad=bool(refused or plan.unknown), odd=bool(outcome.under_way or put.gone))
    reasons = [f"{record}: {reason}" for record in refused for reason in outcome.refused[record]]
    return _answer(sentences, status, language, changes=changes, more=[f"Change number {put.number}.", *reasons])


def _came_of(session: Session, wish: Wish, progress: Progress) -> tuple[list[int], ChangedData | None]:
    """The records that were refused; and what was told, of named records once nothing of them is under way."""
    if wish.records is None:
        return refused_of(session, progress.id, None, MOST_SHOWN + 1), None
    refused = refused_of(session, progress.id, wish.records, len(wish.records))
    if progress.state is not State.DONE or not progress.is_over:
        return refused, None
    return refused, _changes(session, sorted({*wish.records}.difference(refused)))


def told_of_all(
    progress: Progress, refused: Sequence[int], plan: Plan, changes: ChangedData | None, language: str
) -> PluginResponse:
    """The answer about everything, or about more records than are watched one by one."""
    stopped = progress.state is State.CANCELLED
    came = None if refused else _done(progress.records)
    if stopped or not progress.is_over:
        came = _stopped(progress) if stopped else _queued(progress)
    sentences = _told(came, refused, plan, _left_out(progress.gone) if progress.gone else None)
    odd = not progress.is_over or bool(progress.gone)
    status = _standing(bad=bool(stopped or refused or plan.unknown), odd=odd)
    more = [f"Resync {progress.id}: {progress.waiting} copies wait, {progress.refused} are refused."]
    return _answer(sentences, status, language, changes=changes, more=more)


def _told(came: Sentence | None, refused: Sequence[int], plan: Plan, gone: Sentence | None) -> list[Sentence]:
    """What came of it, if that can be said, and then of what nothing came."""
    unknown = _unknown(plan.unknown) if plan.unknown else None
    return [each for each in (came, _refused(refused) if refused else None, unknown, gone) if each is not None]


def _standing(*, bad: bool, odd: bool) -> Status:
    """How an answer stands of which something is bad, or only odd."""
    if bad:
        return Status.WARNING
    return Status.OK_WITH_INFO if odd else Status.OK


def _stopped(progress: Progress) -> Sentence:
    return say(
        "It was cancelled after %(done)d of %(count)d record.",
        "It was cancelled after %(done)d of %(count)d records.",
        progress.total,
        done=progress.records,
    )


def _queued(progress: Progress) -> Sentence:
    return say(
        "%(count)d record is being sent again, %(done)d queued so far.",
        "%(count)d records are being sent again, %(done)d queued so far.",
        progress.total,
        done=progress.records,
    )


def _under_way(done: int, total: int) -> Sentence:
    return say(
        "%(count)d record is being sent again, %(done)d so far.",
        "%(count)d records are being sent again, %(done)d so far.",
        total,
        done=done,
    )


def _refused(records: Sequence[int]) -> Sentence:
    return say(
        "Record %(ids)s was refused by a connection.",
        "Records %(ids)s were refused by a connection.",
        len(records),
        ids=_shown(records),
    )


def _gone(records: Collection[int]) -> Sentence:
    return say(
        "Record %(ids)s was left out where the connection itself has deleted it.",
        "Records %(ids)s were left out where the connection itself has deleted them.",
        len(records),
        ids=_shown(sorted(records)),
    )


def _left_out(copies: int) -> Sentence:
    return say(
        "%(count)d copy was left out, because its connection itself has deleted it.",
        "%(count)d copies were left out, because their connections themselves have deleted them.",
        copies,
    )


def _done(count: int) -> Sentence:
    return say("%(count)d record was sent again.", "%(count)d records were sent again.", count)


def _unknown(keys: Sequence[Any]) -> Sentence:
    return say("This key is not known: %(keys)s.", "These keys are not known: %(keys)s.", len(keys), keys=_shown(keys))


def _shown(things: Sequence[Any]) -> str:
    more = ", …" if len(things) > MOST_SHOWN else ""
    return ", ".join(map(str, things[:MOST_SHOWN])) + more


def _changes(session: Session, records: Sequence[int]) -> ChangedData:
    chosen = db.among(RECORDS.c.id, records)
    rows = session.execute(select(RECORDS.c.id, RECORDS.c.entity).where(chosen).order_by(RECORDS.c.id))
    items = [ChangedDataItem(tablename=TABLES.get(row.entity, row.entity), record_id=row.id) for row in rows]
    return ChangedData(updated_records=items)


def _answer(
    sentences: Iterable[Sentence],
    status: Status,
    language: str,
    *,
    error: str = "",
    changes: ChangedData | None = None,
    more: Sequence[str] = (),
) -> PluginResponse:
    said = list(sentences)
    return PluginResponse(
        is_ok=status is not Status.ERROR,
        user_explanation=" ".join(sentence.said(language) for sentence in said),
        tech_explanation=" ".join([*(sentence.said(ENGLISH) for sentence in said), *more]),
        error_code=error,
        changes=changes,
        status=status,
    )
