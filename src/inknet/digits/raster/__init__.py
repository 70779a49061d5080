"""Operations on arrays of pixels: bounding boxes, components, area means, quantiles, resampling."""
