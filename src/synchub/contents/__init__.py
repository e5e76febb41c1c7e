"""What is attached to records: each content once, by its SHA-256, and links that open it without credentials.

The bytes are files of the data directory or objects of a store elsewhere (`keeping`); the row says how large they are
and what they are. A link's token is worked out from the hub's key, so that reading one stores nothing (`links`).
"""
