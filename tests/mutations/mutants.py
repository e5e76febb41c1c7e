"""Lines that keep the promises, each with what it would be if somebody broke it, and the test that must find out.

`find` stands exactly once in the file.
"""

from dataclasses import dataclass

RULES = "master/convergence.py"
SURVIVORSHIP = "master/survivorship.py"
CLAIM = "outbox/claim.py"
PUMP = "outbox/pump.py"
SETTLE = "outbox/settle.py"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One line changed; `proof` is a test, or for a clause of the rules of convergence a known history."""

    promise: str
    file: str
    find: str
    put: str
    proof: str


CLAUSES = (
    Mutant(
        "an answer to what we send is an echo",
        RULES,
        "echo = (len(held) > 1 and value in held) or (recent is not None and value in recent.replaced)",
        "echo = False",
        "a whole row on its way when its partner is told",
    ),
    Mutant(
        "what is in flight makes the known copy uncertain",
        RULES,
        "copy.known[name] = Held(copy.holds(name) | {value}, now)\n    copy.rounds",
        "copy.known[name] = Held(frozenset((value,)), now)\n    copy.rounds",
        "a lost delivery",
    ),
    Mutant(
        "a value that crossed our delivery leaves both possible",
        RULES,
        "Held(frozenset((value, flight.crossed.get(name, value))), now)",
        "Held(frozenset((value,)), now)",
        "an outranked value typed between our delivery and its answer",
    ),
    Mutant(
        "a value received just after our answer leaves both possible",
        RULES,
        "Held(frozenset((value, recent.sent)) if recent else frozenset((value,)), at)",
        "Held(frozenset((value,)), at)",
        "a value typed just before ours lands and heard just after",
    ),
    Mutant(
        "an echo moves the record's number",
        RULES,
        "return bool(self.stated or self.echoed)",
        "return bool(self.stated)",
        "a value set back at once",
    ),
    Mutant(
        "that the record exists is in flight with every delivery but a delete",
        RULES,
        "Flight(token, number, forced, dict(sent), ",
        "Flight(token, number, forced, {n: v for n, v in sent.items() if n != EXISTS or v is False}, ",
        "a delete that our update undoes",
    ),
    Mutant(
        "a partner that said gone is not given the record back",
        RULES,
        "return exists and not (said is not None and said.value is False and said.stamp >= stamp)",
        "return exists",
        "a delete by one who is outranked",
    ),
    Mutant(
        "a first row states that the record exists",
        RULES,
        "if name == EXISTS and name not in copy.image:",
        "if False:",
        "a record made by two at once",
    ),
    Mutant(
        "an exchange without an end is parked as a loop",
        RULES,
        "return len(recent) >= ALL_ROUNDS or max(Counter(recent).values(), default=0) >= SAME_ROUNDS",
        "return False",
        "a partner that upper-cases what it is told",
    ),
    Mutant(
        "what a whole row leaves out is blank",
        RULES,
        "if name != EXISTS and name not in spoken and any(value is not None for value in held.values):",
        "if name == EXISTS:",
        "a field left out of a whole row",
    ),
    Mutant(
        "a record that is there again may have lost what its row does not name",
        RULES,
        "Held(copy.holds(name) | NOTHING, max(copy.known[name].at, at))",
        "Held(copy.holds(name), max(copy.known[name].at, at))",
        "a record made again with less",
    ),
    Mutant(
        "after a refusal both the old value and the one that crossed are possible",
        RULES,
        "copy.known[name] = Held(before | crossed, now)",
        "copy.known[name] = Held(crossed or before, now)",
        "a refusal of what crossed",
    ),
    Mutant(
        "every value replaced within the window is remembered",
        RULES,
        "replaced = (earlier | flight.before[name]) - {value}",
        "replaced = flight.before[name] - {value}",
        "an old value that crosses two quick corrections",
    ),
    Mutant(
        "a blank is sent only over a value that was seen",
        RULES,
        "if any(old is not None for old in held):",
        "if True:",
        "a record with blank fields",
    ),
    Mutant(
        "a waiting delivery is told of a newer number",
        PUMP,
        '"wanted": case((newer, statement.excluded.wanted), else_=DELIVERIES.c.wanted)',
        '"wanted": DELIVERIES.c.wanted',
        "a value that comes while its partner is told",
    ),
    Mutant(
        "a delivery is settled only if nothing newer was asked for",
        SETTLE,
        "return bool(row.wanted > parcel.number or row.forced != parcel.forced)",
        "return False",
        "a value that comes while its partner is told",
    ),
    Mutant(
        "what had no answer is sent again",
        SETTLE,
        "Verdict.UNKNOWN: _unknown,",
        "Verdict.UNKNOWN: _accepted,",
        "a lost delivery",
    ),
)


PROMISES = (
    Mutant(
        "a success answer means: committed",
        "intake/grouping.py",
        "            db.retrying(self._engine, work)\n",
        "            with db.reading(self._engine) as session: work(session)\n",
        "tests/intake/test_grouping.py::test_a_repeat_whose_commit_was_not_confirmed_is_answered_with_the_first[sqlite]",
    ),
    Mutant(
        "what is not in the journal after an uncertain commit is not acknowledged",
        "intake/grouping.py",
        "outcome if id_ in stored else _unavailable(error)",
        "outcome",
        "tests/intake/test_grouping.py::test_a_commit_that_was_not_done_is_not_acknowledged[sqlite]",
    ),
    Mutant(
        "one that cannot be stored fails no other",
        "intake/grouping.py",
        "elif blames_store(outcomes):",
        "elif group:",
        "tests/intake/test_grouping.py::test_of_300_that_wait_the_one_that_cannot_be_stored_stands_alone[sqlite-150-<lambda>]",
    ),
    Mutant(
        "the same request again changes nothing",
        "intake/repeats.py",
        "if all(map(first.covers, changes[id_]))}",
        "if not changes[id_]}",
        "tests/intake/test_repeats.py::test_the_same_request_again_gets_the_first_answer_and_changes_nothing[sqlite]",
    ),
    Mutant(
        "a request is a repeat only if nobody changed its records in between",
        "intake/repeats.py",
        "if change <= self.seen:",
        "if change >= 0:",
        "tests/intake/test_repeats.py::test_one_value_then_another_then_the_first_again_is_no_repeat[sqlite]",
    ),
    Mutant(
        "a refused request is never what is repeated",
        "intake/repeats.py",
        ".where(latest.state.in_((ACCEPTED, REPEAT)))",
        ".where(latest.state != '')",
        "tests/intake/test_repeats.py::test_a_refused_request_is_never_what_is_repeated[sqlite]",
    ),
    Mutant(
        "an answer to what we told is no repeat",
        "master/convergence.py",
        "return any(told[name] != spoken[name]",
        "return False and any(told[name] != spoken[name]",
        "tests/intake/test_repeats.py"
        "::test_an_answer_to_what_we_told_is_no_repeat_though_it_is_in_the_words_of_before[sqlite]",
    ),
    Mutant(
        "two processes decide about one request one after the other",
        "db/__init__.py",
        "    if numbers:\n",
        "    if not numbers:\n",
        "tests/intake/test_repeats.py::test_the_same_request_at_two_processes_at_once_is_stored_once[postgresql]",
    ),
    Mutant(
        "records that change are locked",
        "db/__init__.py",
        "return statement.with_for_update(key_share=True, skip_locked=skip_locked)",
        "return statement",
        "tests/master/test_turns.py::test_whoever_comes_second_weighs_what_the_first_has_written[postgresql]",
    ),
    Mutant(
        "a row that says out of use brings nothing back",
        RULES,
        "if revives or False not in copy.holds(EXISTS):",
        "if True:",
        "tests/master/test_scenarios.py::test_a_row_of_a_record_out_of_use_does_not_revive_it[sqlite]",
    ),
    Mutant(
        "a connection writes only its entities",
        "master/store.py",
        "return partner.writes is None or write.entity in partner.writes",
        "return True",
        "tests/master/test_scenarios.py::test_a_connection_writes_only_its_entities[sqlite]",
    ),
    Mutant(
        "a delete may mean only the partner's own copy",
        SURVIVORSHIP,
        "if copy.connection in rules.own_copy_only:",
        "if False:",
        "tests/master/test_scenarios.py::test_a_delete_that_means_only_the_own_copy_leaves_the_record[sqlite]",
    ),
    Mutant(
        "a delete of one of several copies deletes no record",
        SURVIVORSHIP,
        "    return not any(\n        other is not copy",
        "    return True or any(\n        other is not copy",
        "tests/master/test_golden.py::test_a_delete_of_one_of_several_copies_does_not_count",
    ),
    Mutant(
        "an exchange whose values never repeat is a loop too",
        RULES,
        "len(recent) >= ALL_ROUNDS or ",
        "",
        "tests/outbox/test_loops.py::test_a_partner_that_answers_by_ever_new_values_is_parked_after_ten_rounds[sqlite]",
    ),
    Mutant(
        "two people who edit in turn are no loop",
        RULES,
        "SAME_ROUNDS, ALL_ROUNDS = 3, 10",
        "SAME_ROUNDS, ALL_ROUNDS = 3, 3",
        "tests/master/test_convergence.py::test_two_people_who_edit_in_turn_are_no_loop",
    ),
    Mutant(
        "only what differs travels",
        CLAIM,
        "forced = row.forced > copy.sent_number",
        "forced = True",
        "tests/outbox/test_telling.py::test_only_what_differs_travels[sqlite]",
    ),
    Mutant(
        "a record that is gone is told as a tombstone",
        CLAIM,
        "sent = behind if lives else self._tombstone(words.entity, wish)",
        "sent = behind",
        "tests/outbox/test_telling.py::test_a_deletion_is_told_with_what_the_form_requires_and_how_it_says_gone[sqlite]",
    ),
    Mutant(
        "a deletion does not wait until a loop is over",
        PUMP,
        ".where(*looped).values(due=now)",
        ".where(*looped).values(wanted=0)",
        "tests/outbox/test_telling.py::test_a_deletion_does_not_wait_for_the_end_of_a_loop[sqlite]",
    ),
    Mutant(
        "only answers to what is about to be sent make a loop",
        RULES,
        "and r.field in about]",
        "]",
        "tests/outbox/test_loops.py::test_answers_about_a_field_that_is_settled_stop_no_other_field[sqlite]",
    ),
    Mutant(
        "the cursor skips no record",
        PUMP,
        ".order_by(RECORDS.c.changed)",
        ".order_by(RECORDS.c.code.desc())",
        "tests/outbox/test_settling.py::test_the_pump_looks_at_a_window_at_a_time_and_skips_none[sqlite]",
    ),
    Mutant(
        "an old token settles nothing",
        SETTLE,
        'DELIVERIES.c.token == bindparam("token")',
        'bindparam("token") != ""',
        "tests/outbox/test_settling.py::test_what_another_worker_claimed_since_is_not_settled_by_the_old_token[sqlite]",
    ),
    Mutant(
        "two workers never have the same copy in flight",
        CLAIM,
        'DELIVERIES.c.lease_until <= bindparam("now"),',
        "DELIVERIES.c.lease_until >= 0,",
        "tests/outbox/test_settling.py::test_what_another_worker_claimed_since_is_not_settled_by_the_old_token[sqlite]",
    ),
    Mutant(
        "a target in trouble is no fault of a record",
        SETTLE,
        "Verdict.TROUBLE: _trouble,",
        "Verdict.TROUBLE: _refused,",
        "tests/outbox/test_settling.py::test_trouble_delays_the_target_and_counts_against_no_record[sqlite]",
    ),
    Mutant(
        "a force is done when its number was sent",
        RULES,
        "copy.sent_number = max(copy.sent_number, flight.number, flight.forced)",
        "copy.sent_number = max(copy.sent_number, flight.number)",
        "tests/outbox/test_settling.py::test_a_force_sends_what_did_not_differ_and_is_done_with_its_number[sqlite]",
    ),
    Mutant(
        "one wrong row of a request, and none is stored",
        "dialects/fast/request.py",
        "if parsed.count:",
        "if parsed.count == len(rows):",
        "tests/dialects/fast/test_sync_data.py::test_one_wrong_row_is_601_and_nothing_is_stored[sqlite]",
    ),
    Mutant(
        "a secret is not kept with its request",
        "dialects/aljex/form.py",
        'pieces[place] = name + b"=" + REDACTED.encode()',
        'pieces[place] = name + b"=" + value',
        "tests/dialects/aljex/test_form.py::test_a_secret_is_in_neither_fields_nor_body",
    ),
    Mutant(
        "a secret is not kept with its record",
        "dialects/aljex/form.py",
        'name + b"=" + REDACTED.encode()',
        'name + b"=" + value',
        "tests/dialects/aljex/test_form.py::test_a_secret_is_in_neither_fields_nor_body",
    ),
    Mutant(
        "a webhook is signed with what it says",
        "dialects/webhook/client.py",
        "signer.sign(event, moment, content)",
        'signer.sign(event, moment, "")',
        "tests/dialects/webhook/test_client.py::test_the_published_library_verifies_what_was_sent",
    ),
    Mutant(
        "while a secret is replaced both sign",
        "dialects/webhook/client.py",
        "for signer in self._signers),",
        "for signer in self._signers[:1]),",
        "tests/dialects/webhook/test_client.py::test_while_the_secret_is_rotated_both_verify",
    ),
    Mutant(
        "only the right secret opens the door",
        "connections/credentials.py",
        "return hmac.compare_digest(kept, exact_digest(presented))",
        "return True",
        "tests/connections/test_credentials.py::test_only_the_right_secret_fits[True]",
    ),
)
