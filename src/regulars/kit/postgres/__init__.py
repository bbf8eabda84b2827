"""The embedded PostgreSQL: find its binaries, make a cluster, run it as somebody who is not root, recover it."""

from regulars.kit.postgres.binaries import Binaries, find_binaries
from regulars.kit.postgres.cluster import Cluster, ClusterFailed

__all__ = ["Binaries", "Cluster", "ClusterFailed", "find_binaries"]
