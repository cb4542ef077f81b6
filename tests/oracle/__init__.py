"""The heavy oracle: whole trajectories against libraries that nobody here wrote.

It needs PyTorch, which is no dependency, and so it is left out unless it is asked for: `pytest tests/oracle`.
"""
