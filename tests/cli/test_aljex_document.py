"""What docs/aljex.md shows is what happens: its commands and posts are run, its files put there, at its times."""

import json
import os
import re
import shlex
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from tests.cli.conftest import Command
from tests.cli.curl import request
from tests.cli.printed import Known, filled, learned
from tests.served import Served, serving

from synchub import clock, dialects
from synchub.connections.options import RULES
from synchub.files import calendar, guards, missing, running, troubles

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "aljex.md").read_text()


def blocks() -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """Each block's moment (microseconds), and its commands with what they print."""
    for block in re.findall(r"^```console\n# (.*?)\n```$", DOCUMENT, re.MULTILINE | re.DOTALL):
        moment = datetime.strptime(block[:20], "%Y-%m-%d %H:%M %Z").replace(tzinfo=UTC)
        _, *steps = f"\n{block}\n".split("\n$ ")
        yield round(moment.timestamp() * clock.SECOND), [_step(step) for step in steps]


def _step(text: str) -> tuple[str, str]:
    line, _, printed = text.partition("\n")
    return line, even(printed)


def even(text: str) -> str:
    """Lines without the blanks that make columns, which are as wide as what stands in them."""
    return "\n".join(re.sub(" {2,}", "  ", line).rstrip() for line in text.strip().splitlines())


class Story:
    """Runs the lines of the document on a hub."""

    def __init__(self, synchub: Command, hub: Served, folder: Path) -> None:
        self.synchub, self.hub, self.folder, self.known = synchub, hub, folder, Known()

    def run(self, moment: int, line: str, printed: str) -> None:
        """One line, which must print what the document says."""
        said = self._put(moment, line, printed) if line.startswith("cat ") else self._said(filled(line, self.known))
        self.known |= learned(printed, even(said), self.known)
        self.known.pop("message", None)

    def _put(self, moment: int, line: str, printed: str) -> str:
        """A file that the document shows was written at this moment."""
        path = self.folder / line.removeprefix("cat ")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(printed + "\n")
        os.utime(path, (moment / clock.SECOND,) * 2)
        return printed

    def _said(self, line: str) -> str:
        program, *words = shlex.split(line)
        if program == "curl":
            asked = request(line)
            answer = self.hub.call(asked.pop("method"), asked.pop("url"), **asked)
            return json.dumps(answer.json(), separators=(",", ":"))
        said = self.synchub(*words)
        assert (program, said.code) == ("synchub", 0), said.err
        return said.out


def test_the_week_is_as_it_is_told(synchub: Command, store_url: str, alone: Path) -> None:
    with ExitStack() as stack:
        hub = stack.enter_context(serving(store_url, alone))
        story = Story(synchub, hub, alone)
        for moment, steps in blocks():
            with clock.replaced(lambda moment=moment: moment):
                for line, printed in steps:
                    story.run(moment, line, printed)


def first_cells(section: str) -> list[str]:
    """The names in the first column of a section's tables."""
    text = DOCUMENT.split(f"## {section}\n", 1)[1].split("\n## ", 1)[0]
    return [name for cell in re.findall(r"^\| (`.+?) \|", text, re.MULTILINE) for name in re.findall("`(.+?)`", cell)]


def test_the_settings_that_the_document_names_are_there() -> None:
    known = {*dialects.named("aljex").settings.model_fields, *RULES}
    assert set(first_cells("What to set")) <= known
    assert set(re.findall(r"--set (\w+)=", DOCUMENT)) <= known | set(dialects.named("aljex").outbound)


def test_the_document_names_every_alert_about_files() -> None:
    kinds = {calendar.LATE, calendar.SMALL, guards.HELD, running.FAILED, missing.ALERT, troubles.UPLOAD}
    kinds |= {troubles.PLACE, troubles.FILE, troubles.MOVE, troubles.STRANGE, troubles.UNTAKEN}
    kinds |= {troubles.SPOOL, troubles.ROWS}
    assert set(first_cells("Day by day")) == kinds
