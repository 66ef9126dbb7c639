"""Memory, word by word."""
