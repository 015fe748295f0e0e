"""Clustering: groups of customers, whether they are real, what they are called, and what they bring later.

`segment` goes the whole way; the other functions are its steps and its checks.
"""

from analysis.clustering.choice import Choice, Reference, choose_k, reference_test
from analysis.clustering.criteria import (
    Criteria,
    Distances,
    Gap,
    calinski_harabasz,
    davies_bouldin,
    gap_statistic,
    inertia,
    reference_draw,
)
from analysis.clustering.density import dbscan, k_distance
from analysis.clustering.drift import Drift, StillFits, drift, still_fits
from analysis.clustering.frozen import FrozenSegmentation, freeze
from analysis.clustering.hierarchy import hierarchical, micro_clusters, top_links, weighted_linkage
from analysis.clustering.later import LaterPeriod, later_period
from analysis.clustering.names import NAME_RULES, SegmentName, name_segments, positions
from analysis.clustering.partitions import (
    Partition,
    agreement,
    gaussian_mixture,
    kmeans,
    one_group,
)
from analysis.clustering.prepare import ColumnScale, Prepared, Remark, Scaling, available, prepare
from analysis.clustering.profiles import SegmentMap, explained, profile, segment_map, segment_value
from analysis.clustering.rfm import RFM_SEGMENTS, RecencyFrequencyMonetary, score, score_rfm
from analysis.clustering.segmentation import Segmentation, assignments, segment, segment_frozen, shared_agreement
from analysis.clustering.stability import Stability, best_jaccard, stability
from analysis.clustering.verdict import ReferenceStability, Verdict, judge, reference_stability

__all__ = [
    "NAME_RULES",
    "RFM_SEGMENTS",
    "Choice",
    "ColumnScale",
    "Criteria",
    "Distances",
    "Drift",
    "FrozenSegmentation",
    "Gap",
    "LaterPeriod",
    "Partition",
    "Prepared",
    "RecencyFrequencyMonetary",
    "Reference",
    "ReferenceStability",
    "Remark",
    "Scaling",
    "SegmentMap",
    "SegmentName",
    "Segmentation",
    "Stability",
    "StillFits",
    "Verdict",
    "agreement",
    "assignments",
    "available",
    "best_jaccard",
    "calinski_harabasz",
    "choose_k",
    "davies_bouldin",
    "dbscan",
    "drift",
    "explained",
    "freeze",
    "gap_statistic",
    "gaussian_mixture",
    "hierarchical",
    "inertia",
    "judge",
    "k_distance",
    "kmeans",
    "later_period",
    "micro_clusters",
    "name_segments",
    "one_group",
    "positions",
    "prepare",
    "profile",
    "reference_draw",
    "reference_stability",
    "reference_test",
    "score",
    "score_rfm",
    "segment",
    "segment_frozen",
    "segment_map",
    "segment_value",
    "shared_agreement",
    "stability",
    "still_fits",
    "top_links",
    "weighted_linkage",
]
