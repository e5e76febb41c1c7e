"""The figures: medians, spans and ratios."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

DIGITS = 3
HEAD = ("", "median", "min - max", "n", "ratio")


@dataclass
class Table:
    """Figures of one kind: per contender one for each round.

    The ratio is the first contender's figure over another's, the median over the rounds.
    """

    title: str
    unit: str
    figures: dict[str, list[float]] = field(default_factory=dict)

    def add(self, contender: str, figure: float) -> None:
        """Note one round's figure of a contender."""
        self.figures.setdefault(contender, []).append(figure)

    def rows(self) -> list[tuple[str, ...]]:
        """One row of text per contender, under a head."""
        first = next(iter(self.figures.values()), [])
        return [(f"{self.title} [{self.unit}]", *HEAD[1:]), *(self._row(name, first) for name in self.figures)]

    def _row(self, name: str, first: list[float]) -> tuple[str, ...]:
        figures = self.figures[name]
        span = f"{spelt(min(figures))} - {spelt(max(figures))}"
        ratio = (
            "" if figures is first else f"{median(ours / peer for ours, peer in zip(first, figures, strict=True)):.2f}"
        )
        return f"  {name}", spelt(median(figures)), span, str(len(figures)), ratio


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
