"""Records of tables for which the hub has no typed columns: all that they say is in the image."""

from sqlalchemy.orm import Mapped

from synchub.master.entities.entity import Entity


class Other(Entity):
    """A record of a table without typed columns; its key is `table:id`."""

    __tablename__ = "other"

    label_fields = ("table_name", "name")

    table_name: Mapped[str | None]
    name: Mapped[str | None]
