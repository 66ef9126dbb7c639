"""From a compiled step to trained weights: the loop, its checkpoints, its journal, its table."""
