"""The schema comes only from migrations, and the hub runs only on one that is fit for it."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text

from synchub import db, schema
from synchub.errors import Misconfigured


def test_the_migrations_make_exactly_the_tables_that_the_code_maps(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.METADATA) == []


def test_a_store_without_a_schema_is_refused_with_what_to_do() -> None:
    with pytest.raises(Misconfigured, match=r"at nothing.*run 'synchub migrate'"):
        schema.check(db.open_engine("sqlite://"))


def test_migrating_twice_changes_nothing(engine: Engine) -> None:
    schema.migrate(engine)
    schema.check(engine)


def set_revision(engine: Engine, revision: str, oldest_code: str) -> None:
    with db.writing(engine) as session:
        session.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
        session.execute(text("UPDATE schema_fitness SET oldest_code = :code"), {"code": oldest_code})


def test_an_older_schema_is_refused_with_what_to_do(engine: Engine) -> None:
    set_revision(engine, "0000", "0000")
    with pytest.raises(Misconfigured, match=r"at 0000, this synchub needs .*: run 'synchub migrate'"):
        schema.check(engine)


def test_a_newer_schema_that_serves_older_code_is_fit(engine: Engine) -> None:
    set_revision(engine, "9999", schema.newest_revision())
    schema.check(engine)


def test_a_newer_schema_that_is_marked_unfit_is_refused_with_what_to_do(engine: Engine) -> None:
    set_revision(engine, "9999", "9998")
    with pytest.raises(Misconfigured, match="install the newer synchub"):
        schema.check(engine)


def test_a_migration_never_goes_back_over_a_newer_schema(engine: Engine) -> None:
    set_revision(engine, "9999", schema.newest_revision())
    with pytest.raises(Misconfigured, match="newer"):
        schema.migrate(engine)
