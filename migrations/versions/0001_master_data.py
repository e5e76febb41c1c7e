"""Partners, master data with its journal and history, and the outbox."""

from time import time_ns
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
EXACT = sa.Numeric().with_variant(sa.String(), "sqlite")
JSON = sa.Text()
LATE = {"deferrable": True, "initially": "DEFERRED"}


def upgrade() -> None:
    """Create every table of the first release."""
    create_connection()
    create_master_record()
    create_cross_reference()
    create_change()
    create_entities()
    create_message()
    create_outbox()
    create_counters()


def needed(name: str, kind: sa.types.TypeEngine, *parts: sa.schema.SchemaItem, **more: object) -> sa.Column:
    """A column that is never null."""
    return sa.Column(name, kind, *parts, nullable=False, **more)


def points_to(table: str, column: str, target: str, **more: object) -> sa.ForeignKeyConstraint:
    """A foreign key with our name for it."""
    return sa.ForeignKeyConstraint([column], [target], name=f"fk_{table}_{column}", **more)


def entity(name: str, **columns: str) -> None:
    """Create the table of one entity: names of columns by kind."""
    kinds = {
        "texts": sa.String(),
        "flags": sa.Boolean(),
        "dates": sa.Date(),
        "amounts": EXACT,
        "integers": sa.BigInteger(),
    }
    references = columns.pop("references", "").split()
    op.create_table(
        name,
        needed("id", sa.Integer()),
        *(sa.Column(column, kinds[kind]) for kind, names in columns.items() for column in names.split()),
        *(sa.Column(column, sa.Integer()) for column in references),
        points_to(name, "id", "master_record.id"),
        *(points_to(name, column, "master_record.id", **LATE) for column in references),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
    )
    for column in references:
        op.create_index(f"ix_{name}_{column}", name, [column])


def create_connection() -> None:
    """Partners, and the hub's own connection 0."""
    connection = op.create_table(
        "connection",
        needed("id", sa.Integer()),
        needed("name", sa.String(64)),
        needed("dialect", sa.String(32)),
        needed("guid", sa.Uuid()),
        needed("active", sa.Boolean()),
        needed("paused", sa.Boolean()),
        needed("rank", sa.Integer()),
        needed("time_zone", sa.String(64)),
        needed("settings", JSON),
        sa.Column("writes", JSON),
        sa.Column("told", JSON),
        needed("deletes_record", sa.Boolean()),
        needed("matches_code", sa.Boolean()),
        needed("credentials", JSON),
        sa.Column("login", sa.String(128)),
        sa.Column("sealed", sa.LargeBinary()),
        needed("allowed_addresses", JSON),
        sa.Column("rate_limit", sa.Integer()),
        needed("created_at", sa.BigInteger()),
        needed("cursor", sa.BigInteger()),
        needed("backoff_until", sa.BigInteger()),
        needed("backoff_count", sa.Integer()),
        sa.Column("backoff_reason", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_connection"),
        sa.UniqueConstraint("name", name="uq_connection_name"),
    )
    op.create_index("ix_connection_login", "connection", ["login"])
    op.bulk_insert(connection, [hub()])


def hub() -> dict[str, object]:
    """The hub's own connection: operators' overrides are its statements, so it outranks every partner."""
    nothing = {"settings": "{}", "credentials": "{}", "allowed_addresses": "[]"}
    state = {"active": True, "paused": False, "cursor": 0, "backoff_until": 0, "backoff_count": 0}
    rules = {"rank": 1_000_000, "time_zone": "UTC", "deletes_record": True, "matches_code": True}
    names = {"id": 0, "name": "hub", "dialect": "hub", "guid": uuid4(), "created_at": time_ns() // 1000}
    return names | state | rules | nothing


def create_master_record() -> None:
    """Identities."""
    op.create_table(
        "master_record",
        needed("id", sa.Integer()),
        needed("entity", sa.String(32)),
        sa.Column("code", sa.Text()),
        sa.Column("label", sa.Text()),
        sa.Column("label_key", sa.Text()),
        needed("version", sa.Integer()),
        needed("changed", sa.BigInteger()),
        needed("exists", sa.Boolean()),
        needed("exists_stamp", sa.BigInteger()),
        needed("last_stamp", sa.BigInteger()),
        sa.Column("merged_into", sa.Integer()),
        points_to("master_record", "merged_into", "master_record.id"),
        sa.PrimaryKeyConstraint("id", name="pk_master_record"),
    )
    op.create_index("ix_master_record_changed", "master_record", ["changed"])
    op.create_index("ix_master_record_entity_code", "master_record", ["entity", "code"])
    op.create_index("ix_master_record_entity_label_key", "master_record", ["entity", "label_key"])


def create_cross_reference() -> None:
    """Partners' copies."""
    op.create_table(
        "cross_reference",
        needed("id", BIG_KEY, *([] if is_sqlite() else [sa.Identity()])),
        needed("connection_id", sa.Integer()),
        needed("entity", sa.String(32)),
        needed("external_key", sa.Text()),
        needed("record_id", sa.Integer()),
        needed("home_record_id", sa.Integer()),
        sa.Column("their_id", sa.Text()),
        sa.Column("image", JSON),
        sa.Column("extra", JSON),
        sa.Column("known", JSON),
        sa.Column("flight", JSON),
        sa.Column("ended", JSON),
        sa.Column("rounds", JSON),
        sa.Column("row_hash", sa.LargeBinary()),
        needed("sent_number", sa.BigInteger()),
        points_to("cross_reference", "connection_id", "connection.id"),
        points_to("cross_reference", "record_id", "master_record.id", **LATE),
        sa.PrimaryKeyConstraint("id", name="pk_cross_reference"),
        sa.UniqueConstraint(
            "connection_id",
            "entity",
            "external_key",
            name="uq_cross_reference_connection_id_entity_external_key",
        ),
    )
    op.create_index("ix_cross_reference_record_id", "cross_reference", ["record_id"])


def create_change() -> None:
    """History."""
    op.create_table(
        "change",
        needed("number", BIG_KEY, autoincrement=False),
        needed("record_id", sa.Integer()),
        needed("version", sa.Integer()),
        needed("connection_id", sa.Integer()),
        sa.Column("copy_id", BIG_KEY),
        sa.Column("message_id", sa.Uuid()),
        needed("at", sa.BigInteger()),
        needed("verdict", sa.String(16)),
        needed("said", JSON),
        needed("became", JSON),
        points_to("change", "record_id", "master_record.id", **LATE),
        sa.PrimaryKeyConstraint("number", name="pk_change"),
    )
    op.create_index("ix_change_record_id_number", "change", ["record_id", "number"])
    op.create_index("ix_change_message_id", "change", ["message_id"])


def create_entities() -> None:
    """The typed fields."""
    entity(
        "employee",
        texts="name email phone team kind status",
    )
    entity(
        "salesrep",
        texts="name",
    )
    entity(
        "department",
        texts="name other_name address phone note",
        flags="active",
    )
    entity(
        "warehouse",
        texts="name other_name address group1 note",
        flags="is_agent active",
    )
    entity(
        "customer",
        texts=(
            "name other_name kind status salesperson contact contact2 contact3 contact4 address "
            "address2 city state postal_code phone phone2 phone3 fax email email2 email3 email4 group1 "
            "group2 group3 tax_number bank_account bank_name bank_branch bank_account_holder "
            "payment_term revenue_type description"
        ),
        flags="active is_supplier is_employee",
        amounts="credit_limit exposure",
    )
    entity(
        "carrier",
        texts=(
            "name legal_name status kind scac mc_number dot_number address address2 city state "
            "postal_code phone fax email email2 dispatcher"
        ),
        flags="smartway",
        amounts=("power_units liability_amount cargo_amount general_liability_amount workers_compensation_amount"),
        dates=("liability_expires cargo_expires general_liability_expires workers_compensation_expires created_on"),
    )
    entity(
        "item",
        texts="name other_name uom kind group1 group2 group3",
        flags="active",
    )
    entity(
        "uom_conversion",
        references="item_id",
        texts="uom",
        amounts="coefficient",
        flags="active",
    )
    entity(
        "project",
        texts="name other_name note",
        flags="active",
    )
    entity(
        "contract",
        texts="name other_name contract_number currency note",
        dates="signed_on valid_from valid_to",
        integers="amount",
        flags="active",
    )
    entity(
        "expense",
        texts="name other_name note",
        references="department_id",
        flags="active",
    )
    entity(
        "load",
        texts=(
            "status kind equipment office shipper carrier_name origin_city origin_state "
            "destination_city destination_state pickup_name pickup_address pickup_time pickup_hours "
            "consignee consignee_address consignee_address2 consignee_contact consignee_phone "
            "consignee_hours delivery_time load_reference"
        ),
        references="customer_id carrier_id",
        dates=(
            "pickup_date pickup_appointment_date delivery_date must_ship_date must_deliver_date "
            "covered_date arrived_date created_on"
        ),
        amounts="weight pieces miles goods_value line_haul carrier_total invoice_total",
    )
    entity(
        "freight_invoice",
        references="load_id",
        texts="customer_name bill_to salesperson office kind hold customer_reference",
        dates="shipped_on delivered_on invoiced_on posted_on",
        amounts="weight total debits credits advances revenue expense profit revenue_due expense_due",
    )
    entity(
        "spot",
        texts="kind pickup_city pickup_state destination_city destination_state",
        dates="entered_on expires_on",
        amounts="weight carrier_rate",
    )
    entity(
        "other",
        texts="table_name name",
    )


def create_message() -> None:
    """The journal."""
    op.create_table(
        "message",
        needed("id", sa.Uuid()),
        sa.Column("parent_id", sa.Uuid()),
        sa.Column("line", sa.Integer()),
        needed("surface", sa.String(32)),
        needed("connection_id", sa.Integer()),
        needed("state", sa.String(16)),
        needed("method", sa.String(8)),
        needed("path", sa.Text()),
        needed("digest", sa.LargeBinary()),
        needed("received_at", sa.BigInteger()),
        needed("duration", sa.BigInteger()),
        sa.Column("content_type", sa.Text()),
        needed("size", sa.Integer()),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("body_file", sa.String(64)),
        needed("seen", sa.BigInteger()),
        sa.Column("first_number", sa.BigInteger()),
        sa.Column("last_number", sa.BigInteger()),
        needed("counts", JSON),
        sa.Column("answer", JSON),
        sa.Column("notes", JSON),
        sa.Column("error", sa.Text()),
        points_to("message", "connection_id", "connection.id"),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
    )
    op.create_index("ix_message_repeat", "message", ["connection_id", "digest", "seen"])
    op.create_index("ix_message_received_at", "message", ["received_at"])
    op.create_index("ix_message_parent_id", "message", ["parent_id"])


def create_outbox() -> None:
    """Deliveries and attempts."""
    op.create_table(
        "delivery",
        needed("copy_id", BIG_KEY, autoincrement=False),
        needed("connection_id", sa.Integer()),
        needed("entity", sa.String(32)),
        needed("precedence", sa.Integer()),
        needed("wanted", sa.BigInteger()),
        needed("forced", sa.BigInteger()),
        needed("state", sa.String(16)),
        needed("due", sa.BigInteger()),
        needed("tries", sa.Integer()),
        sa.Column("token", sa.String(36)),
        needed("lease_until", sa.BigInteger()),
        needed("created_at", sa.BigInteger()),
        sa.Column("last_error", sa.Text()),
        points_to("delivery", "copy_id", "cross_reference.id"),
        points_to("delivery", "connection_id", "connection.id"),
        sa.PrimaryKeyConstraint("copy_id", name="pk_delivery"),
    )
    op.create_index("ix_delivery_due", "delivery", ["connection_id", "state", "precedence", "due"])
    op.create_table(
        "attempt",
        needed("id", BIG_KEY, *([] if is_sqlite() else [sa.Identity()])),
        needed("connection_id", sa.Integer()),
        needed("at", sa.BigInteger()),
        needed("duration", sa.BigInteger()),
        needed("outcome", sa.String(16)),
        sa.Column("status", sa.Integer()),
        needed("copies", JSON),
        sa.Column("request", sa.Text()),
        sa.Column("answer", sa.Text()),
        points_to("attempt", "connection_id", "connection.id"),
        sa.PrimaryKeyConstraint("id", name="pk_attempt"),
    )
    op.create_index("ix_attempt_connection_id_at", "attempt", ["connection_id", "at"])
    op.create_table(
        "feed_lease",
        needed("connection_id", sa.Integer(), autoincrement=False),
        needed("token", sa.String(36)),
        needed("lease_until", sa.BigInteger()),
        points_to("feed_lease", "connection_id", "connection.id"),
        sa.PrimaryKeyConstraint("connection_id", name="pk_feed_lease"),
    )


def create_counters() -> None:
    """The change counter, the series of record ids, and the oldest code that this schema serves."""
    counter = op.create_table(
        "counter",
        needed("name", sa.String(32)),
        needed("value", sa.BigInteger()),
        sa.PrimaryKeyConstraint("name", name="pk_counter"),
    )
    op.bulk_insert(counter, [{"name": "change", "value": 0}])
    if is_sqlite():
        op.bulk_insert(counter, [{"name": "record", "value": 999_999_999}])
    else:
        op.execute("CREATE SEQUENCE record_number AS integer START 1000000000 MINVALUE 1000000000")
    fitness = op.create_table(
        "schema_fitness",
        needed("id", sa.Integer()),
        needed("oldest_code", sa.String(8)),
        sa.PrimaryKeyConstraint("id", name="pk_schema_fitness"),
    )
    op.bulk_insert(fitness, [{"id": 1, "oldest_code": "0001"}])


def is_sqlite() -> bool:
    """Whether the store is SQLite."""
    return op.get_bind().dialect.name == "sqlite"
