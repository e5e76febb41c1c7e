"""Activities in files: seconds of their moments, which the vendor does not show, are shown where there are any."""

from dataclasses import replace

from synchub.dialects.synchroteam.activities import ACTIVITY
from synchub.dialects.synchroteam.bodies import Row
from synchub.dialects.synchroteam.carrying.cargo import Cargo
from synchub.dialects.synchroteam.views import Seen

_MOMENTS = ("dtStart", "dtEnd")


def _finished(row: Row, seen: Seen) -> Row:
    row = ACTIVITY.finish(row, seen)
    return row | {word: row[word].removesuffix(":00") if row[word].count(":") > 1 else row[word] for word in _MOMENTS}


ACTIVITIES = Cargo(replace(ACTIVITY, moments="%Y-%m-%d %H:%M:%S", finish=_finished), is_flat=False)
