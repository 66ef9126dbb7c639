"""Augmentations: pure functions on whole batches of uint8 images, on any device."""
