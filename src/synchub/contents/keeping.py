"""Where the bytes are: in the data directory, or in an object store that a URL names; each content once.

`keep` has put them there when it returns; `record`, in the transaction that refers to them, writes their row.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sqlalchemy.orm import Session

from synchub import clock, db, disk
from synchub.config import Settings
from synchub.contents.kinds import UNKNOWN, allowed, media_type, recognised
from synchub.contents.tables import Content
from synchub.errors import Misconfigured, NotFound, Refused, TooLarge, Unavailable

if TYPE_CHECKING:
    from obstore.store import ObjectStore

FOLDER = "contents"
PATIENCE = timedelta(seconds=20)
"""How long an object store in trouble is asked again, before the caller is told to come back."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Bytes that are kept: their SHA-256 in hex, how many they are, and what they are under the name they came with.

    `shown` is what they are by themselves, whatever their name.
    """

    digest: str
    size: int
    media_type: str
    shown: str


class Shelf(Protocol):
    """Where contents are put by their digest."""

    def put(self, digest: str, content: bytes) -> None:
        """See that the content is there, and stays."""

    def get(self, digest: str) -> bytes:
        """The content.

        Raises:
            NotFound: it is not there.
        """


@dataclass(frozen=True, slots=True)
class Disk:
    """The data directory."""

    root: Path

    def put(self, digest: str, content: bytes) -> None:
        """See that a file with the content is on the disk, with its name."""
        self.root.mkdir(parents=True, exist_ok=True)
        disk.put(self.root / _place(digest), content, self.root)

    def get(self, digest: str) -> bytes:
        """The content of a file."""
        try:
            return (self.root / _place(digest)).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"the content {digest} is not under {self.root}: is it this hub's?") from None


@dataclass(frozen=True, slots=True)
class Objects:
    """An object store; it decides how safe what it took is."""

    store: "ObjectStore"

    def put(self, digest: str, content: bytes) -> None:
        """See that an object with the content is there.

        Raises:
            Unavailable: the object store cannot be reached, or does not take it.
        """
        import obstore

        with self._explained():
            try:
                obstore.head(self.store, _place(digest))
            except FileNotFoundError:
                obstore.put(self.store, _place(digest), content)

    def get(self, digest: str) -> bytes:
        """The content of an object.

        Raises:
            Unavailable: the object store cannot be reached.
        """
        import obstore

        with self._explained():
            try:
                return bytes(obstore.get(self.store, _place(digest)).bytes())
            except FileNotFoundError:
                raise NotFound(f"the content {digest} is not in the store of SYNCHUB_CONTENT_URL") from None

    @contextmanager
    def _explained(self) -> Iterator[None]:
        from obstore.exceptions import BaseError

        try:
            yield
        except (BaseError, OSError) as error:
            said = str(error).partition("\n")[0]
            raise Unavailable(f"the object store of SYNCHUB_CONTENT_URL does not answer: {said}") from error


def _place(digest: str) -> str:
    return f"{FOLDER}/{digest[:2]}/{digest}"


def shelf(settings: Settings) -> Shelf:
    """Where this hub keeps contents.

    Raises:
        Misconfigured: the object store's URL or what the environment says for it is not fit.
    """
    return _objects(settings.content_url) if settings.content_url else Disk(settings.data_dir)


@lru_cache(maxsize=8)
def _objects(url: str) -> Objects:
    from obstore.exceptions import BaseError
    from obstore.store import LocalStore, from_url

    try:
        if url.startswith("file:"):
            return Objects(LocalStore.from_url(url, mkdir=True))
        return Objects(from_url(url, retry_config={"max_retries": 2, "retry_timeout": PATIENCE}))
    except (BaseError, OSError, ValueError) as error:
        said = str(error).partition("\n")[0]
        raise Misconfigured(f"SYNCHUB_CONTENT_URL cannot be used: {said}") from None


def weigh(content: bytes, name: str, settings: Settings) -> Kept:
    """What bytes would be if they were kept; a file of that name held them.

    Raises:
        TooLarge: they are more than an attachment may be.
        Refused: a file of their type may not be attached.
    """
    if len(content) > settings.max_attachment:
        raise TooLarge(f"'{name}' has {len(content)} bytes: at most {settings.max_attachment} are taken")
    kind = media_type(content, name)
    if not allowed(kind, settings.attachment_types):
        raise Refused(f"'{name}' is {kind}: only {settings.attachment_types} is taken")
    return Kept(hashlib.sha256(content).hexdigest(), len(content), kind, recognised(content) or UNKNOWN)


def keep(content: bytes, name: str, settings: Settings) -> Kept:
    """Put bytes where contents are kept; otherwise as `weigh`.

    Raises:
        Unavailable: the object store does not take them.
    """
    kept = weigh(content, name, settings)
    shelf(settings).put(kept.digest, content)
    return kept


def is_kept(session: Session, digest: str) -> bool:
    """Whether there is a row of a content."""
    return session.get(Content, digest) is not None


def record(session: Session, kept: Kept) -> None:
    """Write the row of a content, if it has none."""
    row = {"digest": kept.digest, "size": kept.size, "media_type": kept.shown, "created_at": clock.now()}
    session.execute(db.insert(session, db.table_of(Content)).values(row).on_conflict_do_nothing())
