"""A run explains itself: structure and trace → equations, as data. Nothing here is imported before it is asked for."""
