"""What a server calls a document, which is no id: its number, and the type within which that counts.

It is kept with a mark, as what another hub answers: said to that server, but neither shown nor looked up here.
"""

from dataclasses import dataclass

from synchub.dialects.synchroteam.ids import ANOTHER_HUBS, whole


@dataclass(frozen=True, slots=True)
class Called:
    """The type and the number of a document at a server."""

    type: str
    number: int

    @classmethod
    def of(cls, their_id: str | None, label: str | None) -> "Called | None":
        """What was kept of a copy, of whose record this is the label; None if nothing was.

        One that was brought along with its id has the type and the number here that it has there.
        """
        kept = label if whole(their_id or "") is not None else (their_id or "").removeprefix(ANOTHER_HUBS)
        type_, _, text = (kept or "").partition(" ")
        number = whole(text)
        return None if number is None else cls(type_, number)

    def kept(self) -> str:
        """How it is kept."""
        return f"{ANOTHER_HUBS}{self.type} {self.number}"
