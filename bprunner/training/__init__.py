"""Training: from an experiment to its trace.

The population is the one bridge between what was asked and the mathematics; the loop yields steps; the
recorder turns them into the trace.
"""
