"""`synchub sftp-server` as a process: how it starts, ends, and dies."""

import signal
import socket
import stat

import pytest
from tests.cli.process import eventually
from tests.files.uploading import KEY, ROWS, Place, put, uploads

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
"""Nothing here is the store's affair."""


def test_the_process_keeps_its_host_key_and_tells_its_fingerprint(store_url, tmp_path, tms):
    told, key = set(), tmp_path / "data" / "sftp_host_key"
    for _ in range(2):
        with uploads(store_url, tmp_path / "data") as place:
            told.add(place.fingerprint)
            put(place.sftp(*tms), "loads.csv")
            assert stat.S_IMODE(key.stat().st_mode) == 0o600
            assert place.process.stop() == 0
            assert "Traceback" not in place.process.complaints()
        key.chmod(0o644)
    (fingerprint,) = told
    assert fingerprint.startswith("SHA256:")


def test_uploads_that_are_under_way_when_it_is_told_to_stop_come_to_an_end(store_url, tmp_path, tms):
    with uploads(store_url, tmp_path / "data") as place:
        sftp = place.sftp(*tms)
        file = sftp.open("loads.csv", "w")
        file.write(b"first ")
        file.flush()
        place.process.process.terminate()
        assert eventually(lambda: not _listens(place))
        with pytest.raises(OSError, match="stopping"):
            sftp.open("more.csv", "w")
        file.write(b"second")
        file.close()
        assert place.process.process.wait(60) == 0
        assert place.waiting("tms") == {"loads.csv": b"first second"}


def _listens(place: Place) -> bool:
    try:
        socket.create_connection((place.host, place.port)).close()
    except ConnectionError:  # it may end between the knock and the answer
        return False
    return True


def test_an_upload_that_does_not_end_in_time_is_cut_and_leaves_nothing(store_url, tmp_path, tms):
    with uploads(store_url, tmp_path / "data", drain_seconds=0.2) as place:
        file = place.sftp(*tms).open("loads.csv", "w")
        file.write(b"half")
        file.flush()
        assert place.process.stop() == 0
        assert place.waiting("tms") == {}
        assert "Traceback" not in place.process.complaints()


def test_what_a_killed_server_left_is_removed_at_the_next_start(store_url, tmp_path, tms):
    with uploads(store_url, tmp_path / "data") as place:
        sftp = place.sftp(*tms)
        put(sftp, "whole.csv")
        file = sftp.open("loads.csv", "w")
        file.write(b"half")
        file.flush()
        place.process.process.send_signal(signal.SIGKILL)
        place.process.process.wait()
        assert len(place.waiting("tms")) == 2
    with uploads(store_url, tmp_path / "data") as place:
        assert place.waiting("tms") == {"whole.csv": ROWS}
        assert place.sftp(*tms).listdir() == ["whole.csv"]


def test_a_disk_that_takes_no_more_spoils_the_upload_and_nothing_else(store_url, tmp_path, tms):
    import resource

    with uploads(store_url, tmp_path / "data") as place:
        sftp = place.sftp(*tms)
        put(sftp, "whole.csv")
        resource.prlimit(place.process.process.pid, resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))
        with pytest.raises(OSError, match=r"."):
            put(sftp, "large.csv", b"x" * 100_000)
        put(sftp, "small.csv")
        assert place.waiting("tms") == {"whole.csv": ROWS, "small.csv": ROWS}


def test_a_second_server_on_the_same_directory_is_refused(store_url, tmp_path, monkeypatch, capsys):
    from synchub.cli import run

    with uploads(store_url, tmp_path / "data"):
        for name, value in {"DATABASE_URL": store_url, "DATA_DIR": str(tmp_path / "data"), "SECRET_KEY": KEY}.items():
            monkeypatch.setenv(f"SYNCHUB_{name}", value)
        assert run(["sftp-server"]) == 1
    said = capsys.readouterr()
    assert said.err == f"synchub: another process takes files into {tmp_path / 'data'} already: stop it\n"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"SFTP_PORT": "{port}"},
            "port {port} of 127.0.0.1 is taken: stop what listens there, or set SYNCHUB_SFTP_PORT",
        ),
        ({"SFTP_HOST": "192.0.2.1"}, "cannot listen at 192.0.2.1 port 2222"),
        ({"key": "no key"}, "is no private key that can be read"),
    ],
    ids=["taken", "foreign", "key"],
)
def test_what_keeps_it_from_starting_is_one_line(store_url, tmp_path, monkeypatch, capsys, settings, said):
    from synchub.cli import run

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        own = {"DATABASE_URL": store_url, "DATA_DIR": str(tmp_path), "SECRET_KEY": KEY}
        for name, value in (own | settings).items():
            monkeypatch.setenv(f"SYNCHUB_{name}", value.format(port=port))
        if "key" in settings:
            (tmp_path / "sftp_host_key").write_text(settings["key"])
        assert run(["sftp-server"]) == 1
    err = capsys.readouterr().err
    assert said.format(port=port) in err
    assert err.count("\n") == 1
