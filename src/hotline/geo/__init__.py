"""Positions, distances, tracks and closest approach. Pure: numbers in, numbers out.

SI throughout (metres, metres a second), degrees for angles, whole milliseconds for scenario time. Foreign
units enter at one place, `units`.
"""
