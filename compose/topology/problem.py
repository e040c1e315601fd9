"""What can go wrong that is not a fault of this code."""


class Problem(Exception):
    """Something that the user has to know, said in a sentence."""
