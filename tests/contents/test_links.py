"""Links that open one record without credentials."""

import base64
from uuid import uuid4

import pytest
from sqlalchemy import update

from synchub import db
from synchub.connections.tables import HUB, Connection
from synchub.contents import links
from synchub.contents.links import Opened
from synchub.errors import Misconfigured, NotFound

KEY = "a key that is long enough for the tests"
RECORD = 1_000_000_007


@pytest.fixture
def session(engine):
    with db.writing(engine) as made:
        yield made


def token(session, entity="job", record=RECORD, connection=1):
    return links.token_of(session, KEY, Opened(entity, record, connection))


def opens(session, token, *entities, key=KEY):
    try:
        return links.opened(session, key, token, entities or ("job",))
    except NotFound:
        return None


def test_a_token_opens_its_record_as_its_connection_sees_it(session):
    assert opens(session, token(session)) == ("job", RECORD, 1)
    assert opens(session, token(session, connection=2), "photo", "job") == ("job", RECORD, 2)


def test_a_token_is_the_same_whenever_it_is_shown_and_another_for_anything_else(session):
    assert token(session) == token(session)
    others = [{}, {"record": RECORD + 1}, {"entity": "photo"}, {"connection": 2}]
    assert len({token(session, **said) for said in others}) == 4


def test_a_token_opens_nothing_of_another_entity(session):
    assert opens(session, token(session), "attachment", "photo") is None


def test_every_bit_of_a_token_counts(session):
    packed = base64.urlsafe_b64decode(token(session))
    for bit in range(8 * len(packed)):
        changed = bytearray(packed)
        changed[bit // 8] ^= 1 << bit % 8
        assert opens(session, base64.urlsafe_b64encode(changed).decode()) is None


def test_a_token_is_as_long_as_its_code_is_safe(session):
    assert len(base64.urlsafe_b64decode(token(session))) >= 8 + 128 // 8


@pytest.mark.parametrize("text", ["", "x", "é" * 36, "=" * 36, "A" * 35, "A" * 37, "../" * 12])
def test_what_is_no_token_opens_nothing(session, text):
    assert opens(session, text) is None


def test_another_key_or_another_store_makes_other_tokens(session):
    shown = token(session)
    assert opens(session, shown, key=KEY + "!") is None
    session.execute(update(Connection).where(Connection.id == HUB).values(guid=uuid4()))
    assert opens(session, shown) is None


def test_withdrawn_links_open_nothing_and_the_next_one_is_another(session):
    first, beside = token(session), token(session, connection=2)
    links.withdraw(session, "job", RECORD)
    second = token(session)
    links.withdraw(session, "job", RECORD)
    third = token(session)
    found = [opens(session, each) for each in (first, beside, second, third)]
    assert found == [None, None, None, ("job", RECORD, 1)]
    (row,) = links.withdrawn(session)
    assert (row["entity"], row["record_id"], row["withdrawn"]) == ("job", RECORD, 2)


def test_withdrawing_one_records_links_leaves_the_others(session):
    kept = token(session, record=RECORD + 1)
    links.withdraw(session, "job", RECORD)
    assert opens(session, kept) == ("job", RECORD + 1, 1)


def test_without_a_key_there_are_no_links(session):
    with pytest.raises(Misconfigured, match="SYNCHUB_SECRET_KEY is not set"):
        links.token_of(session, "", Opened("job", RECORD, 1))
