"""What outlives a step: read in the forward as it was before, written by the step's commit."""
