"""What an entity is: a table joined to `master_record`, its fields, and the label that people know a record by."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Integer
from sqlalchemy.orm import Mapped, MappedColumn, declared_attr, mapped_column

from synchub.master.tables import MasterRecord
from synchub.master.values import Value, as_text, reader

_SHARED = {"id"}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an entity: how an image value is read into its column, and the entity that it refers to, if any."""

    name: str
    read: Callable[[Value], Any]
    refers_to: str | None


class Entity(MasterRecord):
    """The parent of all entities. `label_fields` are joined by a blank to make a record's label.

    `mentions` are the columns with lists of objects of which a member is another record's id: by column that member and
    the other's entity.
    """

    __abstract__ = True

    label_fields: ClassVar[tuple[str, ...]] = ("name",)
    mentions: ClassVar[Mapping[str, tuple[str, str]]] = {}

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"polymorphic_identity": cls.__tablename__, "inherit_condition": cls.id == MasterRecord.id}

    @declared_attr
    @classmethod
    def id(cls) -> Mapped[int]:
        return mapped_column(Integer, ForeignKey("master_record.id"), primary_key=True)

    @classmethod
    def fields(cls) -> Mapping[str, Field]:
        """The entity's own fields by name."""
        return _fields(cls)

    @classmethod
    def references(cls) -> Mapping[str, str]:
        """The entity that each reference field refers to."""
        return _references(cls)

    @classmethod
    def label_of(cls, typed: Mapping[str, Any]) -> str | None:
        """The label of a record with these typed fields."""
        return " ".join(text for name in cls.label_fields if (text := as_text(typed.get(name)))) or None


@cache
def _fields(entity: type[Entity]) -> Mapping[str, Field]:
    return {
        column.name: Field(column.name, reader(column), column.info.get("refers_to"))
        for column in entity.__table__.columns
        if column.name not in _SHARED
    }


@cache
def _references(entity: type[Entity]) -> Mapping[str, str]:
    return {name: field.refers_to for name, field in _fields(entity).items() if field.refers_to}


def entity_of(made: type[Entity]) -> str:
    """The name of an entity."""
    return made.__tablename__


def reference(entity: str) -> MappedColumn[int | None]:
    """A column that holds the id of a record of another entity."""
    return mapped_column(
        ForeignKey("master_record.id", deferrable=True, initially="DEFERRED"),
        index=True,
        info={"refers_to": entity},
    )
