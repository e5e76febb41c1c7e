"""What FastAPI answers at best: a document as long as a customer, and a row that is read and thrown away."""

from typing import Any

from benchmarks.data import FIELD_CUSTOMER
from fastapi import FastAPI

app = FastAPI()


@app.get("/customer")
async def show(my_id: str) -> dict[str, Any]:
    """A customer."""
    return {**FIELD_CUSTOMER, "myId": my_id}


@app.post("/customer")
async def take(row: dict[str, Any]) -> dict[str, Any]:
    """The answer to a row."""
    return {"code": len(row), "message": ""}
