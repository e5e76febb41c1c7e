"""What may be said about a connection's files."""

import pytest

from synchub.files.settings import FileSettings
from synchub.files.tables import FileRun


@pytest.mark.parametrize("files", ["", "hub", "/srv/in", "sftp://me@host", "sftp://me@[::1]:2222/in"])
def test_a_place_is_a_directory_a_server_or_the_hub(files):
    assert FileSettings(files=files).files == files


@pytest.mark.parametrize(
    "files",
    [
        "in/daily",
        "ftp://me@host/in",
        "sftp://host/in",
        "sftp://me@",
        "sftp://me:secret@host/",
        "sftp://me@host:x/",
        "sftp://me@h:0/",
    ],
)
def test_what_is_no_place_is_refused(files):
    with pytest.raises(ValueError, match=r"must be a directory|must begin with /|where it is kept sealed"):
        FileSettings(files=files)


@pytest.mark.parametrize("setting", ["files_patterns", "files_expected"])
def test_a_table_has_a_name_that_the_store_can_keep(setting):
    longest = FileRun.__table__.c.table_name.type.length
    assert FileSettings.model_validate({setting: {"t" * longest: "06:30"}})
    with pytest.raises(ValueError, match=f"no more than {longest} letters"):
        FileSettings.model_validate({setting: f"{'t' * (longest + 1)}=06:30"})
