"""Digits: MNIST, pen strokes, images made ready, and the recogniser."""
