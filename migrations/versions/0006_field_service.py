"""What a field service works with: sites, equipment, jobs, invoices, stock, and what is attached to them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

EXACT = sa.Numeric().with_variant(sa.String(), "sqlite")
LATE = {"deferrable": True, "initially": "DEFERRED"}
KINDS: dict[str, Any] = {
    "texts": sa.String(),
    "flags": sa.Boolean(),
    "dates": sa.Date(),
    "moments": sa.String(20),
    "amounts": EXACT,
    "integers": sa.BigInteger(),
}
PLACE = "address address_complement street postal_code city state country"
PERSON = "contact_first_name contact_last_name phone mobile email"


def upgrade() -> None:
    """Add tables and columns that older code need not know: it goes on working beside newer code."""
    widen()
    entity(
        "site",
        texts=f"name {PLACE} {PERSON} fax tags custom_fields",
        amounts="latitude longitude",
        references="customer_id",
    )
    entity("equipment", texts="name tags custom_fields", references="customer_id site_id")
    entity("activity_type", texts="name color", flags="has_conflict")
    entity("block", texts="name items", flags="published shared")
    entity("activity", texts="name note", moments="begins_at ends_at", references="employee_id")
    create_job()
    create_stock()
    entity(
        "invoice",
        texts="kind lines",
        integers="number status",
        dates="due_date",
        amounts="total",
        references="job_id customer_id site_id",
    )
    attached = {"texts": "file_name media_type content comment"}
    entity("attachment", **attached, integers="size", references="job_id customer_id")
    entity("photo", **attached, integers="size report_item iteration", references="job_id")
    create_contents()
    op.create_index("ix_activity_begins_at", "activity", ["begins_at"])
    op.create_index("ix_invoice_number", "invoice", ["number"])
    counter = sa.table("counter", sa.column("name", sa.String()), sa.column("value", sa.BigInteger()))
    op.bulk_insert(counter, [{"name": name, "value": 0} for name in ("job", "invoice", "quotation")])


def widen() -> None:
    """Add what users and parts have to the tables of employees and items."""
    added: dict[str, dict[str, str]] = {
        "employee": {
            "texts": "first_name last_name login profile language groups skilled_trades start_address custom_fields",
            "amounts": "start_latitude start_longitude",
        },
        "item": {
            "texts": "category",
            "amounts": "price tax_rate min_quantity",
            "integers": "tax_id category_id",
            "flags": "tracked serializable",
        },
    }
    for table, columns in added.items():
        for kind, names in columns.items():
            for name in names.split():
                op.add_column(table, sa.Column(name, KINDS[kind], nullable=True))


def create_job() -> None:
    """Jobs, with the columns that they are found by."""
    entity(
        "job",
        texts=f"job_id job_type description {PLACE} {PERSON} activities parts report other_technicians tags"
        " custom_fields",
        integers="number creator job_type_id report_id priority status validated_by duration",
        moments="scheduled_begin scheduled_end real_begin real_end validated_at report_changed_at",
        amounts="latitude longitude",
        references="customer_id site_id equipment_id employee_id",
    )
    for name in ("job_id", "number", "scheduled_begin", "real_begin", "report_changed_at"):
        op.create_index(f"ix_job_{name}", "job", [name])


def create_stock() -> None:
    """What is in warehouses, and what is wanted there."""
    entity("stock_level", texts="serials", amounts="quantity", references="warehouse_id item_id")
    entity(
        "stock_request",
        texts="serials",
        amounts="quantity completed",
        flags="is_sent is_urgent is_deleted",
        moments="requested_at",
        references="source_id destination_id item_id employee_id",
    )


def create_contents() -> None:
    """The bytes that are kept once each, and how often public links were withdrawn."""
    op.create_table(
        "content",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(128), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_content"),
    )
    op.create_table(
        "link",
        sa.Column("entity", sa.String(32), nullable=False),
        sa.Column("record_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("withdrawn", sa.Integer(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entity", "record_id", name="pk_link"),
    )


def entity(name: str, references: str = "", **columns: str) -> None:
    """Create the table of one entity: names of columns by kind."""
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(column, KINDS[kind]) for kind, names in columns.items() for column in names.split()),
        *(sa.Column(column, sa.Integer()) for column in references.split()),
        sa.ForeignKeyConstraint(["id"], ["master_record.id"], name=f"fk_{name}_id"),
        *(
            sa.ForeignKeyConstraint([column], ["master_record.id"], name=f"fk_{name}_{column}", **LATE)
            for column in references.split()
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
    )
    for column in references.split():
        op.create_index(f"ix_{name}_{column}", name, [column])
