"""The hub's settings: environment variables named SYNCHUB_*, read once and passed on."""

from enum import StrEnum
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from synchub.errors import Misconfigured

MEBIBYTE = 2**20
SHORTEST_KEY = 32
PLACEHOLDERS = ("change-me", "changeme", "change_me", "placeholder", "your-secret", "your_secret", "replace-me")


class Role(StrEnum):
    """What one process does."""

    WEB = "web"
    WORK = "work"
    COLLECT = "collect"


class Settings(BaseSettings):
    """All settings; each is an environment variable SYNCHUB_<NAME> and stands in `.env.example`."""

    model_config = SettingsConfigDict(env_prefix="SYNCHUB_", env_file=".env", extra="ignore", env_ignore_empty=True)

    database_url: str = Field("", description="SQLAlchemy URL of the store; empty: SQLite in the data directory")
    data_dir: Path = Field(Path("data"), description="directory for the SQLite store and large message bodies")
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8080, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="key that seals the passwords we send to partners, 32 characters or more; "
        "`openssl rand -hex 32` prints one",
    )
    roles: str = Field(
        "",
        description="what `serve` does: web, work (tells partners), collect (fetches files), with commas; "
        "empty: all on SQLite, else web",
    )
    log_format: str = Field("text", pattern="text|json", description="text or json")
    trusted_proxies: str = Field(
        "", description="addresses or networks, with commas, whose X-Forwarded-For is believed"
    )
    allow_private_targets: bool = Field(
        default=True, description="whether partners may be called at private and loopback addresses"
    )
    max_body: int = Field(64 * MEBIBYTE, ge=1024, description="most bytes of one request, after unpacking")
    max_rows: int = Field(100_000, ge=1, description="most rows of one request")
    queue_bytes: int = Field(
        256 * MEBIBYTE, ge=MEBIBYTE, description="most bytes that wait for the next commit, all connections"
    )
    queue_share: int = Field(
        64 * MEBIBYTE, ge=1024, description="most bytes that wait for the next commit, one connection"
    )
    queue_wait: float = Field(10.0, ge=0, description="seconds that a request waits for room before it is answered 503")
    large_body: int = Field(
        256 * 1024, ge=0, description="bytes from which a raw body is kept as a file in the data directory"
    )
    echo_window: float = Field(
        5.0, ge=0, description="seconds after a delivery in which an answer to it is taken for an echo"
    )
    attempt_seconds: float = Field(30.0, gt=0, description="deadline of one call to a partner")
    retry_delays: str = Field(
        "1,5,15,60,300,900", description="seconds between calls to a partner in trouble; the last one repeats"
    )
    pump_window: int = Field(1000, ge=1, description="changed records looked at in one step of the pump")
    resync_wait: float = Field(
        5.0, ge=0, description="seconds that a request to tell everybody again waits until they are told"
    )
    drain_seconds: float = Field(
        20.0, ge=0, description="seconds that a stopping process is given to finish what it accepted"
    )

    sftp_host: str = Field("127.0.0.1", description="address that `sftp-server` listens on")
    sftp_port: int = Field(2222, ge=0, le=65535, description="port that `sftp-server` listens on; 0 takes a free one")
    sftp_max_file: int = Field(2**30, ge=1, description="most bytes of one file that is uploaded to `sftp-server`")
    sftp_max_space: int = Field(
        4 * 2**30, ge=1, description="most bytes that may wait to be collected in one connection's directory"
    )

    public_url: str = Field(
        "", description="address by which customers reach the hub, for links; empty: the one that a request came to"
    )
    content_url: str = Field(
        "",
        pattern="^($|(s3|s3a|gs|az|adl|azure|abfs|abfss|https|file)://)",
        description="object store of attachments and photos, such as s3://bucket/folder; empty: the data directory",
    )
    max_attachment: int = Field(25 * MEBIBYTE, ge=1, description="most bytes of one attachment or photo")
    attachment_types: str = Field(
        "*/*", description="media types that may be attached, with commas, such as image/*,application/pdf"
    )
    fonts: Path = Field(
        Path("/usr/share/fonts"), description="directory below which Noto fonts are, for what is printed"
    )
    paper: str = Field("A4", pattern="A4|Letter", description="paper of reports: A4 or Letter")
    letterhead_name: str = Field("", description="name of the company at the head of reports")
    letterhead_lines: str = Field(
        "", description="lines below that name, with | between them: address, phone, web site"
    )
    letterhead_logo: str = Field("", description="file of the company's logo, PNG or JPEG")
    letterhead_colour: str = Field(
        "#1f4e79", pattern="^#[0-9a-fA-F]{6}$", description="colour of lines and headings of reports"
    )

    @field_validator("roles")
    @classmethod
    def _known_roles(cls, value: str) -> str:
        for name in filter(None, (part.strip() for part in value.split(","))):
            Role(name)
        return value

    @field_validator("retry_delays")
    @classmethod
    def _are_seconds(cls, value: str) -> str:
        if not all(float(part) >= 0 for part in value.split(",")):
            raise ValueError("must be seconds with commas between them")
        return value

    def check_secret_key(self) -> None:
        """See that there is a key to seal with.

        Raises:
            Misconfigured: it is missing, a placeholder or too short.
        """
        key = self.secret_key.get_secret_value()
        advice = "put 32 random characters or more into .env, such as 'openssl rand -hex 32' prints"
        if not key:
            raise Misconfigured(f"SYNCHUB_SECRET_KEY is not set: {advice}")
        if any(word in key.lower() for word in PLACEHOLDERS):
            raise Misconfigured(f"SYNCHUB_SECRET_KEY is a placeholder: {advice}")
        if len(key) < SHORTEST_KEY:
            raise Misconfigured(f"SYNCHUB_SECRET_KEY has {len(key)} characters: {advice}")

    @property
    def store_url(self) -> str:
        """The URL of the store."""
        return self.database_url or f"sqlite:///{self.data_dir / 'synchub.db'}"

    @property
    def delays(self) -> list[float]:
        """The retry delays in seconds."""
        return [float(part) for part in self.retry_delays.split(",")]

    @property
    def role_set(self) -> frozenset[Role]:
        """What this process does."""
        named = frozenset(Role(part.strip()) for part in self.roles.split(",") if part.strip())
        return named or (frozenset(Role) if self.store_url.startswith("sqlite") else frozenset({Role.WEB}))
