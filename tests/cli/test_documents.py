"""What README and docs/samples.md show is what happens: their commands are run, their requests sent."""

import base64
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from lxml import etree
from tests.cli.conftest import Command
from tests.cli.curl import request
from tests.cli.printed import Known, filled, learned
from tests.contracts import contract_of
from tests.served import Served, serving

from synchub import dialects
from synchub.intake.tables import Message

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
SAMPLES = (ROOT / "docs" / "samples.md").read_text()
ELSEWHERE = ("export", ".venv/bin/synchub serve")
"""Commands of the README that other tests run."""


def blocks() -> list[str]:
    """The requests and answers of the samples, in turn."""
    return re.findall(r"^```http\n(.*?)\n```$", SAMPLES, re.MULTILINE | re.DOTALL)


def head_and_body(text: str) -> tuple[list[str], str]:
    head, _, body = text.partition("\n\n")
    return head.splitlines(), body


def spelled(answer: httpx.Response, names: list[str]) -> str:
    """An answer as the samples print it, with these headers."""
    head = [f"HTTP/1.1 {answer.status_code} {HTTPStatus(answer.status_code).phrase}"]
    head += [f"{name}: {answer.headers[name]}" for name in names]
    return "\n".join(head) + "\n\n" + pretty(answer)


def pretty(answer: httpx.Response) -> str:
    """A body with one thing a line."""
    if "xml" in answer.headers["content-type"]:
        root = etree.fromstring(answer.content)
        etree.indent(root)
        return etree.tostring(root, encoding="unicode")
    return json.dumps(answer.json(), indent=2, ensure_ascii=False)


def send(hub: Served, printed: str, known: Mapping[str, str]) -> httpx.Response:
    """The answer to a printed request."""
    (first, *head), body = head_and_body(filled(printed, known))
    method, path, version = first.split(" ")
    assert version == "HTTP/1.1"
    headers = dict(line.split(": ", 1) for line in head)
    return hub.call(method, path, headers=headers, content=body.encode())


def names_of(printed: str) -> list[str]:
    (_, *head), _ = head_and_body(printed)
    return [line.partition(":")[0] for line in head]


def commands(section: str) -> Iterator[str]:
    """The commands that a section of the README shows, without their comments."""
    text = README.split(f"## {section}\n", 1)[1].split("\n## ", 1)[0]
    for line in text.splitlines():
        if line.startswith("    ") and not line.strip().startswith(ELSEWHERE):
            yield line.split("  #")[0].strip().removeprefix(".venv/bin/")


def logins(name: str, credentials: Mapping[str, str]) -> Known:
    """What the samples call the credentials of a connection."""
    values = list(credentials.values())
    if len(values) == 1:
        return {f"token of {name}": values[0]}
    return {f"log-in of {name}": base64.b64encode(":".join(values).encode()).decode()}


@pytest.fixture
def connected(synchub: Command) -> Known:
    """The credentials of the connections that the README adds."""
    known: Known = {}
    for line in commands("Connecting partners"):
        words = shlex.split(line)
        if words[:3] == ["synchub", "connection", "add"]:
            (made,) = synchub(*words[1:], "--json").rows
            known |= logins(made["name"], made["credentials"])
    return known


@pytest.fixture
def hub(connected: Known, store_url: str, tmp_path: Path) -> Iterator[Served]:
    """A hub with the connections of the README."""
    with serving(store_url, tmp_path, resync_wait=0) as served:
        yield served


def test_the_samples_are_what_is_asked_and_what_is_answered(hub: Served, connected: Known) -> None:
    known = dict(connected)
    for asked, printed in list(pairwise(blocks()))[::2]:
        answer = send(hub, asked, known)
        known |= learned(printed, spelled(answer, names_of(printed)), known)
        known.pop("message", None)
    assert known.keys() > connected.keys()


def test_the_samples_show_every_dialect_that_answers() -> None:
    shown = re.findall(r"^## (.+)$", SAMPLES, re.MULTILINE)
    titles = [dialect.title for dialect in dialects.find().values() if dialect.surface]
    assert sorted(shown) == sorted(title.split()[0] for title in titles)
    assert len(blocks()) % 2 == 0
    assert all(block.startswith("HTTP/1.1 ") is bool(place % 2) for place, block in enumerate(blocks()))


def test_a_sample_that_is_not_what_is_answered_is_found_out(hub: Served, connected: Known) -> None:
    asked, printed = blocks()[:2]
    answer = send(hub, asked, connected)
    learned(printed, spelled(answer, names_of(printed)), connected)
    for other in (
        printed.replace('"records": 1', '"records": 2'),
        printed.replace("200 OK", "201 Created"),
        printed.replace('"fkey": "«message»"', '"fkey": "«number»"'),
        printed.replace('"success": true,\n', ""),
    ):
        assert other != printed
        with pytest.raises(AssertionError):
            learned(other, spelled(answer, names_of(other)), connected)
    with pytest.raises(AssertionError):
        learned("«number» and «number»", "1 and 2", {})
    with pytest.raises(AssertionError):
        learned("«customer»", "1000000001", {"customer": "1000000000"})
    with pytest.raises(KeyError):
        learned("«nothing»", "1", {})


def test_the_commands_of_the_readme_can_be_run(synchub: Command, connected: Known, hub: Served, alone: Path) -> None:
    send(hub, blocks()[0], connected)
    (message,) = hub.messages()
    record = hub.record("customer", "C-1001")
    (alone / "brought").mkdir()
    (alone / "brought" / "customers.jsonl").write_text('{"id":412,"name":"Mill Street Garage"}\n')
    (alone / "customers.csv").write_text("id;name\n413;Harbour Bakery\n")
    for line in [*commands("Connecting partners"), *commands("Seeing what happened")]:
        if "connection add" in line:
            continue  # `connected` has run it
        program, *words = shlex.split(line.replace("ID", str(message.id if " message " in line else record.id)))
        into = words.index(">") if ">" in words else len(words)
        said = synchub(*words[:into])
        assert (program, said.code) == ("synchub", 0), f"{line}: {said.err}"
        if words[into + 1 :]:
            assert '"id":412' in said.out
    assert hub.count(Message) == 3
    assert [path.stat().st_size > 0 for path in (alone / "carried").glob("*-customer.jsonl")] == [True]


def test_the_readme_names_every_dialect_and_whether_it_is_told() -> None:
    table = README.split("## What it speaks\n", 1)[1].split("\n## ", 1)[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines() if "| `" in line]
    found = dialects.find()
    assert {row[0].strip("`") for row in rows} == found.keys()
    for name, heard, told in rows:
        dialect = found[name.strip("`")]
        assert bool(heard) is (dialect.surface is not None)
        assert ("takes nothing" in told) is (dialect.sender is None)
        for path in re.findall(r"`(?:POST )?(/[^`]*?)…?`", heard):
            assert any(claim.path.startswith(path) for claim in dialect.claims)


@pytest.mark.parametrize("name", [name for name, dialect in dialects.find().items() if dialect.samples])
def test_the_call_that_the_demo_shows_works_as_it_stands(synchub: Command, store_url: str, tmp_path: Path, name: str):
    (made,) = synchub("connection", "add", "demo", "--dialect", name, "--json").rows
    samples = dialects.named(name).samples
    assert samples is not None
    with serving(store_url, tmp_path) as hub:
        for line in samples("http://hub", made["credentials"]):
            asked = request(line)
            answer = hub.call(asked.pop("method"), asked.pop("url"), **asked)
            assert answer.status_code == HTTPStatus.OK, answer.text
            assert not contract_of(name).is_refusal(answer.json())


def test_the_commands_about_files_can_be_run(synchub: Command, connected: Known, alone: Path) -> None:
    inbox = alone / "data" / "inbox" / "freight"
    inbox.mkdir(parents=True)
    (inbox / "Customers.csv").write_text("id,name\n88412,Harbour Bakery\n")
    first, *others = commands("Files")
    assert synchub(*shlex.split(first)[1:], "--set", "files_ready=rename").code == 0
    assert connected
    for line in others:
        program, *words = shlex.split(line.replace("FILE", "1"))
        said = synchub(*words)
        assert (program, said.code) == ("synchub", 0), f"{line}: {said.err}"
    assert "first load: 1 created" in synchub("file", "reconcile").out
