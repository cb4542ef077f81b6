"""What was asked: YAML text becomes validated, frozen declarations. Nothing here knows NumPy."""
