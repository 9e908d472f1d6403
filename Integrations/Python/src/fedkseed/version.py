"""The version of the package: that of the tool, in one place."""

__version__ = "0.1.0"
