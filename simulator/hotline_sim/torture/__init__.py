"""Torture: seeded worlds of faults through the real core, with the invariants I1 to I8 held after every step.

    plan -> world (posts, line, people, a hostile peer) -> auditor -> one outcome per seed -> a campaign that sums them

`plan` draws everything from the seed before anything happens; `world` plays it; the auditor (`auditor`, `alarms`,
`settling`) reads journals, Frames and views from outside, and reads them by itself (`journals`).
"""
