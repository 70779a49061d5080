"""Ways of writing that are rare among the writers of MNIST and of the pen digits."""

__all__ = ["STYLES"]

#: The digit, and its strokes in the notation of `inknet.digits.drawing.non_digits.trace`.
STYLES = {
    "7 with a bar": (7, "00 40 16|03 33"),
    "7 with a hook and a bar": (7, "01 00 40 16|03 33"),
    "7 with a curved stem": (7, "00 40|~40 32 24 16"),
    "1 with a hook": (1, "02 20 26"),
    "1 with a hook and a foot": (1, "02 20 26|06 46"),
    "1 with a small hook": (1, "11 20 26"),
    "1 as a line": (1, "20 26"),
    "4 open": (4, "10 04 44|32 36"),
    "4 closed": (4, "36 30 04 44"),
    "4 like a lightning": (4, "20 13 43|31 26"),
    "9 like a g": (9, "~40 10 01 03 14 33 41 40|~40 44 46 26 06 05"),
    "9 with a straight stem": (9, "~41 30 10 01 02 13 33 41|40 46"),
    "0 with a slash": (0, "~20 00 01 05 06 46 45 41 40 20|31 15"),
    "2 with a loop": (2, "~01 10 30 41 43 06 04 16 26 46"),
    "2 with a flat foot": (2, "~01 10 30 41 42 24 06|06 46"),
    "3 with a flat top": (3, "00 40 22|~22 42 44 46 16 05"),
    "5 in two strokes": (5, "00 02|~02 32 43 45 36 06|00 40"),
    "6 like a b": (6, "00 05|~05 06 36 46 43 33 03 04"),
    "8 of two circles": (8, "~20 00 01 03 43 41 40 20|~23 03 04 06 46 44 43 23"),
}
