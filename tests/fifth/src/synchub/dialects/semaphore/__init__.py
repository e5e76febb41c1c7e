"""Semaphore: a dialect that nobody speaks but the tests; it is put beside the others and says what they need not."""

from pydantic import BaseModel, Field
from synchub.dialects.semaphore.routes import NAME, PATH, surface

from synchub.dialects.dialect import Claim, Dialect


class SemaphoreSettings(BaseModel, extra="forbid"):
    """What one connection is set to."""

    mast: str | None = Field(None, description="where its flags hang")


DIALECT = Dialect(
    name=NAME,
    title="Semaphore",
    settings=SemaphoreSettings,
    claims=(Claim(PATH),),
    surface=surface,
    credentials=("token",),
    entities=frozenset({"warehouse"}),
)
