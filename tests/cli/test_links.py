"""synchub link: withdrawing what opens a record without credentials."""

import pytest
from sqlalchemy import select

from synchub import db
from synchub.audit.tables import AuditEntry
from synchub.contents import links
from synchub.contents.links import Opened
from synchub.errors import NotFound

KEY = "a key that is long enough for the tests"


@pytest.fixture
def job(partners):
    partners.say("erp", entity="job", key="J", description="d")
    return partners.record("job", "J").id


@pytest.fixture
def token(job, engine):
    """A link's token, as it is now."""

    def shown():
        with db.reading(engine) as session:
            return links.token_of(session, KEY, Opened("job", job, 1))

    return shown


def opens(engine, token):
    with db.reading(engine) as session:
        try:
            return links.opened(session, KEY, token, ("job",)).record
        except NotFound:
            return None


@pytest.mark.parametrize(
    "form", ["https://hub.example/Jobs/PublicJob/{token}", "/Jobs/PublicJob/{token}/", "{token}", "{job}"]
)
def test_a_link_is_withdrawn_by_what_one_has_of_it(synchub, engine, job, token, form):
    first = token()
    assert synchub("link", "revoke", form.format(token=first, job=job)).out == (
        f"The links of job {job} open nothing any more.\n"
    )
    assert (opens(engine, first), opens(engine, token())) == (None, job)
    with db.reading(engine) as session:
        (entry,) = session.scalars(select(AuditEntry))
    assert (entry.action, entry.subject) == ("link revoke", f"job {job}")


def test_a_list_shows_what_was_withdrawn(synchub, job):
    assert synchub("link", "list", "--json").rows == []
    for _ in range(2):
        synchub("link", "revoke", str(job))
    (row,) = synchub("link", "list", "--json").rows
    assert (row["entity"], row["record_id"], row["withdrawn"]) == ("job", job, 2)
    assert row["revoked_at"].endswith("Z")
    assert str(job) in synchub("link", "list").out


@pytest.mark.parametrize("what", ["x", "https://hub.example/files/" + "A" * 36, "7", "99999999999999999999"])
def test_what_means_no_link_is_told_in_one_line(synchub, job, what):
    said = synchub("link", "revoke", what)
    assert said.code == 1
    assert said.err.startswith("synchub: there is no")
    assert len(said.err.splitlines()) == 1


def test_a_record_that_has_no_links_is_told(synchub, partners):
    partners.say("erp", key="C", name="n")
    said = synchub("link", "revoke", str(partners.record("customer", "C").id))
    assert "there is no job or attachment or photo" in said.err
