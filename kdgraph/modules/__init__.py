"""Trainable parts: the words that make a `torch.nn.Module` for the value they are given."""
