"""How good are scores on labelled series? The NAB score and the on-call measure. Standard library only.

NAB (Lavin and Ahmad 2015): the first min(15 %, 750) rows of a series are not scored. A row counts as
flagged from a threshold on. In a window the best flagged row earns A_tp * s(p) / s(-1), with
s(p) = 2 / (1 + exp(5 p)) - 1 and p = -(right - row + 1) / width; a window without one costs A_fn. A flagged
row outside costs A_fp * s(p), p = (row - right) / (width - 1) of the last window before it, and A_fp where
p > 3 or there is none. One threshold for all series, the one with the best total. 100 is perfect, 0 is
to flag nothing.

On call: flags at most 12 sampling steps apart are one alert, told again after 24 hours. It is true where
it opens in a window. Recall is the share of windows in which one opens; false alerts are counted per day
of scored time outside windows, holes counted as at most 10 steps. ER@1w is the best recall of all
thresholds with at most one false alert per series and week.
"""

import bisect
import csv
import json
import math
import os
import statistics
from datetime import datetime, timezone

PROFILE = {"standard": (1.0, 0.11, 1.0), "low FP": (1.0, 0.22, 1.0), "low FN": (1.0, 0.11, 2.0)}
PROBATION, PROBATION_MOST = 0.15, 750
GAP, AGAIN, HOLE = 12, 86400.0, 10
A_WEEK = 1.0 / 7.0
NEVER = float("inf")


def seconds(text):
    at = datetime.fromisoformat(text.strip().replace("T", " ").rstrip("Z"))
    return at.replace(tzinfo=timezone.utc).timestamp()


def sigmoid(p):
    return -1.0 if p > 3.0 else 2.0 / (1.0 + math.exp(5.0 * p)) - 1.0


class Labelled:
    """A series' times with what was marked in them, worked out once for all detectors."""

    def __init__(self, name, times, windows, labels):
        self.name, self.times, self.rows = name, times, len(times)
        self.skipped = min(math.floor(PROBATION * self.rows), PROBATION_MOST)
        place = {}
        for row, at in enumerate(times):
            place.setdefault(at, row)
        self.windows = sorted((place[seconds(a)], place[seconds(b)]) for a, b in windows)
        self.window = [None] * self.rows  # which window a row lies in
        self.worth = [-1.0] * self.rows  # what a flag there is worth, before the profile
        for nth, (left, right) in enumerate(self.windows):
            width = right - left + 1
            for row in range(left, right + 1):
                self.window[row] = nth
                self.worth[row] = sigmoid(-(right - row + 1) / width) / sigmoid(-1.0)
            until = self.windows[nth + 1][0] if nth + 1 < len(self.windows) else self.rows
            for row in range(right + 1, until):
                self.worth[row] = sigmoid((row - right) / max(width - 1, 1))
        marked = sorted(place[at] for at in map(seconds, labels) if at in place)
        first = lambda left, right: next((row for row in marked if left <= row <= right), (left + right) // 2)
        self.begins = [first(left, right) for left, right in self.windows]
        steps = [b - a for a, b in zip(times, times[1:]) if b > a]
        self.step = statistics.median(steps) if steps else 1.0
        self.clock = [at - times[0] for at in times]
        span = lambda row: min(max(self.clock[row] - self.clock[row - 1], 0.0), HOLE * self.step)
        self.quiet = sum(span(row) for row in range(max(self.skipped, 1), self.rows) if self.window[row] is None) / 86400.0


def column(path, name):
    with open(path, newline="", encoding="utf-8") as file:
        return [row[name] for row in csv.DictReader(file)]


def load(folder):
    """The series of a folder: data/**.csv, windows.json and, for delays, labels.json."""
    with open(os.path.join(folder, "windows.json"), encoding="utf-8") as file:
        windows = json.load(file)
    labels = {}
    if os.path.exists(os.path.join(folder, "labels.json")):
        with open(os.path.join(folder, "labels.json"), encoding="utf-8") as file:
            labels = json.load(file)
    times = lambda name: [seconds(text) for text in column(os.path.join(folder, "data", name), "timestamp")]
    return [Labelled(name, times(name), windows[name], labels.get(name, ())) for name in sorted(windows)]


def scores(series, results):
    """The scores of every series, as `bellwether detect -o RESULTS` wrote them."""
    found = []
    for one in series:
        values = [float(text) for text in column(os.path.join(results, one.name), "anomaly_score")]
        if len(values) != one.rows:
            raise SystemExit(f"{one.name}: {len(values)} rows came out of {one.rows}")
        found.append(values)
    return found


def nab(series, found, profile="standard"):
    """The normalised score with the best threshold, and that threshold."""
    a_tp, a_fp, a_fn = PROFILE[profile]
    windows = sum(len(one.windows) for one in series)
    rows, first = [], 0
    for one, values in zip(series, found):
        for row in range(one.skipped, one.rows):
            window = one.window[row]
            rows.append((values[row], None if window is None else first + window, one.worth[row]))
        first += len(one.windows)
    rows.sort(key=lambda row: -row[0])
    total = best = -a_fn * windows
    earned, threshold = [-a_fn] * windows, NEVER
    for nth, (score, window, worth) in enumerate(rows):
        if window is None:
            total += a_fp * worth
        elif a_tp * worth > earned[window]:
            total += a_tp * worth - earned[window]
            earned[window] = a_tp * worth
        if (nth + 1 == len(rows) or rows[nth + 1][0] != score) and total > best:
            best, threshold = total, score
    null = -a_fn * windows
    return (100.0 * (best - null) / (a_tp * windows - null) if windows else math.nan), threshold


def opened(one, flagged):
    """The rows at which alerts open; `flagged` in the order of the series, from the first scored row on."""
    rows, begun, last = [], 0.0, None
    for row in flagged:
        at = one.clock[row]
        if last is None or at - last > GAP * one.step or at - begun >= AGAIN:
            rows.append(row)
            begun = at
        last = at
    return rows


class Sorted:
    """The rows of one series by score, so that those above a threshold are found without a look at all."""

    def __init__(self, one, values):
        self.order = sorted(range(one.skipped, one.rows), key=lambda row: values[row])
        self.scores = [values[row] for row in self.order]

    def above(self, threshold):
        return sorted(self.order[bisect.bisect_left(self.scores, threshold):])


def on_call(series, ranked, threshold):
    """The on-call measure at a threshold."""
    windows = sum(len(one.windows) for one in series)
    days = sum(one.quiet for one in series)
    hit = false = true = 0
    delays = []
    for one, rank in zip(series, ranked):
        seen = set()
        for row in opened(one, rank.above(threshold)):
            window = one.window[row]
            if window is None:
                false += 1
                continue
            true += 1
            if window not in seen:
                seen.add(window)
                delays.append((one.clock[row] - one.clock[one.begins[window]]) / one.step)
        hit += len(seen)
    return {
        "threshold": threshold,
        "recall": hit / windows if windows else math.nan,
        "false": false / days if days else math.nan,
        "precision": true / (true + false) if true + false else math.nan,
        "delay": statistics.median(delays) if delays else math.nan,
    }


def thresholds(series, found):
    """Thresholds worth trying: quantiles from the oddest 1 in 100,000 to one half, and the oddest rows."""
    pool = sorted(score for one, values in zip(series, found) for score in values[one.skipped:])
    n, tried = len(pool), set()
    for nth in range(120):
        share = 10 ** (-5 + 4.7 * nth / 119)
        tried.add(pool[min(n - 1, max(0, int(n - 1 - share * n)))])
    odd = sorted(set(pool[-2000:]))
    tried.update(odd[:: max(1, len(odd) // 40)])
    tried.add(pool[-1])
    return sorted((score for score in tried if score > pool[0]), reverse=True)


def best_within(series, found, limit=A_WEEK):
    """The on-call measure of the threshold with the best recall among those that are quiet enough."""
    ranked = [Sorted(one, values) for one, values in zip(series, found)]
    curve = [on_call(series, ranked, threshold) for threshold in thresholds(series, found)]
    quiet = [point for point in curve if point["false"] <= limit]
    return max(quiet, key=lambda point: (point["recall"], -point["false"])) if quiet else None


def as_flagged(series, results):
    """The on-call measure of a kind's own flags."""
    flags = []
    for one in series:
        flags.append([float(text) for text in column(os.path.join(results, one.name), "flag")])
    ranked = [Sorted(one, values) for one, values in zip(series, flags)]
    return on_call(series, ranked, 1.0)
