"""Hotline: signed crisis communication and deconfliction between militaries, as a reference implementation."""
