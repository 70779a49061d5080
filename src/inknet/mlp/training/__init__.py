"""Training: options, data, the trainer, and the steppers that take its steps."""
