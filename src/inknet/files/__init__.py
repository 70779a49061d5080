"""Files of any content: atomic writes, folder locks, safe pickles, text."""
