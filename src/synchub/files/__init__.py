"""Records that arrive as files: looked for, taken whole, read row by row, and held against what is known.

A collector (`collecting`) looks into the place of each connection (`places`; `sftp` by way of `ssh`) in its turn
(`turns`, `attending`) and when it is time (`calendar`), takes what is there whole (`visiting`, `steady`, `spool`) and
makes a run of it (`taking`, `tables.FileRun`). A run (`running`) is scanned (`scanning`, on the lines of `lining`),
weighed by guards (`guards`, `lateness`), taken row by row through `intake.write`, and ended by what the file does not
hold (`missing`) and what live sync had missed (`reconciling`). What a dialect's files look like is its `reader`.
`server` is where a partner without an SFTP server of its own may upload to.
"""
