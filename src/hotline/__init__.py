"""Hotline: signed crisis communication and deconfliction between militaries, as a reference implementation."""

SPEC_VERSION = "0.2"
"""Version of the specification and its vectors that this package keeps; the package has its own."""
