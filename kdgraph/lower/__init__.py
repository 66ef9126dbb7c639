"""Graph to PyTorch: taps, frozen networks and the step."""
