"""A recipe as text: its graph, what the compiler decided, its Python, its equation."""
