"""The figures: medians, spans and ratios."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

DIGITS = 3
HEAD = ("", "median", "min - max", "n", "ratio")


@dataclass
class Table:
    """Figures of one kind: per contender one for each round.

    Where contenders are `compared`, the ratio is the first one's figure over another's, the median over the rounds.
    """

    title: str
    unit: str
    compared: bool = True
    figures: dict[str, list[float]] = field(default_factory=dict)

    def add(self, contender: str, figure: float) -> None:
        """Note one round's figure of a contender."""
        self.figures.setdefault(contender, []).append(figure)

    def rows(self) -> list[tuple[str, ...]]:
        """One row of text per contender, under a head."""
        return [(f"{self.title} [{self.unit}]", *HEAD[1:]), *map(self._row, self.figures)]

    def _row(self, name: str) -> tuple[str, ...]:
        figures = self.figures[name]
        span = f"{spelt(min(figures))} - {spelt(max(figures))}"
        return f"  {name}", spelt(median(figures)), span, str(len(figures)), self._ratio(figures)

    def _ratio(self, figures: list[float]) -> str:
        first = next(iter(self.figures.values()))
        if not self.compared or figures is first:
            return ""
        return f"{median(ours / peer for ours, peer in zip(first, figures, strict=True)):.2f}"


def spelt(figure: float) -> str:
    """A number with three digits that mean something."""
    whole = len(str(int(figure)))
    return f"{figure:,.0f}" if whole >= DIGITS else f"{figure:.{DIGITS - whole}f}"


def print_tables(tables: Iterable[Table]) -> None:
    """Print all figures, in columns that are the same throughout."""
    tables = [table for table in tables if table.figures]
    widths = [max(len(row[column]) for table in tables for row in table.rows()) for column in range(len(HEAD))]
    for table in tables:
        print()
        for name, *figures in table.rows():
            print("  ".join([name.ljust(widths[0]), *map(str.rjust, figures, widths[1:])]).rstrip())
    print("\nThe ratio is the first line's figure over this line's, the median of the rounds.")
