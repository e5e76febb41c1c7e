"""What may be said about a connection's files."""

import pytest

from synchub.files.settings import FileSettings


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
