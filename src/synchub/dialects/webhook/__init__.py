"""Webhooks: any receiver that takes signed JSON is told what changed; it sends nothing itself."""

from synchub.dialects.dialect import Dialect
from synchub.dialects.webhook.client import WebhookSettings, make_sender

DIALECT = Dialect(
    name="webhook",
    title="Signed webhooks",
    settings=WebhookSettings,
    sender=make_sender,
    credentials=("secret",),
)
