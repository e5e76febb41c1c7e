"""The demo: `synchub serve --demo` runs a hub with a connection of every dialect, on a store of its own.

A dialect that only sends is pointed at a page of the hub itself, which checks each signature and shows what arrived.
"""
