"""Steppers: each takes the steps of training; one is plain, the others are faster."""
