"""Pictures of a loss graph: what is computed from what, and what it weighs."""
