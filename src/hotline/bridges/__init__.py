"""Statements in the forms that others read: CAP, iCalendar, GeoJSON, NAVAREA and NOTAM text, S-124 attributes.

Every module is a pure conversion of statements that somebody else has verified. A converted message is for information:
the signed statement stays the message, and nothing that comes back in another form acknowledges it. Each module's first
lines say what its form has no place for; docs/reference/mapping.md gathers them.
"""
