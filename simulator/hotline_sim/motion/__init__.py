"""How craft move: published models of ships, aircraft, submarines, drifting and ballistic objects, step by step. Pure.

Everything is computed with additions, multiplications, divisions and square roots, which every machine rounds alike,
and quantised after each step: the same orders at the same times give the same track everywhere.
"""
