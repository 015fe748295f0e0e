"""Parameters of the methods that say who the customers are: description, correlation, regression, clustering, rules."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from analysis.pipeline.params.types import Level, Replicates, SampleAbove, Section, Seed, Share

__all__ = ["Clustering", "Correlation", "Description", "Regression", "Rules"]


class Description(Section):
    """Notebook 02: what customers are worth, how unevenly, since when, on what."""

    quantiles: list[Share] = Field(
        default=[0.05, 0.25, 0.75, 0.95], min_length=1, max_length=9, description="quantiles beside the median"
    )
    top_shares: list[Share] = Field(
        default=[0.1, 0.2], min_length=1, max_length=5, description="top shares of customers, smallest first"
    )
    top_customers: int = Field(default=10, ge=5, le=1000, description="customers in the group of the very best")
    top_list: int = Field(default=15, ge=3, le=50, description="rows in the lists of products and countries")
    max_age_months: int = Field(default=12, ge=2, le=36, description="oldest cohort age shown, in months")
    sample_above: SampleAbove = 100_000
    level: Level = 0.95
    replicates: Replicates = 2000
    seed: Seed = 1


class Correlation(Section):
    """Notebook 03: which numbers of a customer go together, and whether that holds on other customers."""

    columns: list[str] = Field(default_factory=list, description="customer features; empty: all that are numbers")
    method: Literal["spearman", "pearson", "kendall"] = Field(
        default="spearman", description="coefficient behind headlines, confirmation and partial correlations"
    )
    missing: Literal["pairwise", "listwise"] = "pairwise"
    pearson_interval: Literal["studentized", "percentile", "bca", "analytic"] = Field(
        default="studentized", description="three bootstraps, or Fisher's z, which is too narrow for skewed columns"
    )
    definitional: list[list[str]] = Field(
        default_factory=list, description="groups of columns tied by their definitions: marked, never a headline"
    )
    controls: list[str] = Field(default_factory=list, description="columns held fixed in partial correlations")
    pairs: int = Field(default=10, ge=1, le=50, description="most pairs taken to the confirmation half")
    alpha: Share = Field(default=0.05, description="level of the tests, after correction")
    kendall_rows: int = Field(default=20_000, ge=100, description="most customers in Kendall's coefficient, sampled")
    dependence_rows: int = Field(default=400, ge=50, le=2000, description="customers in the distance correlation")
    permutations: int = Field(default=199, ge=99, le=9999, description="of the distance correlation")
    sample_above: SampleAbove = 100_000
    level: Level = 0.95
    replicates: Replicates = 2000
    seed: Seed = 1


class Regression(Section):
    """Notebook 04: what goes with later spend and satisfaction, and how well they can be foretold."""

    columns: list[str] = Field(min_length=1, description="customer features that may explain; absent ones are said")
    log: Literal["auto", "none"] = Field(default="auto", description="logarithm of skewed columns of 0 or more")
    missing: Literal["indicator", "median", "drop"] = Field(
        default="indicator", description="gaps: median and a term that says so, median alone, or row left out"
    )
    covariance: Literal["HC0", "HC1", "HC2", "HC3"] = Field(
        default="HC3", description="robust standard errors; HC3 is the careful one"
    )
    held_out: float = Field(default=0.3, ge=0.1, le=0.5, description="share of customers that nothing is fitted to")
    alpha: Share = Field(default=0.05, description="level of the tests, after Holm's correction")
    folds: int = Field(default=10, ge=3, le=20, description="folds of the cross-validation of penalties")
    choice: Literal["minimum", "one_standard_error"] = Field(
        default="minimum", description="penalty of least error, or the largest within one standard error of it"
    )
    selection_replicates: Replicates = Field(default=200, description="bootstrap samples of the selection frequencies")
    sample_above: SampleAbove = 100_000
    level: Level = 0.95
    replicates: Replicates = 1000
    seed: Seed = 1


#: What RFM scores can be cut from.
RFM_MEASURES = ("recency_days", "frequency", "monetary")


class Clustering(Section):
    """Notebook 05: groups of customers, whether they are real, and whether they keep their value."""

    columns: list[str] = Field(
        default=["recency_days", "frequency", "monetary", "tenure_days"],
        min_length=1,
        description="customer features that make the groups",
    )
    log: Literal["auto", "none"] = Field(default="auto", description="auto: skewed columns are taken as log(1 + x)")
    skewed_above: float = Field(default=1.0, ge=0, description="skewness from which a column counts as skewed")
    scaling: Literal["standard", "robust", "none"] = Field(
        default="standard", description="mean and standard deviation, median and interquartile range, or as given"
    )
    missing: Literal["median", "drop"] = Field(default="median", description="what becomes of customers with gaps")
    max_missing: Share = Field(default=0.3, description="a column with a larger share of gaps is left out")
    order_by: str = Field(default="monetary", description="column whose mean numbers the segments, high to low")
    k: int | None = Field(default=None, ge=2, le=30, description="number of segments; null: chosen by the rule")
    k_min: int = Field(default=2, ge=2, le=30, description="fewest segments that are tried")
    k_max: int = Field(default=8, ge=2, le=30, description="most segments that are tried")
    rule: Literal["advantage", "silhouette", "gap", "votes"] = Field(
        default="advantage", description="how the number of segments is chosen"
    )
    min_share: float = Field(default=0.02, ge=0, lt=0.5, description="smallest share of customers in a segment")
    n_init: int = Field(default=20, ge=1, le=1000, description="starts of K-means; the best is kept")
    references: int = Field(default=39, ge=19, le=2000, description="data sets without groups, to compare with")
    gap_references: int = Field(default=10, ge=2, le=1000, description="data sets behind the gap statistic")
    replicates: Replicates = Field(default=100, description="bootstrap samples behind the stability")
    sample: int = Field(default=5000, ge=100, description="customers on whom the number of segments is chosen")
    silhouette_sample: int = Field(default=1000, ge=100, le=20_000, description="customers measured for silhouettes")
    pair_rows: int = Field(default=6000, ge=100, le=30_000, description="customers in methods that need all pairs")
    named_beyond: float = Field(
        default=0.5, gt=0, le=3, description="standard deviations from which a segment counts as high or low"
    )
    frozen: str | None = Field(
        default=None, min_length=1, description="file of a frozen segmentation, params/frozen/….json; null: formed anew"
    )
    rfm_scores: int = Field(default=5, ge=2, le=10, description="number of RFM scores")
    rfm_cuts: dict[str, list[float]] = Field(
        default_factory=dict, description="own cuts by column, ascending; columns without: quantiles"
    )
    later_replicates: Replicates = Field(default=2000, description="bootstrap samples behind the later period")
    sample_above: SampleAbove = 100_000
    level: Level = 0.95
    seed: Seed = 1

    @model_validator(mode="after")
    def _range_of_k(self) -> Clustering:
        if self.k_min > self.k_max:
            raise ValueError(f"k_min ({self.k_min}) must not exceed k_max ({self.k_max})")
        return self

    @model_validator(mode="after")
    def _cuts_fit_the_scores(self) -> Clustering:
        for name, cuts in self.rfm_cuts.items():
            if name not in RFM_MEASURES:
                raise ValueError(f"rfm_cuts names {name!r}; it may name {', '.join(RFM_MEASURES)}")
            if len(cuts) != self.rfm_scores - 1 or sorted(cuts) != cuts:
                raise ValueError(
                    f"rfm_cuts.{name} must be {self.rfm_scores - 1} ascending numbers (rfm_scores - 1); got {cuts}"
                )
        return self


class Rules(Section):
    """Notebook 06: what is bought together, and whether it still is later."""

    algorithm: Literal["eclat", "fpgrowth", "apriori"] = Field(
        default="eclat", description="all find the same itemsets"
    )
    compare_algorithms: bool = Field(default=True, description="mine with the other algorithms too and compare")
    min_support: Share = Field(default=0.01, description="smallest share of baskets that hold an itemset")
    min_count: int = Field(default=20, ge=1, description="smallest number of baskets that hold an itemset")
    max_length: int = Field(default=4, ge=2, le=10, description="most products in an itemset")
    max_itemsets: int = Field(
        default=200_000, ge=1000, description="where there are more, only shorter itemsets are looked for"
    )
    max_basket_size: int = Field(default=150, ge=2, description="baskets with more products are set aside")
    min_confidence: Share = Field(default=0.2, description="smallest confidence of a rule")
    min_lift: float = Field(default=1.0, ge=0, description="smallest lift of a rule")
    max_consequent: int = Field(default=1, ge=1, le=5, description="most products that a rule may predict")
    itemsets: Literal["all", "closed", "maximal"] = Field(default="all", description="itemsets to make rules from")
    min_improvement: float = Field(
        default=0.02, ge=0, lt=1, description="least gain in confidence over every simpler rule, as a share"
    )
    max_rules: int = Field(default=200, ge=1, le=5000, description="most rules that are retained, best first")
    rank_by: Literal["lift", "leverage", "confidence", "p_value", "kulczynski"] = Field(
        default="lift", description="what best first means"
    )
    excluded_products: list[str] = Field(default_factory=list, description="product ids left out altogether")
    only_consequents: list[str] = Field(default_factory=list, description="product ids that rules may predict")
    never_consequents: list[str] = Field(default_factory=list, description="product ids that rules may not predict")
    category_separator: str = Field(
        default=">", min_length=1, description="what stands between the levels of a category, as in Garden > Birds"
    )
    category_levels: int = Field(default=2, ge=0, le=5, description="levels of categories to look at, widest first")
    min_interest: float = Field(
        default=1.1, ge=1, description="how much more a rule of mixed levels must say than that of its categories"
    )
    margin: float | None = Field(default=None, gt=0, le=1, description="margin as a share of revenue; null: unknown")
    later_share: Share = Field(default=0.25, description="last share of the days, kept back to judge the rules")
    alpha: Share = Field(default=0.05, description="level of the tests")
    correction: Literal["bh", "holm", "by"] = Field(default="bh", description="correction over the retained rules")
    sample_above: SampleAbove = 100_000
    level: Level = 0.95
    permutations: int = Field(default=999, ge=99, le=100_000, description="exchanges of customers")
    seed: Seed = 1
