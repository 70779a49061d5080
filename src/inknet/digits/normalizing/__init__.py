"""From ink to 28×28: crop, pen width, center, moments."""
