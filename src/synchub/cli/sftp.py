"""synchub sftp-server: where partners upload their files that have no SFTP server of their own."""


def sftp_server() -> None:
    """Take the files of connections set to 'files=hub', each in a directory of its own, until SIGTERM."""
    import asyncio
    from functools import partial

    from synchub import dialects
    from synchub.app import logs
    from synchub.cli.serving import check_schema
    from synchub.cli.store import opened
    from synchub.config import Settings
    from synchub.connections.directory import Directory
    from synchub.files.server.server import Server, serve

    settings = Settings()
    check_schema(settings)
    logs.configure(settings.log_format)
    log_ins = [name for name, each in dialects.find().items() if {"username", "password"} <= set(each.credentials)]
    with opened(settings) as hub:
        server = Server(settings, hub.engine, Directory(hub.engine, hub.vault.secret_key), log_ins)
        asyncio.run(serve(server, partial(print, flush=True)))
