"""From any image to ink: decoding, and removing paper, borders, ruled lines, uneven light and specks."""
