"""From pen strokes to ink: rasterizing, and the variations that training draws."""
