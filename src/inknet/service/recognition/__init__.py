"""How requests reach the recognizer: limits, batches, its process."""
