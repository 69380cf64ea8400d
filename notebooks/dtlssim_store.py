"""Reads a study's store, which `dtlssim study --store FILE.sqlite` writes, into pandas.

`dtlssim query FILE layout` shows its tables and views with their comments. Times ending in
_ns are whole nanoseconds, and all intervals of them half-open. Nothing here writes.
"""

import json
import math
import os
import sqlite3
from pathlib import Path
from statistics import NormalDist

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import display

MILLISECOND = 1_000_000  # in nanoseconds

# --- The store


class Store:
    """A study's store, by the study's name: a file NAME.sqlite in the folder that the
    environment variable DTLSSIM_STORES names, by default results/ of the repository."""

    def __init__(self, name):
        folder = Path(os.environ.get("DTLSSIM_STORES") or Path(__file__).resolve().parent.parent / "results")
        path = folder / f"{name}.sqlite"
        if not path.exists():
            raise FileNotFoundError(f"there is no {path}: dtlssim study notebooks/{name}.yaml --store {path} makes it")
        self._connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)

    def frame(self, query, *arguments):
        """The rows of any query."""
        return pd.read_sql_query(query, self._connection, params=arguments)

    @property
    def title(self):
        return json.loads(self.frame("SELECT text FROM specification").text[0])["study"]["title"]

    def contents(self):
        """What the store holds: a row for each figure of the study."""
        parts = self.frame(
            """SELECT figure, kind, count(DISTINCT row) AS rows, sum((SELECT count(*) FROM point WHERE point.part = part.part)) AS points,
                sum((SELECT count(*) FROM replication JOIN point USING (point) WHERE point.part = part.part)) AS replications,
                sum((SELECT runs FROM search WHERE search.part = part.part)) AS search_runs
            FROM part GROUP BY figure, kind ORDER BY figure, kind"""
        )
        return parts.fillna({"points": 0, "replications": 0, "search_runs": 0}).astype({"points": int, "replications": int, "search_runs": int})

    def points(self, figure):
        """Design points, with x on the figure's axis and a column for each parameter that the
        design sets (text, such as 5ms)."""
        points = self.frame(
            """SELECT point, row, parameters, (SELECT max(x) FROM estimate WHERE estimate.point = point.point) AS x
            FROM point JOIN part USING (part) WHERE figure = ? ORDER BY point""", figure)
        levels = pd.DataFrame([json.loads(p) for p in points.pop("parameters")], index=points.index)
        return points.join(levels)

    def replications(self, figure):
        """Replications, with the columns of their point. Those of one replication number have
        the same seed at every point: they share each random draw that their parameters leave
        alone."""
        runs = self.frame(
            """SELECT r.*, outcome.names AS outcomes, part.seed + r.replication AS seed
            FROM replication AS r JOIN point USING (point) JOIN part USING (part) LEFT JOIN outcome ON outcome.outcome = r.outcome
            WHERE figure = ? ORDER BY r.id""", figure)
        if runs.outcomes.isna().any():
            raise ValueError("some replications gave no result: see the table aborted")
        runs = runs.drop(columns=["id", "outcome", "digest"]).astype({"failed": bool})
        return runs.merge(self.points(figure), on="point")

    def windows(self, figure):
        """Failure windows of the figure's searches, with the commands that repeat the runs on
        either side of each edge, in the order of the study's rows. open: the window goes on to
        the end of the range that was searched."""
        return self.frame(
            """SELECT windows.*, windows.to_ns = search.to_ns AS open FROM windows JOIN search USING (part)
            WHERE windows.figure = ? ORDER BY part, windows.from_ns""", figure).astype({"open": bool})

    def cells(self, figure):
        """Cells: maximal intervals of the probe in which the run has one shape."""
        return self.frame("SELECT * FROM cells WHERE figure = ? ORDER BY part, from_ns", figure)

    def estimates(self, figure):
        """Estimates of the failure probability, with the columns of their point."""
        found = self.frame("SELECT * FROM estimates WHERE figure = ? ORDER BY part, point, method", figure)
        found = found.astype({"n": "Int64", "failures": "Int64"})
        return found.merge(self.points(figure).drop(columns=["row", "x"]), on="point")


# --- Intervals


def normal_quantile(confidence):
    """z of a two-sided interval."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


def wilson(failures, trials, confidence):
    """Wilson's score interval of a proportion (JASA 22, 1927, 209-212)."""
    z, p = normal_quantile(confidence), failures / trials
    centre, half = p + z * z / (2 * trials), z * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials))
    low, high = ((centre + sign * half) / (1 + z * z / trials) for sign in (-1, 1))
    return (0.0 if failures == 0 else low), (1.0 if failures == trials else high)


def newcombe(failures_1, failures_2, trials, confidence):
    """Newcombe's interval of p1 - p2 of two independent samples of one size: the hybrid of
    Wilson's (Statistics in Medicine 17, 1998, 873-890, method 10)."""
    p1, p2 = failures_1 / trials, failures_2 / trials
    l1, u1 = wilson(failures_1, trials, confidence)
    l2, u2 = wilson(failures_2, trials, confidence)
    return p1 - p2 - math.hypot(p1 - l1, u2 - p2), p1 - p2 + math.hypot(u1 - p1, p2 - l2)


def tango(only_1, only_2, pairs, confidence):
    """Tango's score interval of p1 - p2 of paired samples (Statistics in Medicine 17, 1998,
    891-908). only_1 pairs failed in the first sample alone, only_2 in the second alone."""
    z = normal_quantile(confidence)

    def score(d):  # of the hypothesis p1 - p2 = d; falls with d
        numerator = only_1 - only_2 - pairs * d
        b = -only_1 - only_2 + (2 * pairs - only_1 + only_2) * d
        c = -only_2 * d * (1 - d)
        q = (math.sqrt(max(b * b - 8 * pairs * c, 0)) - b) / (4 * pairs)  # most likely P(2 alone)
        variance = pairs * (2 * q + d * (1 - d))
        if variance <= 0:
            return math.copysign(math.inf, numerator) if numerator else 0.0
        return numerator / math.sqrt(variance)

    estimate = (only_1 - only_2) / pairs

    def end(outer, bound):
        inner = estimate
        for _ in range(100):
            middle = (inner + outer) / 2
            inner, outer = (middle, outer) if abs(score(middle)) < bound else (inner, middle)
        return (inner + outer) / 2

    return end(-1.0, z), end(1.0, z)


def mcnemar(only_1, only_2):
    """The exact two-sided p-value of McNemar's test: is failing alone as frequent in both?"""
    n, least = only_1 + only_2, min(only_1, only_2)
    return min(1.0, 2 * sum(math.comb(n, k) for k in range(least + 1)) / 2**n)


def paired(only_1, only_2, pairs, confidence):
    """The interval of p1 - p2 of paired samples and its p-value, as `dtlssim compare` computes them:
    p is the larger of that of the score test and that of McNemar's exact test, and the interval
    leaves out 0 exactly if p is at most 1 - confidence."""
    n = only_1 + only_2
    p = max(mcnemar(only_1, only_2), math.erfc(abs(only_1 - only_2) / math.sqrt(2 * max(1, n))))
    low, high = tango(only_1, only_2, pairs, confidence)
    return ((min(low, 0.0), max(high, 0.0)) if p > 1 - confidence else (low, high)), p


def bonferroni(confidence, comparisons):
    """The confidence of each of several intervals, so that all of them together hold with the
    given one. The p-values that belong to it are multiplied by the number of comparisons."""
    return 1 - (1 - confidence) / comparisons


# --- Latency distributions: the probability of at least t, t in milliseconds


def exponential(mean, offset=0.0):
    return lambda t: math.exp(-max(t - offset, 0) / mean)


def lognormal(median, sigma, offset=0.0):
    return lambda t: 1.0 if t <= offset else math.erfc(math.log((t - offset) / median) / (sigma * math.sqrt(2))) / 2


def pareto(minimum, shape, offset=0.0):
    return lambda t: 1.0 if t - offset <= minimum else (minimum / (t - offset)) ** shape


def distribution(text):
    """A distribution as dtlssim writes it, such as 10ms+exponential(mean=10ms)."""
    offset, _, rest = text.rpartition("+")
    name, _, arguments = rest.rstrip(")").partition("(")
    named = dict(a.split("=") for a in arguments.split(","))
    numbers = {key: float(value) if key in ("sigma", "shape") else milliseconds(value) for key, value in named.items()}
    distributions = {"exponential": exponential, "lognormal": lognormal, "pareto": pareto}
    return distributions[name](**numbers, offset=milliseconds(offset) if offset else 0.0)


def milliseconds(text):
    """A duration as dtlssim writes it, of one unit."""
    for unit, factor in (("ns", 1e-6), ("us", 1e-3), ("µs", 1e-3), ("ms", 1), ("s", 1e3)):
        if text.endswith(unit):
            return float(text[: -len(unit)]) * factor
    raise ValueError(f"{text!r} is no duration of one unit")


def integrate(windows, at_least):
    """The probability that a latency falls in failure windows. What is open goes on for ever."""
    return sum(
        at_least(w.from_ns / MILLISECOND) - (0.0 if w.open else at_least(w.to_ns / MILLISECOND)) for w in windows.itertuples()
    )


def at_which(function, value, low, high):
    """The argument between low and high at which a function that falls reaches a value."""
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) > value else (low, middle)
    return high


# --- Showing

# Okabe and Ito, Color Universal Design (2008): told apart by colour-blind readers.
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILLION, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
)
SERIES = ((BLUE, "o", "-"), (VERMILLION, "s", "--"), (GREEN, "^", "-."))  # colour, marker, line
OUTCOME_LOOKS = {  # colour and hatch of the sets of outcomes that the notebooks meet, the same in each
    "clean": ("#e4e4e4", ""),
    "data-lost": (BLUE, "..."),
    "ghost-session": (PURPLE, "xxx"),
    "ghost-session,next-handshake-failed,server-error": (ORANGE, "///"),
    "ghost-session,next-handshake-failed,data-lost,server-error": (VERMILLION, ""),
}
SPARE_LOOKS = ((GREEN, "\\\\\\"), (SKY, "ooo"), (YELLOW, "++"), (BLACK, "**"), ("#777777", "--"), ("#aaaaaa", "||"))

plt.rcParams.update({
    "figure.figsize": (7.2, 3.8), "figure.dpi": 100, "figure.autolayout": True, "savefig.dpi": 100,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": "#dddddd", "axes.axisbelow": True,
    "legend.frameon": False, "font.size": 10, "axes.titlesize": 11, "axes.titlelocation": "left",
})


def table(frame, **formats):
    """Shows a data frame without its index; formats are by column."""
    shown = frame.copy()
    for column, form in formats.items():
        shown[column] = [form.format(v) for v in shown[column]]
    with pd.option_context("display.max_colwidth", None):
        display({"text/plain": shown.to_string(index=False), "text/html": shown.to_html(index=False, border=0)}, raw=True)


def say(text):
    """Shows a sentence whose numbers were computed."""
    text = " ".join(text.split())
    display({"text/plain": text, "text/markdown": text}, raw=True)


def interval(low, high, form="{:.4f}"):
    return f"{form.format(low)} .. {form.format(high)}"


def ns(value):
    """Nanoseconds as milliseconds, to the last nanosecond."""
    return f"{value / MILLISECOND:.6f}".rstrip("0").rstrip(".") + " ms"


def show_windows(windows):
    """Failure windows as a table, in nanoseconds."""
    to = ["on" if w.open else f"{w.to_ns:,}" for w in windows.itertuples()]
    table(windows.assign(to_ns=to)[["row", "from_ns", "to_ns"]], from_ns="{:,}")


def show_witnesses(windows):
    """The commands that repeat the runs on either side of each edge of failure windows."""
    for w in windows.itertuples():
        print(f"{w.row}, failing {f'from {ns(w.from_ns)} on' if w.open else f'in [{ns(w.from_ns)}, {ns(w.to_ns)})'}")
        for what in ("last_before", "first_within", "last_within", "first_behind"):
            if command := getattr(w, what):
                print(f"  {what.replace('_', ' ')}:\n    {command}")


def strips(cells, until_ms):
    """A strip for each row of a search: what happens at which value of the probe, to until_ms."""
    rows = list(dict.fromkeys(cells.row))
    looks = {o: OUTCOME_LOOKS.get(o) or next(spare) for spare in [iter(SPARE_LOOKS)] for o in dict.fromkeys(cells.outcome)}
    figure, axes = plt.subplots(figsize=(7.2, 1.2 + 0.34 * len(rows)))
    for cell in cells.itertuples():
        start, end = cell.from_ns / MILLISECOND, min(cell.to_ns / MILLISECOND, until_ms)
        if end > start:
            colour, hatch = looks[cell.outcome]
            axes.barh(rows.index(cell.row), end - start, left=start, height=0.7, linewidth=0, edgecolor="white", color=colour, hatch=hatch)
    for outcome, (colour, hatch) in sorted(looks.items()):
        axes.barh(0, 0, color=colour, edgecolor="white", linewidth=0, hatch=hatch, label=outcome.replace(",", ", "))
    axes.set(yticks=range(len(rows)), yticklabels=rows, xlim=(0, until_ms), xlabel=f"{cells.probe.iloc[0]} (ms)")
    axes.invert_yaxis()
    axes.grid(False)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncol=2, fontsize=9, borderaxespad=0.2)
    return figure, axes


def shares(axes, shown, whole):
    """A table as a map: counts, with a colour for their share of the whole and a text for each."""
    axes.imshow([[count / whole for count in row] for row in shown.values], cmap="cividis", vmin=0, vmax=1, aspect="auto")
    axes.grid(False)
    axes.set(xticks=range(shown.shape[1]), yticks=range(shown.shape[0]), yticklabels=shown.index)
    for i, row in enumerate(shown.values):
        for j, count in enumerate(row):
            axes.text(j, i, count, ha="center", va="center", fontsize=9, color="black" if count > whole / 2 else "white")


def spread(low, middle, high):
    """Interval ends as errorbar wants them; nothing below 0, which rounding could give."""
    return [[max(m - l, 0) for l, m in zip(low, middle)], [max(h - m, 0) for m, h in zip(middle, high)]]
