"""Calls of servers on this machine: whom to believe on the internet is not read for each, which takes far longer."""

import ssl
from functools import partial

import httpx

NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Who is believed over TLS, which none of these servers speaks."""

request = partial(httpx.request, verify=NOBODY)
get = partial(request, "GET")
post = partial(request, "POST")
