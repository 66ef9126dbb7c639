"""Images in: what a data set is called, where it lies, and its pixels as uint8."""
