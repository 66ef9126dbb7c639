"""What a stage computes once of all training images, in place of training: `compute:`."""
