"""``python -m inknet`` is the command ``inknet``."""

from inknet.cli import main

if __name__ == "__main__":
    main()
