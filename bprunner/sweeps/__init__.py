"""Sweeps: many runs against one baseline, from their declaration to their comparison."""
