"""Pure functions of tensors: the words that losses are written with."""
