"""Lines that keep what a resync promises, and what is promised to a server that numbers its rows."""

from tests.mutations.mutants import SETTLE, Mutant

WORKING = "resync/working.py"
RESTATING = "master/restating.py"
ANSWERS = "dialects/superoffice/resyncs.py"
ANSWERS_OF_SERVERS = "dialects/synchroteam/client/answers.py"
FORMS = "dialects/synchroteam/client/forms.py"
RESTATED = "tests/resync/test_restating.py::"
WORKED = "tests/resync/test_working.py::"
ANSWERED = "tests/dialects/superoffice/test_resync.py::"

SERVERS = (
    Mutant(
        "the id that a server answers is kept",
        SETTLE,
        "copy.their_id = outcome.their_ids.get(parcel.copy, copy.their_id)",
        "pass",
        "a server that answers its own number",
    ),
    Mutant(
        "what a server answered unreadably is not known to be stored",
        ANSWERS_OF_SERVERS,
        "return Outcome(Verdict.UNKNOWN, reason, response.status, answer=text)",
        "return Outcome(Verdict.ACCEPTED, reason, response.status, answer=text)",
        "a server whose answer is lost and then garbled",
    ),
    Mutant(
        "a server is not called before the time that it named",
        "outbox/backoff.py",
        "    if retry_after is not None:\n",
        "    if retry_after == -1:\n",
        "a server that had too many calls",
    ),
    Mutant(
        "of calls that fail together the longest rest that is asked for counts",
        "outbox/backoff.py",
        "if together and (retry_after is None or until <= target.backoff_until):",
        "if together:",
        "a server that wants a longer rest than another call of the same moment",
    ),
    Mutant(
        "a rest that is asked for is kept whatever else is answered",
        "outbox/backoff.py",
        "if not target.backoff_count or target.rests_until > now:",
        "if not target.backoff_count:",
        "a server that wants a rest while another call of the same moment is accepted",
    ),
    Mutant(
        "a customer that was made again under another id is deleted too",
        FORMS,
        "if outcome.verdict is not Verdict.ACCEPTED or gone:",
        "if True:",
        "a server's row that its user makes again under another number",
    ),
    Mutant(
        "no copy of the source is forced",
        WORKING,
        "if one.id != resync.source_id}",
        "}",
        "everything again while one answers nothing",
    ),
)
"""Proved by known histories."""

RESYNCS = (
    Mutant(
        "a resync marks copies as forced",
        "outbox/force.py",
        ".values(forced=number)",
        ".values(forced=0)",
        f"{WORKED}test_everything_is_sent_again_to_every_target[sqlite]",
    ),
    Mutant(
        "a force wakes a delivery that was given up",
        "outbox/force.py",
        '"state": State.WAITING.value, "due": now, "tries": 0',
        '"due": now, "tries": 0',
        f"{WORKED}test_a_copy_that_was_refused_before_is_tried_again[sqlite]",
    ),
    Mutant(
        "the cursor of a resync moves",
        WORKING,
        '"cursor": put.records[-1] if put.records else resync.cursor,',
        '"cursor": resync.cursor,',
        f"{WORKED}test_chosen_records_may_be_more_than_a_window[sqlite]",
    ),
    Mutant(
        "the cursor is committed with what it has passed, and not before",
        WORKING,
        "    db.notify(session, db.CHANNEL)\n    return put",
        "    session.commit()\n    return put",
        f"{WORKED}test_a_window_that_fails_leaves_nothing_half_done_and_the_next_goes_on_there[sqlite]",
    ),
    Mutant(
        "a cancelled resync puts no more",
        WORKING,
        "select(RESYNCS).where(which, RESYNCS.c.state == State.RUNNING)",
        "select(RESYNCS).where(which)",
        f"{WORKED}test_a_cancelled_resync_puts_no_more_and_what_is_there_goes_out[sqlite]",
    ),
    Mutant(
        "no more is put than the targets keep up with",
        WORKING,
        "calm = [row.id for row in rows if not is_crowded(session, row, most)]",
        "calm = [row.id for row in rows]",
        f"{WORKED}test_no_more_is_put_while_the_targets_cannot_keep_up[sqlite]",
    ),
    Mutant(
        "the source of a resync is not told its own word",
        WORKING,
        "if one.id != resync.source_id}",
        "}",
        f"{WORKED}test_the_source_of_a_resync_is_not_told_its_own_word_again[sqlite]",
    ),
    Mutant(
        "who said gone is left out, and named",
        WORKING,
        "if row.exists and not wished(copying.load(row), exists=True, stamp=row.exists_stamp):",
        "if False:",
        f"{WORKED}test_a_copy_that_its_partner_said_is_gone_is_left_out_and_named[sqlite]",
    ),
    Mutant(
        "what rank overruled is restated as it was said",
        RESTATING,
        "if wins or said.stamp > best.stamp:",
        "if wins:",
        f"{RESTATED}test_a_resync_from_the_outranked_makes_its_word_stand[sqlite-True]",
    ),
    Mutant(
        "a word that wins is restated as it was said, though something crossed it",
        RESTATING,
        "if wins or said.stamp > best.stamp:",
        "if said.stamp > best.stamp:",
        f"{RESTATED}test_a_word_that_wins_is_restated_as_it_was_said[sqlite]",
    ),
    Mutant(
        "what is in flight to the source is not what it surely holds",
        RESTATING,
        "if flight is not None and name in flight.before and name not in flight.crossed:",
        "if False:",
        f"{RESTATED}test_what_is_in_flight_to_the_source_is_not_what_it_holds[sqlite]",
    ),
    Mutant(
        "a restated word is a floor",
        "master/record.py",
        "copy.image[name] = Statement(value, stamp, floor=stamp)",
        "copy.image[name] = Statement(value, stamp)",
        f"{RESTATED}test_a_resync_from_the_outranked_makes_its_word_stand[sqlite-False]",
    ),
    Mutant(
        "blanks are not restated where they are not to count",
        RESTATING,
        "if len(values) == 1 and (blanks or None not in values):",
        "if len(values) == 1:",
        f"{RESTATED}test_blanks_of_the_source_restate_unless_told_not_to[sqlite-False-1]",
    ),
    Mutant(
        "who said gone restates nothing",
        RESTATING,
        "return copy.connection == source.connection and copy.holds(EXISTS) == {True}",
        "return copy.connection == source.connection",
        f"{RESTATED}test_a_resync_restates_neither_existence_nor_what_a_gone_copy_held[sqlite]",
    ),
    Mutant(
        "a copy is told again when its number is that of the force",
        "resync/watching.py",
        "return row.id in put.copies and row.sent_number >= put.number",
        "return row.id in put.copies",
        f"{WORKED}test_a_record_is_done_when_all_its_copies_have_the_number[sqlite]",
    ),
    Mutant(
        "a record that a target lacks is waited for",
        "resync/watching.py",
        "outcome = Outcome(under_way=_unseen(session, put))",
        "outcome = Outcome()",
        f"{WORKED}test_a_record_that_a_target_lacks_is_made_there_and_waited_for[sqlite]",
    ),
    Mutant(
        "a refused record makes a Warning",
        ANSWERS,
        "bad=bool(refused or plan.unknown)",
        "bad=bool(plan.unknown)",
        f"{ANSWERED}test_a_refused_record_is_a_warning_that_names_it[sqlite]",
    ),
    Mutant(
        "a Warning names the records that were refused",
        ANSWERS,
        "_told(came, refused, plan, _gone(",
        "_told(came, put.records, plan, _gone(",
        f"{ANSWERED}test_a_refused_record_is_a_warning_that_names_it[sqlite]",
    ),
    Mutant(
        "a later resync does not make an earlier one look done",
        "resync/reading.py",
        "or_(by_it, overtaken)",
        "by_it",
        f"{WORKED}test_a_resync_is_not_over_because_a_later_one_wants_the_same[sqlite-None]",
    ),
    Mutant(
        "Changes names exactly the records that were told",
        ANSWERS,
        "_changes(session, outcome.done)",
        "_changes(session, put.records)",
        f"{ANSWERED}test_a_refused_record_is_a_warning_that_names_it[sqlite]",
    ),
    Mutant(
        "ids that name nothing are a Warning",
        ANSWERS,
        "bad=bool(refused or plan.unknown)",
        "bad=bool(refused)",
        f"{ANSWERED}test_ids_that_are_partly_unknown_are_a_warning_that_names_them[sqlite]",
    ),
    Mutant(
        "a filter that is not known never lists everything",
        "dialects/synchroteam/query.py",
        "if name is None and given.lower() not in ignored:",
        "if False:",
        "tests/dialects/synchroteam/test_access.py::"
        "test_every_refusal_is_code_0_with_a_message_in_the_asked_format"
        "[sqlite-GET-/Api/v2/Customer/List?x=1-headers4-400-application/json]",
    ),
)
"""Proved by tests."""
