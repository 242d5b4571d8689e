"""What splink and recordlinkage find on the same records.

Run by `dedupe.py` in their own environment: a JSON of sets on stdin, a JSON of pairs on stdout. Needs pandas, splink 5
and recordlinkage. Each library is set up by its own documentation, with several blocking rules. splink learns on the
half held out without its labels, recordlinkage on the tuned half with them (logistic regression); each takes its
threshold, and whether to join pairs into clusters, from what is best on the tuned half.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings
from importlib.metadata import version
from itertools import combinations
from typing import Any

import pandas as pd
import recordlinkage
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

Pairs = set[tuple[int, int]]
THRESHOLDS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999)


def frame(half: dict[str, Any]) -> pd.DataFrame:
    """A half's records; blanks are missing."""
    data = pd.DataFrame(half["records"]).replace("", None).astype(object)
    data["unique_id"] = range(len(data))
    data["source_dataset"] = half["source"]
    return data


def score(found: Pairs, truth: Pairs) -> float:
    """F1."""
    right = len(found & truth)
    return 2 * right / (len(found) + len(truth)) if found or truth else 1.0


def clustered(pairs: Pairs, apart: list[str] | None) -> Pairs:
    """All pairs of the connected components; with `apart` only those of two sources."""
    parent: dict[int, int] = {}

    def root(x: int) -> int:
        while parent.setdefault(x, x) != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    for a, b in pairs:
        parent[root(a)] = root(b)
    groups: dict[int, list[int]] = {}
    for x in sorted(parent):
        groups.setdefault(root(x), []).append(x)
    found = {pair for group in groups.values() for pair in combinations(group, 2)}
    return {(a, b) for a, b in found if apart is None or apart[a] != apart[b]}


def choose(tuned: dict[tuple[int, int], float], truth: Pairs, apart: list[str] | None) -> tuple[float, bool]:
    """The threshold, and whether to cluster, that is best on the tuned half."""
    options = [(t, join) for t in THRESHOLDS for join in (False, True)]
    return max(options, key=lambda o: score(decide(tuned, o, apart), truth))


def decide(chances: dict[tuple[int, int], float], how: tuple[float, bool], apart: list[str] | None) -> Pairs:
    """The pairs at a threshold."""
    pairs = {pair for pair, chance in chances.items() if chance >= how[0]}
    return clustered(pairs, apart) if how[1] else pairs


# --- splink

_RULES: dict[str, list[Any]] = {
    "people": [
        ("email",), ("given_name", "surname"), ("surname", "birth_date"), ("given_name", "birth_date"), ("birth_date",),
        ("number",), ("surname", "zip"), ("given_name", "zip"), ("surname", "city"), ("given_name", "city"),
        ("street_number", "street"), ("substr(given_name,1,3)", "substr(surname,1,4)"), ("zip", "street_number"),
    ],
    "organisations": [
        ("name",), ("domain",), ("phone",), ("city", "substr(name,1,3)"), ("state", "substr(name,1,5)"),
        ("state", "city"), ("street",), ("city", "substr(street,1,5)"), ("substr(name,1,6)",),
    ],
}  # fmt: skip


def splink_settings(spec: dict[str, Any], columns: list[str]) -> tuple[list[Any], list[Any]]:
    """Comparisons and blocking rules for the columns that there are."""
    made: dict[str, Any] = {
        "given_name": lambda c: cl.NameComparison(c).configure(term_frequency_adjustments=True),
        "surname": lambda c: cl.NameComparison(c).configure(term_frequency_adjustments=True),
        "birth_date": lambda c: cl.DateOfBirthComparison(
            c, input_is_string=True, datetime_format="%Y%m%d" if spec["name"].startswith("febrl") else "%Y-%m-%d"
        ),
        "email": cl.EmailComparison,
        "number": lambda c: cl.DamerauLevenshteinAtThresholds(c, [1, 2]),
        "zip": lambda c: cl.DamerauLevenshteinAtThresholds(c, [1, 2]),
        "street_number": lambda c: cl.DamerauLevenshteinAtThresholds(c, [1]),
        "phone": lambda c: cl.DamerauLevenshteinAtThresholds(c, [1, 2]),
        "state": cl.ExactMatch,
        "domain": cl.ExactMatch,
        "name": lambda c: cl.JaroWinklerAtThresholds(c, [0.96, 0.9, 0.8]).configure(term_frequency_adjustments=True),
    }
    other: Any = lambda c: cl.JaroWinklerAtThresholds(c, [0.92, 0.8]).configure(term_frequency_adjustments=True)  # noqa: E731
    comparisons = [made.get(column, other)(column) for column in columns]
    rules = [
        block_on(*rule)
        for rule in _RULES["people" if spec["people"] else "organisations"]
        if all(any(column in part for column in columns) for part in rule)
    ]
    return comparisons, rules


def run_splink(spec: dict[str, Any], half: dict[str, Any]) -> dict[tuple[int, int], float]:
    """Pairs with their probability, learned without labels on the half itself."""
    data = frame(half)
    columns = [c for c in spec["columns"] if data[c].notna().any()]
    comparisons, rules = splink_settings(spec, columns)
    api = DuckDBAPI()
    if spec["linked"]:
        tables = [
            api.register(part.drop(columns="source_dataset").reset_index(drop=True), dataset_display_name=f"t_{name}")
            for name, part in data.groupby("source_dataset")
        ]
    else:
        tables = [api.register(data.drop(columns="source_dataset"), dataset_display_name="t")]
    settings = SettingsCreator(
        link_type="link_only" if spec["linked"] else "dedupe_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=rules,
    )
    linker: Any = Linker(tables if spec["linked"] else tables[0], settings, log_level=logging.ERROR)
    sure = [("surname", "birth_date"), ("email",), ("number",)] if spec["people"] else [("name",)]
    deterministic = [block_on(*rule) for rule in sure if all(column in columns for column in rule)]
    linker.training.estimate_probability_two_random_records_match(deterministic, recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    people = [("given_name", "surname"), ("birth_date",), ("number",)]
    for rule in people if spec["people"] else [("name",), ("city",), ("state",)]:
        if all(column in columns for column in rule):
            linker.training.estimate_parameters_using_expectation_maximisation(
                block_on(*rule), record_sample_proportion=1.0
            )
    found = linker.inference.predict(threshold_match_probability=0.005).as_pandas_dataframe()
    return {
        (min(a, b), max(a, b)): float(p)
        for a, b, p in zip(found.unique_id_l, found.unique_id_r, found.match_probability, strict=True)
    }


# --- recordlinkage


def features(spec: dict[str, Any], half: dict[str, Any]) -> pd.DataFrame:
    """Candidate pairs and how alike their fields are."""
    data = frame(half)
    columns = list(spec["columns"])
    data["_start"] = data["name" if "name" in columns else "surname"].astype(str).str[:4]
    index = recordlinkage.Index()
    exact = [c for c in columns if c not in ("state", "kind", "street_number") and data[c].notna().any()]
    for column in exact:
        if not spec["people"] and column == "city" and "state" in columns:
            index.block([column, "state"])
        else:
            index.block(column)
    index.block(["_start", "state"] if "state" in columns else ["_start"])
    pairs = index.index(data)
    compare = recordlinkage.Compare()
    for column in columns:
        if column in ("state", "domain"):
            compare.exact(column, column, label=column)
        elif column in ("zip", "number", "birth_date", "phone", "street_number"):
            compare.string(column, column, method="damerau_levenshtein", label=column)
        else:
            compare.string(column, column, method="jarowinkler", label=column)
            compare.string(column, column, method="qgram", label=f"{column} q")
    # A library for data without blanks: they compare as 0.
    made = compare.compute(pairs, data).fillna(0.0)
    source = half["source"]
    keep = [not spec["linked"] or source[a] != source[b] for a, b in made.index]
    return made[keep]


def run_recordlinkage(spec: dict[str, Any]) -> tuple[dict[tuple[int, int], float], dict[tuple[int, int], float]]:
    """Pairs with their probability on the tuned half and on the other; learned on the tuned half with its labels."""
    tuned, held = features(spec, spec["tuned"]), features(spec, spec["held_out"])
    truth = {(min(p), max(p)) for p in map(tuple, spec["tuned"]["truth"])}
    classifier = recordlinkage.LogisticRegressionClassifier()
    matches = pd.MultiIndex.from_tuples([p for p in tuned.index if (min(p), max(p)) in truth])
    classifier.fit(tuned, matches)

    def chances(made: pd.DataFrame) -> dict[tuple[int, int], float]:
        return {(min(p), max(p)): float(c) for p, c in classifier.prob(made).items()}

    return chances(tuned), chances(held)


def main() -> None:
    """Reads the sets, prints what was found."""
    warnings.simplefilter("ignore")
    logging.disable(logging.ERROR)
    given = json.load(sys.stdin)
    out: dict[str, Any] = {
        "versions": {name: version(name) for name in ("splink", "recordlinkage", "pandas", "duckdb")},
        "sets": {},
    }
    for spec in given["sets"]:
        tuned_truth = {(a, b) for a, b in spec["tuned"]["truth"]}
        sources = [spec[half]["source"] if spec["linked"] else None for half in ("tuned", "held_out")]
        told: dict[str, Any] = {}
        start = time.perf_counter()
        tuned, held = run_splink(spec, spec["tuned"]), run_splink(spec, spec["held_out"])
        told["splink"] = (tuned, held, time.perf_counter() - start)
        start = time.perf_counter()
        told["recordlinkage"] = (*run_recordlinkage(spec), time.perf_counter() - start)
        out["sets"][spec["name"]] = {}
        for name, (tuned, held, seconds) in told.items():
            how = choose(tuned, tuned_truth, sources[0])
            out["sets"][spec["name"]][name] = {
                "pairs": sorted(decide(held, how, sources[1])),
                "threshold": how[0],
                "clustered": how[1],
                "seconds": round(seconds, 1),
            }
    print(json.dumps(out), file=sys.__stdout__)


if __name__ == "__main__":
    sys.stdout = sys.stderr
    main()
