"""Sweeps: many runs, each compared with the baseline."""
