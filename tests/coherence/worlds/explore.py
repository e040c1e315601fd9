"""Every state that a small world can get into, and the shortest way to a broken promise."""
import collections
from typing import NamedTuple


class Outcome(NamedTuple):
    states: int
    broken: dict  # promise -> the steps that lead to it


def explore(start, steps, enough=frozenset()):
    """`steps(world)` yields (label, the next world, promises broken by the step). Worlds are hashable values. With
    `enough` the search ends as soon as all of these promises are broken."""
    came_from = {start: None}
    queue = collections.deque([start])
    broken = {}
    while queue and not (enough and enough <= broken.keys()):
        world = queue.popleft()
        for label, following, breaks in steps(world):
            for promise in breaks:
                if promise not in broken:
                    broken[promise] = [*_way_to(world, came_from), label]
            if following not in came_from:
                came_from[following] = (world, label)
                queue.append(following)
    return Outcome(len(came_from), broken)


def _way_to(world, came_from):
    labels = []
    while came_from[world] is not None:
        world, label = came_from[world]
        labels.append(label)
    return labels[::-1]


def in_any_order(items):
    """The same tuple for the same items in any order: who is alike in everything need not be told apart. (Should two
    hashes be equal, a state is seen twice; nothing is missed.)"""
    return tuple(sorted(items, key=hash))


def replaced(items, index, item):
    """The tuple with one item replaced."""
    return (*items[:index], item, *items[index + 1 :])
