"""The only door in: what arrives is journalled and stored here, and nowhere else.

Start with `submission`: what a surface hands in and gets back. `committer` takes what waits (`waiting`) and stores
many submissions in one transaction (`grouping`). `write` is what happens inside that transaction: repeats are told
apart (`repeats`), the rest goes to `master.store.apply`, and each submission leaves one row (`tables`) and its raw
bytes (`journal`). `body` reads a request's body within limits, for every surface.
"""
