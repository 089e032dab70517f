"""What somebody can be certain of who knows the published table and the method, and not the key.

Bounds of every true count are narrowed by what holds for any data until nothing changes. A count
whose bounds meet is certain; the reasoning may miss one, and never claims one wrongly.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Count(NamedTuple):
    """A true count: of the measure, in the cell of that number, in the quarter of that number."""

    quarter: int
    cell: int
    measure: str


class NoSuchTable(Exception):
    """No true counts can be published so."""


Published = Sequence[Sequence[dict[str, int]]]  # for each quarter, for each cell: measure to figure


@dataclass
class Attack:
    """Bounds of counts, and sums of counts that are known to be at most something."""

    lowest: dict[Count, int] = field(default_factory=dict)
    highest: dict[Count, int] = field(default_factory=dict)
    at_most: list[tuple[dict[Count, int], int]] = field(default_factory=list)

    def narrow(self) -> None:
        """Takes from each sum what it says of each of its counts, until no bound moves."""
        moved = True
        while moved:
            moved = False
            for terms, limit in self.at_most:
                least = sum(
                    factor * (self.lowest if factor > 0 else self.highest)[count]
                    for count, factor in terms.items()
                )
                for count, factor in terms.items():
                    if factor > 0:
                        bound = self.lowest[count] + (limit - least) // factor
                        if bound < self.highest[count]:
                            self.highest[count], moved = bound, True
                    else:
                        bound = self.highest[count] - (limit - least) // -factor
                        if bound > self.lowest[count]:
                            self.lowest[count], moved = bound, True
            moved = self.narrow_what_ended() or moved
            if any(low > self.highest[count] for count, low in self.lowest.items()):
                raise NoSuchTable

    def narrow_what_ended(self) -> bool:
        """Where a period ended there is a client, and where no client is, none ended."""
        moved = False
        for count in [count for count in self.lowest if count.measure == "periods_ended"]:
            clients = count._replace(measure="clients")
            if self.lowest[count] > 0 and self.lowest[clients] == 0:
                self.lowest[clients], moved = 1, True
            if self.highest[clients] == 0 and self.highest[count] > 0:
                self.highest[count], moved = 0, True
        return moved

    def certain(self) -> dict[Count, int]:
        return {count: low for count, low in self.lowest.items() if low == self.highest[count]}


def bounds_of_rounded(figure: int, base: int) -> tuple[int, int]:
    """Every cell is rounded down or up to a multiple of the base (A5)."""
    return max(0, figure - base + 1), figure + base - 1


def bounds_of_small_rounded(figure: int, base: int) -> tuple[int, int]:
    """The scheme that A5 warns of: counts below the base become 0 or it, all others are exact."""
    if figure > base:
        return figure, figure
    return (0, base - 1) if figure == 0 else (1, base)


def attack(
    published: Published,
    base: int,
    bounds: Callable[[int, int], tuple[int, int]] = bounds_of_rounded,
    *,
    knows_sums: bool = False,
) -> dict[Count, int]:
    """The counts that are certain. Persons of a cell stay in it from quarter to quarter."""
    found = Attack()
    for quarter, cells in enumerate(published):
        for cell, figures in enumerate(cells):
            for measure, figure in figures.items():
                count = Count(quarter, cell, measure)
                found.lowest[count], found.highest[count] = bounds(figure, base)
            found.at_most += within_a_cell(quarter, cell)
            if quarter > 0:
                found.at_most += between_quarters(quarter, cell)
        if knows_sums:
            found.at_most += sums_of_a_group(quarter, cells, base)
    found.narrow()
    return found.certain()


def within_a_cell(quarter: int, cell: int) -> list[tuple[dict[Count, int], int]]:
    """New and those at the end are clients, and who is not there at the end has ended."""
    clients, new, ended, at_end = (
        Count(quarter, cell, measure)
        for measure in ("clients", "clients_new", "periods_ended", "clients_at_end")
    )
    return [
        ({new: 1, clients: -1}, 0),
        ({at_end: 1, clients: -1}, 0),
        ({clients: 1, at_end: -1, ended: -1}, 0),
    ]


def between_quarters(quarter: int, cell: int) -> list[tuple[dict[Count, int], int]]:
    """Clients were there at the end of the last quarter or are new; who was goes on or ends."""
    clients, new = (Count(quarter, cell, measure) for measure in ("clients", "clients_new"))
    before, ended = (
        Count(quarter - 1, cell, measure) for measure in ("clients_at_end", "periods_ended")
    )
    at_end = Count(quarter, cell, "clients_at_end")
    return [
        ({clients: 1, before: -1, new: -1}, 0),
        ({at_end: 1, before: -1, new: -1}, 0),
        ({before: 1, clients: -1, ended: -1}, 0),
    ]


def sums_of_a_group(
    quarter: int, cells: Sequence[dict[str, int]], base: int
) -> list[tuple[dict[Count, int], int]]:
    """The sum over all cells is off by less than the base, too."""
    limits = []
    for measure in cells[0]:
        total = sum(figures[measure] for figures in cells)
        counts = [Count(quarter, cell, measure) for cell in range(len(cells))]
        limits.append((dict.fromkeys(counts, 1), total + base - 1))
        limits.append((dict.fromkeys(counts, -1), base - 1 - total))
    return limits
