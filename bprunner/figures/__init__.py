"""Pictures of a run.

Importing this package is cheap: matplotlib, NumPy and pyarrow are imported by the process that draws, not by
the one that asks for a picture. Whoever draws by themselves imports `bprunner.figures.training`.
"""

from bprunner.figures.background import BackgroundDrawing, draw_in_background

__all__ = ["BackgroundDrawing", "draw_in_background"]
