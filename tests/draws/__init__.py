"""Draws, and their chances."""
