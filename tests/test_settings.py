"""The settings, their example file, and what the compose file makes of them."""

import re
from pathlib import Path

import pytest
import typer
import yaml
from psycopg.pq import Conninfo

from synchub.cli import application
from synchub.config import Role, Settings

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / ".env.example"
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path):
    import os

    for name in [name for name in os.environ if name.startswith("SYNCHUB_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def told() -> dict[str, tuple[str, str]]:
    """The lines of the example: name → its value and the comment before it."""
    found = re.findall(r"^# (.*)\nSYNCHUB_([A-Z_]+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE)
    return {name.lower(): (value, comment) for comment, name, value in found}


def test_the_example_has_every_setting_with_its_description():
    described = {name: field.description for name, field in Settings.model_fields.items()}
    assert {name: comment for name, (_, comment) in told().items()} == described


def test_the_example_sets_nothing_that_is_not_a_setting():
    names = re.findall(r"^([A-Z_]+)=", EXAMPLE.read_text(), re.MULTILINE)
    assert sorted(names) == sorted(
        [f"SYNCHUB_{name}".upper() for name in Settings.model_fields] + ["POSTGRES_PASSWORD"]
    )


def test_the_example_shows_the_defaults(tmp_path):
    (tmp_path / ".env").write_text(EXAMPLE.read_text())
    assert Settings() == Settings(_env_file=None)


def test_with_the_key_filled_in_the_example_is_fit_to_serve(tmp_path):
    (tmp_path / ".env").write_text(EXAMPLE.read_text().replace("SYNCHUB_SECRET_KEY=\n", f"SYNCHUB_SECRET_KEY={KEY}\n"))
    settings = Settings()
    settings.check_secret_key()
    assert settings.secret_key.get_secret_value() == KEY


def test_the_key_is_not_printed():
    assert KEY not in repr(Settings(secret_key=KEY))


@pytest.mark.parametrize(
    ("url", "roles", "does"),
    [
        ("", "", {Role.WEB, Role.WORK, Role.COLLECT}),
        ("sqlite:///x.db", "", {Role.WEB, Role.WORK, Role.COLLECT}),
        ("postgresql://h/d", "", {Role.WEB}),
        ("postgresql://h/d", "web, work", {Role.WEB, Role.WORK}),
        ("", "web", {Role.WEB}),
    ],
)
def test_a_process_does_everything_on_sqlite_and_serves_on_postgresql_unless_said(url, roles, does):
    assert Settings(database_url=url, roles=roles).role_set == does


def test_the_store_is_in_the_data_directory_unless_said():
    assert Settings(data_dir=Path("there")).store_url == "sqlite:///there/synchub.db"
    assert Settings(database_url="postgresql://h/d").store_url == "postgresql://h/d"


def test_the_delays_are_seconds():
    assert Settings(retry_delays="0.5,2").delays == [0.5, 2.0]


def ours() -> list[dict]:
    """The services of the compose file that run the hub."""
    return [service for service in COMPOSE["services"].values() if service["image"] == "synchub"]


def test_compose_runs_commands_that_exist():
    known = {command.name or command.callback.__name__ for command in application("").registered_commands}
    assert {" ".join(service["command"]) for service in ours()} == {
        "synchub collect",
        "synchub migrate",
        "synchub serve",
        "synchub sftp-server",
        "synchub work",
    }
    assert {service["command"][1] for service in ours()} <= known
    assert isinstance(application(""), typer.Typer)


def test_compose_sets_only_settings_that_exist():
    for service in ours():
        names = {name.removeprefix("SYNCHUB_").lower() for name in service["environment"]}
        assert names - {"pgpassword"} <= Settings.model_fields.keys()


def test_compose_loads_as_settings(monkeypatch):
    for service in ours():
        for name, value in service["environment"].items():
            plain = re.sub(r"\$\{(\w+):-(\w+)\}", r"\2", re.sub(r"\$\{\w+:\?[^}]*\}", KEY, value))
            monkeypatch.setenv(name, plain)
        settings = Settings()
        settings.check_secret_key()
        assert settings.store_url == "postgresql+psycopg://synchub@postgres:5432/synchub"
        published = [port.split(":")[1] for port in service.get("ports", [])]
        assert published in ([], [str(settings.port)], [str(settings.sftp_port)])


def test_the_databases_password_reaches_the_hub_whatever_signs_it_has(monkeypatch):
    password = "p@ss/w#rd%:?"
    assert all(service["environment"]["PGPASSWORD"] == "${POSTGRES_PASSWORD:-synchub}" for service in ours())
    assert COMPOSE["services"]["postgres"]["environment"]["POSTGRES_PASSWORD"] == "${POSTGRES_PASSWORD:-synchub}"
    monkeypatch.setenv("PGPASSWORD", password)
    (read,) = [option for option in Conninfo.get_defaults() if option.keyword == b"password"]
    assert read.val == password.encode()


def test_the_example_says_what_it_takes_to_start():
    assert "`synchub migrate`" in EXAMPLE.read_text().partition("\n\n")[0]
