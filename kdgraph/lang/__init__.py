"""Text to tree: sources, diagnostics, the grammar of expressions, recipes and settings."""
