"""Conduct: what the tracks of units show beside what was said, as indicators. Pure: no file, no clock.

An indicator names its rule, its inputs and whose data they are, its parameters, and when it held. It judges nobody.
"""
