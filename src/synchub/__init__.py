"""A self-hosted integration hub: partners keep their own dialect, one store holds what is true."""

from importlib.metadata import version

__version__ = version("synchub")
