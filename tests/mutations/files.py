"""Lines that keep what is promised of files: their time, and what they lack."""

from tests.mutations.mutants import RULES, Mutant

STORE = "master/store.py"
RECORD = "master/record.py"
COPIES = "master/copies.py"
MISSING = "files/missing.py"
RECONCILING = "files/reconciling.py"
ROWS = "tests/master/test_file_rows.py::"
LACKING = "tests/files/test_missing.py::"

HISTORIES = (
    Mutant(
        "a row older than a live post says nothing",
        RULES,
        "return as_of is not None and copy.as_of(name) >= as_of",
        "return False",
        "a file exported before a live post and collected after it",
    ),
    Mutant(
        "what was told since the export is not taken back",
        RULES,
        "return as_of is not None and copy.as_of(name) >= as_of",
        "return as_of is not None and copy.heard_at >= as_of",
        "a file collected after its partner was told",
    ),
    Mutant(
        "a live post that changes nothing is remembered",
        STORE,
        "        if write.confirms:\n",
        "        if False:\n",
        "a file collected after a live post that changed nothing",
    ),
    Mutant(
        "a row of a file that changes nothing is remembered",
        STORE,
        "        if write.confirms:\n",
        "        if write.confirms and write.as_of is None:\n",
        "two files in the wrong order",
    ),
    Mutant(
        "a whole live post speaks of the fields that it leaves out",
        RECORD,
        "        if write.confirms:\n",
        "        if False:\n",
        "a file collected after a live post that leaves a field out",
    ),
    Mutant(
        "what a row states has the time of its file",
        RULES,
        "Heard(max(now, last_stamp + 1) if as_of is None else as_of, ",
        "Heard(max(now, last_stamp + 1), ",
        "a file collected after another partner spoke",
    ),
)
"""Proved by known histories."""

FILES = (
    Mutant(
        "what a row says is known as of its file's time",
        RULES,
        "    at = now if as_of is None else as_of\n",
        "    at = now\n",
        f"{ROWS}test_a_row_is_known_as_of_its_export_and_not_of_its_arrival[sqlite]",
    ),
    Mutant(
        "a changed row confirms the fields that it did not change",
        RULES,
        "            _confirm(copy, name, at)\n",
        "",
        f"{ROWS}test_a_changed_partial_row_confirms_the_fields_that_it_names[sqlite]",
    ),
    Mutant(
        "of what is gone since the export nothing is stated",
        RULES,
        "if copy.holds(EXISTS) == {False} and is_late(copy, EXISTS, as_of):",
        "if False:",
        f"{ROWS}test_of_a_record_that_we_had_deleted_since_the_export_nothing_is_stated[sqlite]",
    ),
    Mutant(
        "what corrects a restated field counts",
        RULES,
        "Statement(value, max(stamp, floor), floor)",
        "Statement(value, stamp, floor)",
        f"{ROWS}test_what_corrects_a_restated_field_is_restated_with_it[sqlite]",
    ),
    Mutant(
        "what a file says lowers no record's last stamp",
        RECORD,
        "self.last_stamp = max(self.last_stamp, heard.stamp)",
        "self.last_stamp = heard.stamp",
        f"{ROWS}test_a_row_of_a_file_never_lowers_the_last_stamp_of_its_record[sqlite]",
    ),
    Mutant(
        "fields without a column have a time too",
        RECORD,
        "late = is_late(copy, EXISTS, write.as_of)",
        "late = False",
        f"{ROWS}test_fields_without_a_column_are_left_out_of_a_row_that_changes_others[sqlite]",
    ),
    Mutant(
        "a row that is too old is told from one that is not new",
        STORE,
        "kind = Kind.SUPERSEDED if (index, place) in store.outdated else Kind.UNCHANGED",
        "kind = Kind.UNCHANGED",
        f"{ROWS}test_a_row_exported_before_a_live_post_and_collected_after_it_states_nothing[sqlite]",
    ),
    Mutant(
        "a copy heard since the export is not missing",
        MISSING,
        "if True not in copy.holds(EXISTS) or copy.as_of(EXISTS) >= self.as_of:",
        "if True not in copy.holds(EXISTS):",
        f"{LACKING}test_a_copy_heard_told_or_deleted_since_the_export_is_not_missing[sqlite]",
    ),
    Mutant(
        "tables that share an entity are told apart",
        MISSING,
        "    if scope.prefix:\n",
        "    if False:\n",
        f"{LACKING}test_tables_that_share_an_entity_lack_only_what_is_theirs[sqlite]",
    ),
    Mutant(
        "a windowed file deletes nothing",
        MISSING,
        "wish = State.REPORTED if table.window_days is not None else",
        "wish =",
        f"{LACKING}test_a_windowed_file_lacks_only_what_was_touched_within_its_window_and_deletes_nothing[sqlite]",
    ),
    Mutant(
        "no file deletes more than a share",
        MISSING,
        "    if missing > share * (held + missing):\n",
        "    if False:\n",
        f"{LACKING}test_more_than_a_share_is_only_flagged_and_says_so_until_a_file_is_right[sqlite]",
    ),
    Mutant(
        "nothing is deleted while a key is unreadable",
        MISSING,
        "    if unread:\n",
        "    if False:\n",
        f"{LACKING}test_nothing_is_deleted_while_a_row_has_no_readable_key[sqlite]",
    ),
    Mutant(
        "what live sync missed includes what was corrected by hand",
        RECONCILING,
        "(CHANGES.c.message_id == run.message_id) | CHANGES.c.message_id.in_(corrected)",
        "CHANGES.c.message_id == run.message_id",
        "tests/files/test_reconciling.py::test_a_row_that_was_corrected_by_hand_is_told_with_its_file[sqlite]",
    ),
    Mutant(
        "an echo is nothing that live sync missed",
        RECONCILING,
        "return stamp is not None or name.startswith(EXTRA)",
        "return True",
        "tests/files/test_reconciling.py::test_what_we_were_not_sure_of_is_nothing_that_live_sync_missed[sqlite]",
    ),
    Mutant(
        "what is heard before it is deleted stays",
        RULES,
        "return as_of is not None and copy.as_of(name) >= as_of",
        "return as_of is not None and name != EXISTS and copy.as_of(name) >= as_of",
        f"{LACKING}test_what_is_heard_while_it_is_about_to_be_deleted_stays[sqlite]",
    ),
)
"""Proved by tests."""
