"""What an operator must know, until it is over: one row while it lasts, however often it is seen.

Any room raises and clears; nothing here knows why.
"""

from synchub.alerts.raising import clear, raise_alert

__all__ = ["clear", "raise_alert"]
