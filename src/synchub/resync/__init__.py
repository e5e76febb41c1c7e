"""Telling everybody again: what was asked for, worked off in windows, and watched until it has arrived.

A resync of the golden records sends them to every target again, whether anything differs or not. A resync *from* a
connection first makes its word count again (`master.restating`). Every resync is a row: one of few records is put into
the outbox at once, one of many, or of everything, a window at a time by the process that tells partners.
"""
