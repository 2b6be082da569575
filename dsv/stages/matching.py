"""Boxes of several annotators → one set: greedy matching by overlap, at most one box an annotator in a cluster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import mean, median
from typing import Any

SIDES = ("xmin", "ymin", "xmax", "ymax")
Box = dict[str, Any]


def overlap(one: Box, other: Box) -> float:
    """Intersection over union; of two boxes without area, 1 if they are the same and 0 otherwise."""
    width = min(one["xmax"], other["xmax"]) - max(one["xmin"], other["xmin"])
    height = min(one["ymax"], other["ymax"]) - max(one["ymin"], other["ymin"])
    shared = max(0.0, width) * max(0.0, height)
    total = _area(one) + _area(other) - shared
    if total <= 0:
        return 1.0 if all(one[s] == other[s] for s in SIDES) else 0.0
    return float(shared / total)


def _area(box: Box) -> float:
    return float(max(0.0, box["xmax"] - box["xmin"]) * max(0.0, box["ymax"] - box["ymin"]))


def _order(box: Box) -> tuple[Any, ...]:
    return (*(box[s] for s in SIDES), box["label"] or "", box.get("extra") or "")


def fuse(
    reads: Sequence[tuple[str, Sequence[Box]]],
    iou: float,
    quorum: float,
    coordinates: str,
    stats: dict[str, int],
    *,
    decimals: int = 2,
) -> list[Box]:
    """The boxes that enough annotators saw, in the order of their places. One annotator's boxes pass unchanged."""
    if len(reads) == 1:
        return [{**box, "votes": 1} for box in sorted(reads[0][1] or (), key=_order)]
    clusters: list[list[tuple[str, Box]]] = []
    for who, boxes in sorted(reads, key=lambda read: (read[0], [_order(b) for b in sorted(read[1] or (), key=_order)])):
        _match(clusters, who, sorted(boxes or (), key=_order), iou, stats)
    annotators = len({who for who, _ in reads})
    kept = [_merge(cluster, coordinates, decimals) for cluster in clusters if len(cluster) >= max(1.0, quorum * annotators)]
    return sorted(kept, key=_order)


def _match(
    clusters: list[list[tuple[str, Box]]], who: str, boxes: Sequence[Box], iou: float, stats: dict[str, int]
) -> None:
    """Adds an annotator's boxes to the clusters they overlap best; the rest begin clusters of their own."""
    pairs = []
    for i, box in enumerate(boxes):
        for j, cluster in enumerate(clusters):
            if all(name != who for name, _ in cluster):
                best = max(overlap(box, other) for _, other in cluster)
                if best >= iou and best > 0:
                    pairs.append((-best, i, j))
    taken_boxes: set[int] = set()
    taken: set[int] = set()
    for value, i, j in sorted(pairs):
        if i not in taken_boxes and j not in taken:
            taken_boxes.add(i)
            taken.add(j)
            clusters[j].append((who, boxes[i]))
            stats["matched"] = stats.get("matched", 0) + 1
            stats["iou"] = stats.get("iou", 0) + round(-value * 10_000)
    clusters += [[(who, box)] for i, box in enumerate(boxes) if i not in taken_boxes]
    stats["boxes"] = stats.get("boxes", 0) + len(boxes)


def _merge(cluster: Sequence[tuple[str, Box]], coordinates: str, decimals: int) -> Box:
    middle = median if coordinates == "median" else mean
    votes = Counter(box["label"] or "" for _, box in cluster)
    label = min(votes, key=lambda name: (-votes[name], name))
    sides = {side: round(float(middle(sorted(box[side] for _, box in cluster))), decimals) for side in SIDES}
    return {"label": label or None, **sides, "extra": None, "votes": len(cluster)}
