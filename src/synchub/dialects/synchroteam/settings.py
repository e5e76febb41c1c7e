"""What one Synchroteam connection is set to."""

from typing import Any

from pydantic import Field, field_validator

from synchub.outbox.sender import TargetSettings

IGNORED = ("_", "postman-token", "cache-control")
"""What clients add to a query although it says nothing (facts: global_quirks)."""
ROOT = "/Api/v2"


class SynchroteamSettings(TargetSettings, extra="forbid"):
    """What one connection is set to; nothing is needed to receive from it."""

    url: str | None = Field(
        None, description=f"the server's address, http:// or https://; {ROOT} is put after it unless it ends in /v2"
    )
    target_domain: str | None = Field(None, description="the domain by which we log in at the server")
    ignored_parameters: tuple[str, ...] = Field(
        IGNORED, description="query parameters that change nothing, with commas; any other that is unknown is refused"
    )
    nested_equipment: bool = Field(
        default=False, description="whether a site's equipment is listed within a list, as the vendor's example has it"
    )

    @field_validator("url")
    @classmethod
    def _is_web_address(cls, value: str | None) -> str | None:
        if value is not None and not value.lower().startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value

    @field_validator("ignored_parameters", mode="before")
    @classmethod
    def _are_names(cls, given: Any) -> Any:
        names = given.split(",") if isinstance(given, str) else given
        return [str(name).strip().lower() for name in names if str(name).strip()] if names else []

    @property
    def endpoint(self) -> str:
        """The address before a resource."""
        base = (self.url or "").rstrip("/")
        return base if base.lower().endswith("/v2") else base + ROOT
