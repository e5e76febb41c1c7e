"""Who did what to the hub by hand, kept for good."""

from synchub.audit.keeping import note

__all__ = ["note"]
