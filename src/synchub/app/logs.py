"""The log of a process: one line per event on standard error, as text or JSON, whoever writes it."""

import logging
import sys
from collections.abc import MutableMapping, Sequence
from datetime import UTC, datetime
from typing import Any, TextIO

import structlog

OURS = "synchub"
REQUESTS = "synchub.requests"
TOLD = ("id", "connection", "client", "method", "path", "status", "milliseconds")
"""What is told of a request, on this logger."""
_LEFT = {"message", "asctime", "color_message"}


def configure(form: str) -> None:
    """Write all log lines in this form, `text` or `json`; may be called again."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_blanks,
    ]
    formatter = structlog.stdlib.ProcessorFormatter
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, formatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = _StandardError()
    handler.set_name(OURS)
    handler.setFormatter(_Formatter(_ending(form), shared))
    root = logging.getLogger()
    root.handlers = [*(other for other in root.handlers if other.get_name() != OURS), handler]
    root.setLevel(logging.INFO)
    _quieten()


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """Spares the lines of requests, which are by far the most, what makes all others alike: these are so already."""

    def __init__(self, ending: Sequence[Any], shared: Sequence[Any]) -> None:
        super().__init__(foreign_pre_chain=shared, processors=[self.remove_processors_meta, *ending])
        self._ending = ending

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        if record.name != REQUESTS or record.exc_info:
            return super().format(record)
        at = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        event: Any = {"event": record.msg, "level": record.levelname.lower(), "timestamp": at}
        event |= {name: value for name in TOLD if (value := getattr(record, name, None)) is not None}
        for process in self._ending:
            event = process(None, record.levelname, event)
        return str(event)


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to what standard error is at the moment, not to what it was when the log was set up."""

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, _stream: TextIO) -> None:
        """The parent sets it once."""


def _ending(form: str) -> list[Any]:
    """How a line ends up. A traceback never shows the values of variables, where credentials stand."""
    if form == "json":
        return [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ]
    if not sys.stderr.isatty():
        return [structlog.processors.format_exc_info, _plain]
    return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]


def _plain(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    """A line without colours, as structlog's own renderer would write it for twice the cost of the whole line."""
    begin = f"{event.pop('timestamp')} [{event.pop('level'):<9}] {event.pop('event'):<30}"
    behind = [text for name in ("stack", "exception") if (text := event.pop(name, None))]
    said = (f"{name}={_spelled(event[name])}" for name in sorted(event))
    return "\n".join([" ".join([begin, *said]).rstrip(), *behind])


def _spelled(value: Any) -> str:
    """A value on one line."""
    text = value if isinstance(value, str) else repr(value)
    return text if text.isprintable() else repr(text)


def _quieten() -> None:
    """Let libraries write through our handler, and no more than they must."""
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    for name in ("httpx", "httpcore", "alembic", "fontTools", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # it writes a traceback of whatever it raises as well


def _without_blanks(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The event without blanks, and without what other handlers left on its record."""
    return {name: value for name, value in event.items() if value is not None and name not in _LEFT}
