"""The simulator: encounters replayed over the protocol core, in virtual time or against real nodes."""
