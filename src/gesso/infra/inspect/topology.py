"""What a model's triangles amount to: how large it is, and whether it encloses a volume."""

import numpy as np

from gesso.infra.inspect.scene import Ints, Part


def bounds(parts: list[Part]) -> tuple[float, float, float]:
    """Size along x, y and z of all points that belong to a triangle."""
    used = [part.points[np.unique(part.faces)] for part in parts if len(part.faces)]
    low = np.min([points.min(axis=0) for points in used], axis=0)
    high = np.max([points.max(axis=0) for points in used], axis=0)
    x, y, z = (round(float(v), 6) for v in high - low)
    return x, y, z


def watertight(parts: list[Part]) -> bool:
    """Every edge has exactly two faces, points at the same place taken as one."""
    faces = _welded(parts)
    a, b, c = faces.T
    faces = faces[(a != b) & (b != c) & (c != a)]
    if len(faces) == 0:
        return False
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    keys = np.sort(edges[:, 0] * (int(edges.max()) + 1) + edges[:, 1])
    if len(keys) % 2:
        return False
    pairs = keys.reshape(-1, 2)
    return bool((pairs[:, 0] == pairs[:, 1]).all() and (pairs[1:, 0] != pairs[:-1, 0]).all())


def _welded(parts: list[Part]) -> Ints:
    """All faces over points numbered by their place, in single precision as the file has them."""
    points = np.concatenate([part.points for part in parts]).astype(np.float32) + np.float32(0)
    starts = np.cumsum([0, *(len(part.points) for part in parts[:-1])])
    faces = np.concatenate([part.faces + start for part, start in zip(parts, starts, strict=True)])
    order = np.lexsort(points.T)
    ordered = points[order]
    fresh = np.ones(len(points), np.int64)
    fresh[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    number = np.empty(len(points), np.int64)
    number[order] = np.cumsum(fresh) - 1
    welded: Ints = number[faces]
    return welded
