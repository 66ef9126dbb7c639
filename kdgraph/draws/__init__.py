"""What a step draws at random beside its images: before the compiled program, on the device."""
