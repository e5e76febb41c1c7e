"""Invoices and quotations: Send and List."""

from synchub.dialects.synchroteam.endpoints import Endpoint
from synchub.dialects.synchroteam.invoices.kind import INVOICE as INVOICE
from synchub.dialects.synchroteam.invoices.listing import LIST
from synchub.dialects.synchroteam.invoices.sending import SEND

ENDPOINTS: tuple[Endpoint, ...] = (SEND, LIST)
