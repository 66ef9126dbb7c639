"""How far what a student has learnt carries: a linear classifier on its features, elsewhere."""
