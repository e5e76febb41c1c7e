"""An SFTP server for partners that have none to upload to: `synchub sftp-server`.

A connection whose setting `files` is `hub` logs in with its own user name and password, or with the key in its setting
`files_client_key`, and sees one directory, where the collector looks: `inbox/<connection>` under the data directory. It
offers SFTP version 3 and nothing else: no shell, no command, no scp of the old kind, no forwarding. In the modules:
`inbox` is that directory, `uploads` its open files, `door` says who comes in, `guest` is one SSH connection, `session`
one SFTP session on it, `house` what they share, `server` all of them.

What a partner may do, and what it cannot:

- An upload is kept under a name that nobody sees and appears under its own when its handle is closed whole, instead of
  a file that was there. One that broke (the connection is lost, a limit is met, the disk is full, the process dies)
  leaves nothing behind. A client that gives up and closes properly all the same cannot be told from one that ended:
  what it uploaded is seen to by the guards on a file's content.
- Writing to a file that is there (resume, append, read and write) works on a copy, which replaces it at the end. There
  is nothing to resume of an upload that broke: the client begins anew.
- It may rename and remove what was not collected yet. A rename over a file that is there replaces it, also SFTP's plain
  rename: a client that uploads name.part and renames it must not be kept from it by the file of the day before.
- What was collected goes: only the journal keeps it, without secrets. What could not be read is put into `failed`.
- It sees `failed`, and a `processed` if there is one, and may read there, not write. It may make no directories and no
  links; links that somebody else made are not there for it.
- Times may be set, a size only of an open upload; modes and owners are taken and forgotten.
- An upload that is refused for its size, or for want of space, raises an alert, cleared when one comes through.
- Of the space that it may fill, what waits counts, not what is in `processed` and `failed`.
"""
