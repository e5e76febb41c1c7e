"""Users in files: their column of logins says what their key says."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from synchub.dialects.synchroteam.carrying.cargo import Cargo, Taken
from synchub.dialects.synchroteam.users import USER


def _complete(_session: Session, rows: Sequence[Taken]) -> None:
    for row in rows:
        if row.said and row.copy is not None and row.named.my_id is not None:
            row.said.fields["login"] = row.copy.external_key


USERS = Cargo(USER, complete=_complete)
