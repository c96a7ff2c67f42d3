"""Recorded tracks: AIS and ADS-B read, cleaned and made nameless, their close encounters found and made scenarios."""
