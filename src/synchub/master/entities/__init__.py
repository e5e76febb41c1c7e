"""The entities of master data: typed columns for what a screen, a filter, a rule or a target uses.

Each class is one table joined to `master_record`; all else that a partner states stays in the image of its copy. A
column's type says how an image value is read (`values.reader`); `reference("entity")` marks a column that holds another
record's id while images hold the partner's key for it. `ENTITIES` finds a class by its entity's name, in the order in
which records must be sent (a record after those that it refers to).
"""

from synchub.master.entities.entity import Entity, Field, entity_of
from synchub.master.entities.field_service import (
    Activity,
    ActivityType,
    Attachment,
    Block,
    Equipment,
    Invoice,
    Job,
    Photo,
    Site,
    StockLevel,
    StockRequest,
)
from synchub.master.entities.freight import Carrier, FreightInvoice, Load, Spot
from synchub.master.entities.organisation import Contract, Department, Expense, Project, Warehouse
from synchub.master.entities.other import Other
from synchub.master.entities.parties import Customer, Employee, Salesrep
from synchub.master.entities.products import Item, UomConversion

ENTITIES: dict[str, type[Entity]] = {
    entity_of(made): made
    for made in (
        Employee,
        Salesrep,
        Department,
        Warehouse,
        Customer,
        Site,
        Equipment,
        Carrier,
        Item,
        UomConversion,
        StockLevel,
        StockRequest,
        ActivityType,
        Activity,
        Block,
        Job,
        Attachment,
        Photo,
        Invoice,
        Project,
        Contract,
        Expense,
        Load,
        FreightInvoice,
        Spot,
        Other,
    )
}

PRECEDENCE = {name: place for place, name in enumerate(ENTITIES)}
"""The place of an entity in the order of sending."""

__all__ = ["ENTITIES", "PRECEDENCE", "Entity", "Field", "entity_of"]
