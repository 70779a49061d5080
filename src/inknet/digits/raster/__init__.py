"""Arithmetic on arrays of pixels: boxes, area means, quantiles, resampling."""
