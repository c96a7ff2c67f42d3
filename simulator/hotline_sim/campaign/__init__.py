"""Campaigns: one scenario run thousands of times, over settings and chance, with what that showed.

Nothing here imports Arrow, SciPy, Dask or Matplotlib until a campaign runs: they come with ``hotline-protocol[sim]``.
"""

from hotline_sim.campaign.plan import Plan, make_plan
from hotline_sim.campaign.rows import Row, row

__all__ = ["Plan", "Row", "make_plan", "row"]
