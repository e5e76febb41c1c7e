"""What the hub itself answers: whether it lives, whether it can serve, and which surfaces it has."""

import html
from collections.abc import Awaitable, Callable, Mapping

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from synchub import __version__

QUIET = frozenset({"/livez", "/readyz"})
"""Paths that are asked each few seconds and say nothing worth a line in the log."""


def pages(surfaces: Mapping[str, FastAPI], ready: Callable[[], Awaitable[dict[str, str]]]) -> Starlette:
    """The hub's own pages; `ready` answers what is wrong."""

    async def livez(_request: Request) -> Response:
        return JSONResponse({"alive": True})

    async def readyz(_request: Request) -> Response:
        troubles = await ready()
        return JSONResponse({"ready": not troubles, **troubles}, 503 if troubles else 200)

    async def root(_request: Request) -> Response:
        known = {name: f"/openapi/{name}.json" for name in surfaces}
        return JSONResponse({"name": "synchub", "version": __version__, "docs": "/docs", "surfaces": known})

    async def docs(_request: Request) -> Response:
        return HTMLResponse(_index(surfaces))

    async def openapi(request: Request) -> Response:
        surface = surfaces.get(request.path_params["name"])
        if surface is None:
            raise HTTPException(404)
        return JSONResponse(surface.openapi())

    routes = [
        Route("/livez", livez),
        Route("/readyz", readyz),
        Route("/", root),
        Route("/docs", docs),
        Route("/openapi/{name}.json", openapi),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: _not_here})


async def _not_here(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    told = "no surface answers at this path" if status == 404 else str(getattr(error, "detail", "failed"))  # noqa: PLR2004
    return JSONResponse({"error": told, "path": request.url.path}, status, headers)


def _index(surfaces: Mapping[str, FastAPI]) -> str:
    """All surfaces with their OpenAPI documents, without a script or a foreign address."""
    rows = "".join(
        f'<li><a href="openapi/{name}.json">{html.escape(surface.title)}</a></li>' for name, surface in surfaces.items()
    )
    return f'<!doctype html><html lang="en"><title>synchub</title><h1>Surfaces</h1><ul>{rows}</ul></html>'
