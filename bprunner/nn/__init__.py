"""The mathematics: pure functions on arrays. No files, no clock, no global random state, no spec.

Axes mean the same everywhere: arrays are (runs, batch, units), weights (runs, fan_in, fan_out),
biases (runs, 1, fan_out), whatever varies between runs (runs, 1, 1). All numbers are float64.
"""
