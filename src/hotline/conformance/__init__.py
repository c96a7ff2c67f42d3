"""Conformance: runs the specification's vectors, and other folders of the same shape, through this implementation."""

from hotline.conformance.vectors import CaseResult, default_folder, run_vectors

__all__ = ["CaseResult", "default_folder", "run_vectors"]
