"""Checking: the figures that a document prints, held against the trace of its run."""
