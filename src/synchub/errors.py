"""What can go wrong, as one tree.

    SynchubError                 anything the hub reports in its own words
    ├── Misconfigured            a setting, a connection or a schema is not fit to run with: one line, says what to do
    ├── NotFound                 a connection, record, message or delivery that was named does not exist
    ├── Refused                  a request that a partner can mend
    │   ├── Unreadable           the body is no request of this dialect
    │   ├── TooLarge             more bytes or parameters than the hub takes
    │   ├── NotAuthenticated     no credentials, or wrong ones
    │   ├── NotAllowed           the connection may not write this entity, or call from this address
    │   └── TooMany              more requests a minute than the connection may make
    ├── Unavailable              the hub cannot store at the moment; the caller should try again
    │   ├── Overtaken            what a transaction read first has changed since; it is run again (db)
    │   ├── Full                 the door's queue is full
    │   └── Interrupted          the process stops while it works on a request: nobody knows whether it is stored
    ├── OutOfReach               a place with files cannot be looked into at the moment (files.places)
    │   └── Untrusted            its server is not, or not yet, known to be the right one (files.ssh)
    ├── Vanished, Withheld       one file is not there any more, or cannot be read or moved (files.places)
    ├── Unspooled                the spool cannot take a file (files.spool)
    ├── NotConnected             a partner was not reached: certainly nothing was sent (outbox.http)
    └── Unanswered               no whole answer came: nobody knows what was stored (outbox.http)

A class knows its HTTP status; a dialect's `faults.py` knows the wording and the envelope.
"""

from typing import ClassVar


class SynchubError(Exception):
    """Anything the hub reports in its own words."""

    status: ClassVar[int] = 500


class Misconfigured(SynchubError):
    """A setting, a connection or a schema is not fit to run with."""


class NotFound(SynchubError):
    """What was named does not exist."""

    status = 404


class Refused(SynchubError):
    """A request that a partner can mend."""

    status = 400


class Unreadable(Refused):
    """The body is no request of this dialect."""


class TooLarge(Refused):
    """More bytes or parameters than the hub takes."""

    status = 413


class NotAuthenticated(Refused):
    """No credentials, or wrong ones."""

    status = 401


class NotAllowed(Refused):
    """The connection may not do this."""

    status = 403


class TooMany(Refused):
    """More requests a minute than the connection may make."""

    status = 429
    retry_after: ClassVar[int] = 5


class Unavailable(SynchubError):
    """The hub cannot store at the moment."""

    status = 503
    retry_after: ClassVar[int] = 5


class Full(Unavailable):
    """The door's queue is full."""


class Interrupted(Unavailable):
    """The process stops while it works on a request."""
