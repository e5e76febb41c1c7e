"""What the hub itself answers: whether it lives, whether it can serve, and which surfaces it has."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from fastapi import FastAPI
from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from synchub import __version__

FOLDER = Path(__file__).parent
GUARDED = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
"""Headers of the page: nothing on it comes from elsewhere or goes elsewhere."""
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
        return HTMLResponse(_docs_page(surfaces), headers=GUARDED)

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
        Mount("/docs/assets", StaticFiles(packages=[("fastapi_offline", "static")])),
        Mount("/docs", StaticFiles(directory=FOLDER / "docs")),
        Route("/openapi/{name}.json", openapi),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: _not_here})


async def _not_here(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    told = "no surface answers at this path" if status == 404 else str(getattr(error, "detail", "failed"))  # noqa: PLR2004
    return JSONResponse({"error": told, "path": request.url.path}, status, headers)


def _docs_page(surfaces: Mapping[str, FastAPI]) -> str:
    """All surfaces in one selector: Swagger UI from its package, so that the page works without the internet."""
    page = Environment(loader=FileSystemLoader(FOLDER / "docs"), autoescape=True).get_template("page.html")
    return page.render(surfaces={name: surface.title for name, surface in surfaces.items()})
