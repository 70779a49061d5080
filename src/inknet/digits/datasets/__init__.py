"""Labeled data: MNIST, IDX files, pen strokes, drawings, image folders."""
